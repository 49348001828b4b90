"""A password that is too old or too short is right, and has to be changed before anything else opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from neoserra import clock, extensions
from neoserra.identity.sign_in import Proof
from neoserra.models import Account, EventKind, Message
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.delivery import rows
from tests.journey import code_of, give_password, sign_in
from tests.reset.steps import NEW_PASSWORD, choose, messages_sent


def configure(**values: object) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    with extensions.database.transaction() as db:
        db.execute(text(f"UPDATE configuration SET {columns}"), values)


def make_old(account: Account) -> None:
    """Passwords last thirty days, and this one is older."""
    configure(password_expiration_days=30)
    with extensions.database.transaction() as db:
        db.get_one(Account, account.id).password_changed_at = clock.now() - timedelta(days=30, seconds=1)


@pytest.fixture
def due(client: CheckedClient, account: Account) -> CheckedClient:
    """Ann's browser after her password, which is too old, and her code."""
    make_old(account)
    give_password(client)
    assert where(client.press("/verification", code=code_of(client, account))) == "/"
    assert where(client.get("/")) == "/reset/password"
    client.get("/reset/password")
    return client


def test_the_page_says_why_and_opens_after_the_code(due: CheckedClient) -> None:
    assert due.h1 == "Choose a new password"
    assert "older than this database allows" in due.text


def test_nobody_is_signed_in_until_it_is_chosen(due: CheckedClient) -> None:
    for path in ("/", "/preferences/sessions", "/administration/enter"):
        answer = due.get(path)
        assert answer.status_code == 404 or where(answer).partition("?")[0] == "/reset/password"
    assert where(due.get("/verification")) == "/login"
    assert rows.events(EventKind.SIGNED_IN) == []


def test_choosing_one_signs_in_fully(due: CheckedClient, account: Account) -> None:
    assert where(choose(due)) == "/"
    due.get("/")
    assert due.h1 == "Welcome, Ann Lee"
    assert "Sign in fully" not in due.text
    [event] = rows.events(EventKind.SIGNED_IN)
    assert event.details == {"proof": Proof.CODE}
    assert len(rows.events(EventKind.PASSWORD_CHANGED)) == 1
    assert Message.PASSWORD_CHANGED in messages_sent()
    due.press("/logout")
    assert where(due.submit("/login", username="ann", password=NEW_PASSWORD)) == "/verification"


def test_the_same_password_again_is_refused(due: CheckedClient) -> None:
    assert choose(due, PASSWORD).status_code == 422
    assert "That is the password you have. Choose another one." in due.text
    assert where(due.get("/")) == "/reset/password"


def test_logging_out_ends_it(due: CheckedClient) -> None:
    buttons = ["".join(button.itertext()) for button in due.page.iter(f"{PAGE}button")]
    assert "Log out" in buttons
    due.press("/logout")
    assert where(due.get("/")) == "/login?next=/"
    due.get("/reset/password")
    assert due.h1 == "This link does not work any more"


def test_a_change_of_the_account_ends_it(due: CheckedClient) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET session_epoch = session_epoch + 1"))
    assert where(due.get("/")) == "/login?next=/"


def test_it_does_not_wait_for_ever(due: CheckedClient) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=2, seconds=1)):
        assert choose(due).status_code == 410


def test_in_a_trusted_browser_it_is_asked_for_as_well(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    client.press("/logout")
    make_old(account)
    assert where(client.submit("/login", username="ann", password=PASSWORD)) == "/"
    assert where(client.get("/")) == "/reset/password"
    client.get("/reset/password")
    assert where(choose(client)) == "/"
    assert rows.events(EventKind.SIGNED_IN)[-1].details == {"proof": Proof.TRUSTED_BROWSER}


def test_afterwards_the_page_opens_that_was_wanted(client: CheckedClient, account: Account) -> None:
    make_old(account)
    client.get("/login?next=/preferences")
    client.press("/login", username="ann", password=PASSWORD, next="/preferences")
    client.get("/verification")
    assert where(client.press("/verification", code=code_of(client, account))) == "/preferences"
    due = where(client.get("/preferences"))
    assert due == "/reset/password?next=/preferences"
    client.get(due)
    assert where(client.press(due, password=NEW_PASSWORD, confirm=NEW_PASSWORD)) == "/preferences"


def test_a_password_that_is_too_short_now_has_to_be_changed(client: CheckedClient, account: Account) -> None:
    configure(minimum_password_length=len(PASSWORD) + 1, minimum_applies_at_sign_in=True)
    give_password(client)
    client.press("/verification", code=code_of(client, account))
    assert where(client.get("/")) == "/reset/password"
    client.get("/reset/password")
    assert "shorter than this database allows now" in client.text
    assert where(choose(client, "Quiet-gravel-19 moth and more")) == "/"


def test_a_password_that_is_long_enough_is_known_to_be_once_it_was_typed(
    client: CheckedClient, account: Account
) -> None:
    configure(minimum_password_length=len(PASSWORD), minimum_applies_at_sign_in=True)
    sign_in(client, account)
    with extensions.database.transaction() as db:
        assert db.get_one(Account, account.id).password_minimum == len(PASSWORD)


def test_a_higher_minimum_asks_nobody_who_is_spared(client: CheckedClient, account: Account) -> None:
    configure(minimum_password_length=60, minimum_applies_at_sign_in=False)
    sign_in(client, account)
