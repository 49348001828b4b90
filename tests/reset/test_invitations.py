"""Links that an administrator or the operator sends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from neoserra import clock, extensions
from neoserra.delivery import sending
from neoserra.delivery.providers import outbox
from neoserra.identity import accounts
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind, Message, State
from tests.client import CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries
from tests.reset.steps import choose, link_to, open_link, opens, work


@pytest.fixture
def ben(app: Flask) -> Account:
    """Ben, who has never chosen a password."""
    return accounts.create(username="ben", name="Ben Moss", email="ben@example.org")


def send(account: Account, visitor: Visitor, kind: Kind = Kind.INVITATION) -> str:
    sending.send_link(account, kind, visitor)
    work()
    return link_to(account)


def test_an_invitation_says_what_it_is_and_opens_the_form_with_words_of_its_own(
    client: CheckedClient, ben: Account, visitor: Visitor
) -> None:
    path = send(ben, visitor)
    mail = outbox.sent()[0]
    assert mail["subject"] == "Your Neoserra account: choose a password"
    for words in ("You have a Neoserra account for Test SBDC now", "works for 24 hours", "your username, which is ben"):
        assert words in mail["text"]
    assert "192.0.2.7" not in mail["text"]
    open_link(client, path)
    assert client.h1 == "Choose your password"
    assert where(choose(client)) == "/"
    client.get("/")
    assert client.h1 == "Welcome, Ben Moss"


def test_an_invitation_works_for_a_day(client: CheckedClient, ben: Account, visitor: Visitor) -> None:
    path = send(ben, visitor)
    with time_machine.travel(clock.now() + timedelta(hours=23, minutes=59)):
        assert opens(client, path)
    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=1)):
        assert not opens(client, path)


def test_a_link_from_an_administrator_says_so_and_needs_no_permission(
    client: CheckedClient, account: Account, visitor: Visitor
) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE configuration SET allow_password_reset = false"))
    path = send(account, visitor, Kind.RESET)
    mail = outbox.sent()[0]
    assert "Your Neoserra administrator had it sent to you on" in mail["text"]
    assert "192.0.2.7" not in mail["text"]
    assert opens(client, path)
    [event] = rows.events(EventKind.RESET_LINK_SENT)
    assert (event.account_id, event.address) == (account.id, "192.0.2.7")


def test_a_dead_link_offers_no_new_one_where_resets_are_not_allowed(client: CheckedClient, account: Account) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE configuration SET allow_password_reset = false"))
    open_link(client, "/reset/made-up")
    assert "Ask for a new link" not in client.text
    assert "ask your Neoserra administrator to send you a new one." in client.text


def test_somebody_inactive_gets_nothing(account: Account, visitor: Visitor) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET active = false"))
    sending.send_link(account, Kind.RESET, visitor)
    work()
    [row] = deliveries()
    assert (row.state, row.explanation) == (State.CANCELED, "The account is inactive.")
    assert outbox.sent() == []


def test_the_operator_invites_by_creating_an_account_without_a_password(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["accounts", "create", "kim", "--email", "kim@example.org"])
    assert (done.exit_code, done.output.splitlines()) == (
        0,
        ["Created kim.", "A link to choose a password goes to kim@example.org."],
    )
    [row] = deliveries()
    assert (row.message, row.channel, row.destination) == (Message.INVITATION, "email", "kim@example.org")
    work()
    kim = accounts.find("kim")
    assert kim is not None
    client = CheckedClient(app)
    open_link(client, link_to(kim))
    assert where(choose(client)) == "/"


def test_somebody_who_was_invited_may_ask_for_a_link_as_well(client: CheckedClient, ben: Account) -> None:
    assert client.submit("/login", username="ben", password="").status_code == 422
    client.get("/reset")
    client.press("/reset", identity="ben", captcha=client.get("/reset/captcha.txt").text)
    work()
    open_link(client, link_to(ben))
    assert where(choose(client)) == "/"
