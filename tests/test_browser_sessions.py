"""The session of a browser from its first page to its end: nobody else's id, and no id twice (ASVS 7.2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask_login import current_user

from config import Settings
from neoserra import browser_session, clock, create_app, extensions
from neoserra.identity import credentials, sessions
from neoserra.identity import sign_in as sign_in_steps
from neoserra.identity.sign_in import Proof
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind
from tests.client import CheckedClient, where
from tests.conftest import ENVIRONMENT, PASSWORD
from tests.journey import code_of, give_password, sign_in
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

HOST = "crm.example.org"
NEW_KEY = "the key after rotation, fedcba9876543210 and more"


def session_id(client: CheckedClient) -> str:
    cookie = client.get_cookie("__Host-session", domain=HOST)
    return cookie.value if cookie else ""


def plant(client: CheckedClient, value: str, name: str = "__Host-session") -> None:
    client.set_cookie(name, value, domain=HOST, secure=True)


def other_browser(client: CheckedClient, session: str) -> CheckedClient:
    """Somebody else's browser with this session's id, and with nothing else."""
    other = CheckedClient(client.app, address="203.0.113.9")
    plant(other, session)
    return other


def is_in(client: CheckedClient) -> bool:
    return client.get("/").status_code == 200


def test_nobody_gets_in_by_what_was_right_before_the_account_changed(
    app: Flask, account: Account, visitor: Visitor
) -> None:
    with app.test_request_context("/login", base_url=f"https://{HOST}"):
        proved = sign_in_steps.with_password("ann", PASSWORD, visitor).account
        credentials.change_password(account.id, "Meadow-kettle-58", visitor, EventKind.PASSWORD_CHANGED)
        browser_session.sign_in(proved, Proof.TRUSTED_BROWSER, visitor)
        assert not current_user.is_authenticated


@pytest.mark.parametrize("start", ["v", "s"])
def test_an_id_planted_before_the_sign_in_is_worth_nothing_after_it(
    client: CheckedClient, account: Account, start: str
) -> None:
    planted = start + "a" * 43
    plant(client, planted)
    intruder = other_browser(client, planted)
    sign_in(client, account)
    assert session_id(client) != planted
    assert not is_in(intruder)
    assert where(intruder.get("/verification")).partition("?")[0] == "/login"


def test_the_id_of_an_intruders_own_visit_planted_in_a_browser_is_worth_nothing_either(
    client: CheckedClient, account: Account
) -> None:
    intruder = CheckedClient(client.app)
    intruder.get("/login")
    plant(client, session_id(intruder))
    give_password(client)
    assert where(intruder.get("/verification")).partition("?")[0] == "/login"
    client.press("/verification", code=code_of(client, account))
    assert is_in(client)
    assert not is_in(intruder)


def test_a_half_made_sign_in_planted_in_another_browser_does_not_go_on_there(
    client: CheckedClient, account: Account
) -> None:
    give_password(client)
    assert where(other_browser(client, session_id(client)).get("/verification")).partition("?")[0] == "/login"
    client.get("/verification")
    assert where(client.press("/verification", code=code_of(client, account))) == "/"


def test_an_id_is_dead_after_each_step(client: CheckedClient, administrator: Account) -> None:
    steps: list[Callable[[], object]] = [
        lambda: client.get("/login"),
        lambda: give_password(client, "rosa"),
        lambda: client.press("/verification", code=code_of(client, administrator)),
        lambda: client.submit("/administration/enter", password=PASSWORD),
        lambda: (client.get("/"), client.press("/logout")),
        lambda: client.submit("/login", username="rosa", password=PASSWORD),
    ]
    ids = []
    for step in steps:
        step()
        ids.append(session_id(client))
        for dead in ids[:-1]:
            assert sessions.load(dead) is None
            intruder = other_browser(client, dead)
            assert where(intruder.get("/")) == "/login?next=/"
            assert where(intruder.get("/verification")).partition("?")[0] == "/login"
    assert len(set(ids)) == len(steps)
    assert is_in(client)


def test_a_visitor_who_only_looks_leaves_nothing_in_redis(client: CheckedClient) -> None:
    for path in ("/login", "/", "/verification", "/nowhere", "/healthz", "/login"):
        client.get(path)
    assert list(extensions.redis.scan_iter()) == []


def test_a_session_that_ended_by_itself_is_told_so_under_a_new_id(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    ended = session_id(client)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        extensions.redis.delete(*extensions.redis.keys("*:session:*"))
        assert where(client.get("/")) == "/login?next=/"
        client.get("/login")
    assert "You need to sign in again" in client.text
    assert session_id(client) != ended
    assert sessions.load(ended) is None


def test_a_session_ends_twelve_hours_after_it_began_however_much_it_is_used(
    client: CheckedClient, account: Account
) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        sign_in(client, account)
        for _ in range(12):
            assert is_in(client)
            time.shift(timedelta(hours=1))
        time.shift(timedelta(seconds=1))
        assert where(client.get("/")) == "/login?next=/"
        client.get("/login")
        assert "You need to sign in again." in client.text
        client.get("/login")
        assert "You need to sign in again." not in client.text


def test_an_idle_session_ends_after_an_hour_and_an_administrators_after_half_an_hour(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    sign_in(client, account)
    (name,) = list(extensions.redis.keys("*:session:*"))
    extensions.redis.expire(name, 10)
    client.get("/")
    assert 3590 < extensions.redis.ttl(name) <= 3600
    client.press("/logout")
    sign_in(client, administrator)
    (name,) = list(extensions.redis.keys("*:session:*"))
    assert 1790 < extensions.redis.ttl(name) <= 1800


def rotated(settings: Settings) -> Settings:
    return replace(settings, secret_key=NEW_KEY, secret_key_fallbacks=(ENVIRONMENT["SECRET_KEY"],))


def test_a_new_secret_key_signs_nobody_out_and_voids_no_code_and_no_open_form(
    client: CheckedClient, account: Account, connected: Settings
) -> None:
    signed_in, half, looking = client, CheckedClient(client.app), CheckedClient(client.app)
    sign_in(signed_in, account)
    give_password(half)
    code = code_of(half, account)
    looking.get("/login")
    new = create_app(rotated(connected))
    for browser in (signed_in, half, looking):
        browser.app = browser.application = new
    assert where(half.press("/verification", code=code)) == "/"
    assert where(looking.press("/login", username="ann", password=PASSWORD)) == "/verification"
    assert is_in(signed_in)
    assert where(signed_in.press("/logout")) == "/login"
    assert where(signed_in.submit("/login", username="ann", password=PASSWORD)) == "/"


def test_the_form_token_of_a_session_is_signed_once(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    client.get("/")
    first = client.token
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        client.get("/")
        assert client.token == first  # one signed a minute later would tell so
