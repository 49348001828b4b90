"""Asking for a link: one answer for everybody, and nothing looked up to give it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine, event, text

from config import Settings
from neoserra import clock, extensions
from neoserra.delivery.providers import outbox
from neoserra.identity import accounts
from neoserra.models import Account, EventKind, Message, State
from tests.client import PAGE, CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries
from tests.reset.steps import ask, right_answer, work


def forbid_resets() -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE configuration SET allow_password_reset = false, contact_name = 'Rosa Oot'"))


@contextmanager
def statements_counted() -> Iterator[Counter[str]]:
    """How often each kind of SQL statement and Redis command was sent inside the block."""
    counted: Counter[str] = Counter()
    before = _redis_calls()
    event.listen(Engine, "before_cursor_execute", count := lambda *sent: counted.update([sent[2].split()[0]]))
    yield counted
    event.remove(Engine, "before_cursor_execute", count)
    counted.update(_redis_calls() - before)


def _redis_calls() -> Counter[str]:
    statistics: Any = extensions.redis.info("commandstats")
    return Counter({name: int(command["calls"]) for name, command in statistics.items()})


def test_the_page_asks_for_a_name_and_six_characters(client: CheckedClient) -> None:
    client.get("/reset")
    fields = {field.get("name"): field for field in client.page.iter(f"{PAGE}input")}
    assert (fields["identity"].get("autocomplete"), fields["identity"].get("autocapitalize")) == ("username", "none")
    assert (fields["captcha"].get("autocomplete"), fields["captcha"].get("spellcheck")) == ("off", "false")
    buttons = ["".join(button.itertext()) for button in client.page.iter(f"{PAGE}button")]
    assert buttons == ["Submit", "New picture"]
    assert "your Neoserra administrator can send you the link" in client.text


def test_the_login_page_leads_there(client: CheckedClient) -> None:
    client.get("/login")
    links = {link.get("href"): "".join(link.itertext()) for link in client.page.iter(f"{PAGE}a")}
    assert links["/reset"] == "Forgot password?"


def test_the_page_afterwards_says_if_where_how_long_and_what_else(client: CheckedClient) -> None:
    assert where(ask(client, "ann")) == "/reset/sent"
    client.get("/reset/sent")
    for words in ("If Neoserra has an account", "a few minutes", "spam", "one hour", "ask again", "administrator"):
        assert words in client.text


def test_what_is_empty_is_told_at_once_and_costs_no_challenge(client: CheckedClient) -> None:
    client.get("/reset")
    assert client.press("/reset", identity=" ", captcha="").status_code == 422
    assert "Enter your username or email address" in client.text
    assert "Type what the picture shows, or what you hear" in client.text
    assert deliveries() == []


@pytest.mark.parametrize("typed", ["ann", "ANN", " Ann@Example.org ", "\uff41nn"])
def test_a_name_is_found_however_it_is_typed_and_mail_goes_to_the_address_on_file(
    client: CheckedClient, account: Account, typed: str
) -> None:
    ask(client, typed)
    assert deliveries()[0].account_id is None
    work()
    [row] = deliveries()
    assert (row.account_id, row.destination, row.asked_for, row.state) == (
        account.id,
        "ann@example.org",
        "",
        State.ACCEPTED,
    )
    assert [mail["to"] for mail in outbox.sent()] == ["ann@example.org"]


GET_NOTHING = [
    "nobody",
    "nobody@example.org",
    "\u0430nn",  # Cyrillic
    "a\u200bnn",
    "ann@example.org,x@evil.example",
    "ann@example.org, x@evil.example",
    "ann@example.org\r\nBcc: x@evil.example",
    "Ann <ann@example.org>",
    "ann@example.org\tx@evil.example",
    "' OR 1=1 --",
    "%",
    "ann" * 200,
    "ben",
]


@pytest.fixture
def ben(account: Account) -> Account:
    """Ben, who is no longer here."""
    ben = accounts.create(username="ben", email="ben@example.org")
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET active = false WHERE username = 'ben'"))
    return ben


@pytest.mark.parametrize("typed", GET_NOTHING)
def test_nobody_else_gets_anything_and_the_row_says_why(client: CheckedClient, ben: Account, typed: str) -> None:
    assert where(ask(client, typed)) == "/reset/sent"
    work()
    [row] = deliveries()
    why = "The account is inactive." if typed == "ben" else "Nobody has the name that was typed."
    assert (row.state, row.explanation) == (State.CANCELED, why)
    assert (row.account_id, row.destination, row.asked_for) == (None, "", "")
    assert outbox.sent() == []


def test_the_answer_and_the_work_are_the_same_for_everybody(app: Flask, ben: Account) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET locked_at = created_at WHERE username = 'ann'"))
    ask(CheckedClient(app, address="198.51.100.1"), "first")  # loads what is loaded once
    answers, works = [], []
    for number, typed in enumerate(("ann", *GET_NOTHING)):
        browser = CheckedClient(app, address=f"192.0.2.{number}")
        browser.get("/reset")
        typed_right = right_answer(browser)
        with statements_counted() as done:
            answer = browser.press("/reset", identity=typed, captcha=typed_right)
        works.append(done)
        answers.append((answer.status_code, where(answer), answer.data, sorted(answer.headers.keys())))
    assert all(answer == answers[0] for answer in answers)
    assert all(done == works[0] for done in works)
    assert works[0]["INSERT"] == 2  # the row and the event


def test_asking_changes_nothing_on_the_account(client: CheckedClient, account: Account) -> None:
    before = vars(accounts.by_id(account.id)) | {"_sa_instance_state": None}
    ask(client, "ann")
    work()
    assert vars(accounts.by_id(account.id)) | {"_sa_instance_state": None} == before


def test_the_events_tell_who_asked_and_to_whom_it_went(client: CheckedClient, account: Account) -> None:
    ask(client, "ann")
    work()
    [asked], [sent] = rows.events(EventKind.RESET_ASKED), rows.events(EventKind.RESET_LINK_SENT)
    assert (asked.account_id, asked.address, asked.browser) == (None, "192.0.2.7", "Chrome on Windows")
    assert (sent.account_id, sent.address) == (account.id, "192.0.2.7")
    assert asked.details["reference"] == sent.details["reference"] == deliveries()[0].reference
    assert set(asked.details) == {"reference", "channel", "message"}


def test_a_locked_account_gets_its_link(client: CheckedClient, account: Account) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET locked_at = created_at"))
    ask(client, "ann")
    work()
    assert len(outbox.sent()) == 1


def test_the_sixth_for_one_name_in_an_hour_is_dropped_in_silence(app: Flask, account: Account) -> None:
    for number in range(7):
        assert where(ask(CheckedClient(app, address=f"192.0.2.{number}"), "ann")) == "/reset/sent"
    assert len(deliveries()) == 5
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        ask(CheckedClient(app), "ann")
        assert len(deliveries()) == 6


def test_an_account_gets_five_an_hour_under_all_its_names(app: Flask, account: Account) -> None:
    for number in range(3):
        for name in ("ann", "ann@example.org"):
            ask(CheckedClient(app, address=f"192.0.2.{number}"), name)
    work()
    assert [row.state for row in deliveries()].count(State.ACCEPTED) == 5
    assert deliveries()[0].explanation == "The account has had enough links in the last hour."


class TestOneAddress:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, sends_per_address_hour=2)

    def test_is_told_when_it_may_ask_again(self, client: CheckedClient) -> None:
        for name in ("one", "two"):
            ask(client, name)
        answer = ask(client, "three")
        assert answer.status_code == 429
        assert 3500 < int(answer.headers["Retry-After"]) <= 3600
        assert "Too many links were asked for. Wait 60 minutes" in client.text
        assert len(deliveries()) == 2
        assert rows.events(EventKind.SENDING_REFUSED)[0].details == {"reason": "address"}


def test_where_resets_are_not_allowed_the_page_says_whom_to_ask(client: CheckedClient, account: Account) -> None:
    client.get("/reset")
    forbid_resets()
    assert client.press("/reset", identity="ann", captcha=right_answer(client)).status_code == 403
    assert client.get("/reset").status_code == 200
    assert "Ask your Neoserra administrator" in client.text
    assert "Rosa Oot" in client.text
    assert not list(client.page.iter(f"{PAGE}img"))
    client.get("/login")
    assert "Forgot password?" not in client.text
    assert deliveries() == []


def test_what_was_asked_before_resets_were_forbidden_is_not_sent(client: CheckedClient, account: Account) -> None:
    ask(client, "ann")
    forbid_resets()
    work()
    assert deliveries()[0].explanation == "Password resets are not allowed."
    assert outbox.sent() == []


def test_a_link_that_was_asked_for_an_hour_ago_is_not_sent_any_more(client: CheckedClient, account: Account) -> None:
    ask(client, "ann")
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        work()
    [row] = deliveries()
    assert (row.state, row.asked_for) == (State.EXPIRED, "")
    assert outbox.sent() == []


def test_nothing_is_asked_for_by_looking(client: CheckedClient, account: Account) -> None:
    for path in ("/reset", "/reset/sent", "/reset?identity=ann&captcha=X", "/reset/password"):
        client.get(path)
        client.head(path)
    assert deliveries() == []


def test_the_mail_is_in_the_language_of_the_page(client: CheckedClient, account: Account) -> None:
    client.get("/reset")
    typed = right_answer(client)
    client.post(
        "/reset",
        data={"csrf_token": client.token, "identity": "ann", "captcha": typed},
        headers={"Accept-Language": "es"},
    )
    assert deliveries()[0].language == "es"
    assert deliveries()[0].message == Message.RESET_LINK
