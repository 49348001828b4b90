"""The session that a link opens: short, closed where it matters, and turned into a full one by a code."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from neoserra import clock, extensions
from neoserra.identity.sign_in import Proof
from neoserra.models import Account, EventKind
from tests.client import CheckedClient, where
from tests.delivery import rows
from tests.journey import code_of, deliveries
from tests.reset.steps import reset


@pytest.fixture
def limited(client: CheckedClient, account: Account) -> CheckedClient:
    """Ann's browser on the start page, by a link."""
    reset(client, account)
    return client


def test_it_says_so_on_every_page_and_offers_the_way_out(limited: CheckedClient) -> None:
    assert "You signed in with a link, without a code. Some pages stay closed. Sign in fully" in limited.text


def test_signing_in_fully_asks_for_a_code_and_makes_a_full_session(limited: CheckedClient, account: Account) -> None:
    assert where(limited.press("/sign-in-fully")) == "/verification"
    assert deliveries()[0].message == "sign_in_code"
    assert where(limited.get("/")) == "/login?next=/"
    limited.get("/verification")
    assert where(limited.press("/verification", code=code_of(limited, account))) == "/"
    limited.get("/")
    assert limited.h1 == "Welcome, Ann Lee"
    assert "Sign in fully" not in limited.text
    assert [event.details["proof"] for event in rows.events(EventKind.SIGNED_IN)] == [Proof.RESET_LINK, Proof.CODE]


def test_a_full_session_has_nothing_to_gain(limited: CheckedClient, account: Account) -> None:
    limited.press("/sign-in-fully")
    limited.get("/verification")
    limited.press("/verification", code=code_of(limited, account))
    limited.get("/")
    sent = len(deliveries())
    assert where(limited.press("/sign-in-fully")) == "/"
    assert len(deliveries()) == sent
    assert limited.get("/").status_code == 200


def test_it_ends_after_fifteen_idle_minutes(limited: CheckedClient) -> None:
    [session] = extensions.redis.keys("*:session:*")
    assert 890 <= extensions.redis.ttl(session) <= 900


def test_it_ends_after_an_hour_however_busy(limited: CheckedClient) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=59)):
        assert limited.get("/").status_code == 200
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert where(limited.get("/")).startswith("/login")


def test_administrator_mode_is_closed_and_says_what_opens_it(client: CheckedClient, administrator: Account) -> None:
    reset(client, administrator)
    answer = client.get("/administration/enter")
    assert answer.status_code == 403
    assert client.h1 == "This page asks for a code"
    assert where(client.press("/sign-in-fully")) == "/verification"


def test_it_trusts_nothing(limited: CheckedClient, account: Account) -> None:
    limited.press("/logout")
    assert where(limited.submit("/login", username="ann", password="Quiet-gravel-19 moth")) == "/verification"


def test_leaving_it_is_done_by_a_press_alone(limited: CheckedClient) -> None:
    assert limited.get("/sign-in-fully").status_code == 405
    assert limited.post("/sign-in-fully").status_code == 400
    assert limited.get("/").status_code == 200
