"""Where codes, passwords, cookies, keys and numbers must not be: logs, Redis, jobs, rows and pages (ASVS 16.2.5)."""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from config import Settings
from neoserra import create_app, extensions
from neoserra.delivery import dispatch
from neoserra.identity import accounts
from neoserra.models import Account, Base, State
from tests import log_book
from tests.client import CheckedClient, where
from tests.conftest import ENVIRONMENT, PASSWORD
from tests.delivery import rows
from tests.journey import code_of, deliveries, give_password, wrong_code
from tests.one_database import ON_SQLITE
from tests.servers.twilio_server import ACCOUNT, SENDER, TOKEN, Answer, TwilioServer
from tests.workers.processes import running, until

pytestmark = ON_SQLITE

WRONG_PASSWORD = "Lantern-harbor-27"
MOBILE = "+12025550142"
REFUSED_MOBILE = "+12025550181"  # the outbox refuses it for good
UNAVAILABLE_MOBILE = "+12025550183"  # and this one for now
DESTINATIONS = {("accounts", "mobile"), ("deliveries", "destination")}  # where a number has to be
UNDER_WAY = {State.QUEUED, State.SENDING}


class NotingClient(CheckedClient):
    """A browser that notes every page it is shown and every cookie it is given."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.shown: list[str] = []
        self.given: set[str] = set()

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        headers = [f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie"]
        self.shown.append("\n".join([*headers, answer.text]))
        cookies = answer.headers.getlist("Set-Cookie")
        self.given |= {cookie.partition("=")[2].partition(";")[0] for cookie in cookies}
        return answer


def finds(secret: str, haystack: str) -> bool:
    """A code counts only where its digits stand alone: longer numbers and fractions of seconds may hold them, too."""
    pattern = rf"(?<![0-9A-Za-z.]){secret}(?![0-9A-Za-z])" if re.fullmatch(r"\d{6}", secret) else re.escape(secret)
    return re.search(pattern, haystack) is not None


def found(secrets: set[str], places: dict[str, str]) -> list[tuple[str, str]]:
    return [(secret, place) for secret in secrets if secret for place, words in places.items() if finds(secret, words)]


def numbers(*mobiles: str) -> set[str]:
    """The ways in which a number could be written out."""
    digits = [mobile.removeprefix("+1") for mobile in mobiles]
    return {form for d in digits for form in (d, f"{d[:3]}-{d[3:6]}-{d[6:]}", f"({d[:3]}) {d[3:6]}-{d[6:]}")}


def redis_contents() -> dict[str, str]:
    """Every key of Redis with everything in it, jobs unpacked."""
    read: dict[Any, Any] = {
        b"string": lambda key: [extensions.redis.get(key) or b""],
        b"hash": lambda key: [part for pair in extensions.redis.hgetall(key).items() for part in pair],
        b"list": lambda key: extensions.redis.lrange(key, 0, -1),
        b"set": extensions.redis.smembers,
        b"zset": lambda key: extensions.redis.zrange(key, 0, -1),
        b"stream": lambda key: [str(extensions.redis.xrange(key)).encode()],
        b"none": lambda _key: [],  # it has just expired
    }
    keys = list(extensions.redis.scan_iter())
    return {
        f"Redis {key.decode()}": "\n".join(map(_readable, [key, *read[extensions.redis.type(key)](key)]))
        for key in keys
    }


def _readable(value: bytes) -> str:
    """RQ packs the data of a job."""
    try:
        return zlib.decompress(value).decode()
    except (zlib.error, UnicodeDecodeError):
        return value.decode(errors="replace")


def tables() -> dict[str, str]:
    """Every column of every table, without those in which a number has to be."""
    return {f"{table}.{column}": words for table, column, words in _columns() if (table, column) not in DESTINATIONS}


def _columns() -> Iterator[tuple[str, str, str]]:
    with extensions.database.connection() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                yield table.name, column.name, "\n".join(str(value) for value in connection.scalars(select(column)))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, send_gap_seconds=0)


@pytest.fixture
def client(app: Flask) -> NotingClient:
    return NotingClient(app)


def unlock() -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET locked_at = NULL"))
    extensions.redis.delete(*extensions.redis.keys("*:failures*"))


def walk(client: NotingClient, account: Account) -> set[str]:
    """Everything that can happen on the way in; the codes that were alive at some time."""
    client.submit("/login", username=account.username, password=WRONG_PASSWORD)
    give_password(client, account.username)
    codes = {code_of(client, account)}
    for channel in ("email", "sms"):
        client.press("/verification/resend", channel=channel)
        client.get("/verification")
        client.get("/verification/progress")
    for _ in range(5):
        client.press("/verification", code=wrong_code(client, account))
    client.press("/verification/resend", channel="sms")
    client.get("/verification")
    codes.add(code_of(client, account))
    answers = [client.press("/verification", code=wrong_code(client, account)) for _ in range(5)]
    assert where(answers[-1]) == "/login"
    unlock()
    give_password(client, account.username)
    codes.add(code_of(client, account))
    assert where(client.press("/verification", code=code_of(client, account))) == "/"
    client.get("/")
    client.press("/logout")
    client.get("/login")
    return codes


def test_a_whole_sign_in_leaves_no_secret_anywhere(
    client: NotingClient, account: Account, connected: Settings, tmp_path: Path
) -> None:
    with log_book.kept(logging.DEBUG) as log, ExitStack() as processes:
        workers = [processes.enter_context(running(connected, tmp_path, name)) for name in ("codes", "notices")]
        codes = walk(client, account)
        until(lambda: not {delivery.state for delivery in deliveries()} & UNDER_WAY)
        stored = redis_contents()
        printed = {f"worker {number}": worker.output() for number, worker in enumerate(workers)}
    assert len(codes) == 3
    assert len(client.given) >= 5
    written = {"log": log.text, **printed, **stored, **tables()}
    shown = {f"page {number}": page for number, page in enumerate(client.shown)}
    secrets = codes | client.given | {PASSWORD, WRONG_PASSWORD, ENVIRONMENT["SECRET_KEY"]} | numbers(MOBILE)
    assert found(secrets, {**written, **shown}) == []
    assert deliveries()
    assert "page 0" in shown


def test_what_searches_for_secrets_finds_them(account: Account) -> None:
    """Or the test above would prove nothing."""
    extensions.redis.hset("job", "data", zlib.compress(b"the code 482913."))
    extensions.redis.zadd("window", {"1482913.5": 1, "(202) 555-0142": 2})
    assert found({"482913"}, redis_contents()) == [("482913", "Redis job")]
    assert found(numbers(MOBILE), redis_contents()) == [("(202) 555-0142", "Redis window")]
    assert found({account.username}, tables()) != []


def person(name: str, mobile: str, password_hash: str) -> Account:
    return accounts.create(username=name, email=f"{name}@example.org", mobile=mobile, password_hash=password_hash)


def test_a_provider_that_refuses_or_is_not_there_learns_the_code_and_nobody_else(
    client: NotingClient, connected: Settings, password_hash: str
) -> None:
    people = [person("dora", REFUSED_MOBILE, password_hash), person("eric", UNAVAILABLE_MOBILE, password_hash)]
    codes = set()
    with log_book.kept(logging.DEBUG) as log:
        for somebody in people:
            give_password(client, somebody.username)
            codes.add(code_of(client, somebody))
            dispatch.deliver(deliveries()[0].reference)
            client.get("/verification")
            client.get("/verification/progress")
    assert {delivery.state for delivery in deliveries()} == {State.FAILED, State.RETRYING}
    secrets = codes | client.given | numbers(REFUSED_MOBILE, UNAVAILABLE_MOBILE) | {PASSWORD}
    places = {"log": log.text, "pages": "\n".join(client.shown), **redis_contents(), **tables()}
    assert found(secrets, places) == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(),
        Answer(400, 21211, body=b'{"code": 21211, "message": "+12025550142 is not right; it was: 482913"}'),
        Answer(500, body=b"<html>+12025550142"),
        Answer(drop=True),
    ],
)
def test_what_twilio_answers_is_repeated_nowhere(
    client: NotingClient, account: Account, connected: Settings, answer: Answer
) -> None:
    with TwilioServer() as twilio, log_book.kept(logging.DEBUG) as log:
        client.app = client.application = create_app(
            replace(
                connected,
                sms_providers=("twilio",),
                twilio_api_base=twilio.url,
                twilio_account_sid=ACCOUNT,
                twilio_auth_token=TOKEN,
                twilio_from=SENDER,
            )
        )
        twilio.script(answer)
        give_password(client)
        code = code_of(client, account)
        dispatch.deliver(deliveries()[0].reference)
        client.get("/verification")
        assert code in twilio.requests[0].fields["Body"]
    assert rows.attempts(deliveries()[0].reference)[0].provider == "twilio"
    places = {"log": log.text, "pages": "\n".join(client.shown), **redis_contents(), **tables()}
    assert found({code, "482913", TOKEN, *numbers(MOBILE)}, places) == []
