"""No link, password or answer lies where it does not belong: Redis, the database, a queue, a log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask

from neoserra import extensions
from neoserra.delivery.providers import outbox
from neoserra.identity import links
from neoserra.models import Account, Base
from tests import log_book
from tests.client import CheckedClient
from tests.journey import deliveries
from tests.reset.steps import NEW_PASSWORD, ask, choose, link_to, mailed_link, open_link, reset, work

READ: dict[bytes, list[Any]] = {
    b"hash": ["HGETALL"],
    b"list": ["LRANGE", 0, -1],
    b"zset": ["ZRANGE", 0, -1],
    b"set": ["SMEMBERS"],
    b"string": ["GET"],
}


def kept_in_redis() -> str:
    """Every key with everything in it."""
    redis: Any = extensions.redis
    reads = [(key, READ[redis.type(key)]) for key in redis.keys("*")]
    return str([(key, redis.execute_command(command, key, *span)) for key, (command, *span) in reads])


def kept_in_database() -> str:
    with extensions.database.connection() as connection:
        return str([list(connection.execute(table.select())) for table in Base.metadata.sorted_tables])


def test_a_link_is_nowhere_but_in_its_mail(client: CheckedClient, account: Account) -> None:
    with log_book.kept(logging.DEBUG) as log:
        path = mailed_link(client, account)
        places = [kept_in_redis(), kept_in_database()]
        open_link(client, path)
        places += [kept_in_redis(), kept_in_database()]
        choose(client)
        places += [kept_in_redis(), kept_in_database(), log.text]
    proof = path.removeprefix("/reset/")[links.ID_LENGTH :]
    assert len(proof) == 43
    assert all(proof not in place for place in places)
    assert proof in outbox.sent()[0]["text"]


def test_a_password_is_nowhere(client: CheckedClient, account: Account) -> None:
    with log_book.kept(logging.DEBUG) as log:
        reset(client, account)
        work()
    assert all(
        NEW_PASSWORD not in place for place in (kept_in_redis(), kept_in_database(), log.text, str(outbox.sent()))
    )


def test_what_was_typed_is_in_no_queue_and_in_no_log_and_forgotten_when_it_was_looked_up(
    client: CheckedClient, account: Account
) -> None:
    with log_book.kept(logging.DEBUG) as log:
        ask(client, "my-secret-typed-into-the-wrong-field")
        assert "my-secret" not in kept_in_redis()
        assert "my-secret" in kept_in_database()
        work()
    assert all("my-secret" not in place for place in (kept_in_redis(), kept_in_database(), log.text))
    assert deliveries()[0].state == "canceled"


@pytest.mark.parametrize("after", ["", "?x=1"])
def test_an_unexpected_error_does_not_put_a_link_into_the_log(
    app: Flask, account: Account, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    client = CheckedClient(app)
    path = mailed_link(client, account)

    def fail(_token: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("neoserra.identity.new_passwords.opened", fail)
    with log_book.kept(logging.DEBUG) as log:
        assert client.get(path + after).status_code == 500
    assert "ZeroDivisionError" in log.text
    assert link_to(account) == path
    assert path not in log.text
    assert path.removeprefix("/reset/") not in log.text
