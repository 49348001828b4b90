"""The current password is asked before each change, and wrong ones count like those at the door."""

from __future__ import annotations

import pytest

from neoserra import extensions
from neoserra.identity import lockout
from neoserra.models import Account, EventKind, Message
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import deliveries, sign_in
from tests.preferences.steps import event_kinds, reloaded

CHANGES = {
    "/preferences/mobile": {"mobile": "202-555-0143"},
    "/preferences/email": {"email": "lee@example.org"},
    "/preferences/password": {"password": "Meadow-kettle-58", "confirm": "Meadow-kettle-58"},
}


@pytest.mark.parametrize("path", CHANGES)
def test_the_fifth_wrong_one_locks_the_account_and_ends_the_session(
    ann: CheckedClient, account: Account, path: str
) -> None:
    for _ in range(4):
        assert ann.submit(path, current_password="wrong", **CHANGES[path]).status_code == 422
        assert "That is not your current password" in ann.text
    assert where(ann.submit(path, current_password="wrong", **CHANGES[path])) == "/login"
    ann.get("/login")
    assert "Too many wrong passwords. Your account is locked now" in ann.text
    assert where(ann.get("/preferences")) == "/login?next=/preferences"
    assert reloaded(account).locked_at is not None
    assert [delivery.message for delivery in deliveries()].count(Message.ACCOUNT_LOCKED) == 1
    assert ann.submit("/login", username="ann", password=PASSWORD).status_code == 422


def test_they_are_counted_over_all_forms_together(ann: CheckedClient, account: Account) -> None:
    for path in (*CHANGES, "/preferences/mobile"):
        assert ann.submit(path, current_password="wrong", **CHANGES[path]).status_code == 422
    answer = ann.submit("/preferences/email", current_password="wrong", **CHANGES["/preferences/email"])
    assert where(answer) == "/login"


def test_a_right_one_starts_the_count_anew(ann: CheckedClient, account: Account) -> None:
    for _ in range(3):
        for _ in range(4):
            ann.submit("/preferences/mobile", mobile="202-555-0143", current_password="wrong")
        assert ann.submit("/preferences/mobile", mobile="202-555-0143", current_password=PASSWORD).status_code == 303
    assert reloaded(account).locked_at is None


def test_what_cannot_be_saved_anyway_costs_no_try(ann: CheckedClient, account: Account) -> None:
    for _ in range(6):
        assert ann.submit("/preferences/mobile", mobile="12", current_password="wrong").status_code == 422
    assert reloaded(account).locked_at is None
    assert EventKind.PASSWORD_REFUSED not in event_kinds(account)


def test_in_a_browser_without_trust_a_locked_account_can_change_nothing(ann: CheckedClient, account: Account) -> None:
    ann.get("/preferences")
    ann.press("/preferences/browsers/forget-all")
    stranger = CheckedClient(ann.app, address="198.51.100.9")
    for _ in range(5):
        stranger.submit("/login", username="ann", password="wrong")
    answer = ann.submit("/preferences/mobile", mobile="202-555-0143", current_password=PASSWORD)
    assert where(answer) == "/login"
    ann.get("/login")
    assert "Your account is locked now" in ann.text


def test_who_guesses_elsewhere_keeps_nobody_from_changing_in_a_trusted_browser(
    ann: CheckedClient, account: Account
) -> None:
    stranger = CheckedClient(ann.app, address="198.51.100.9")
    for _ in range(5):
        stranger.submit("/login", username="ann", password="wrong")
    answer = ann.submit("/preferences/mobile", mobile="202-555-0143", current_password=PASSWORD)
    assert where(answer) == "/preferences/mobile/confirm"


def test_too_many_failures_from_one_address_are_told_to_wait(ann: CheckedClient, account: Account) -> None:
    guest = CheckedClient(ann.app)
    for number in range(30):
        guest.submit("/login", username=f"somebody{number}", password="wrong")
    answer = ann.submit("/preferences/mobile", mobile="202-555-0143", current_password=PASSWORD)
    assert answer.status_code == 429
    assert 590 <= int(answer.headers["Retry-After"]) <= 600
    assert "Too many tries from your network" in ann.text


def test_after_a_lock_is_lifted_the_journey_works_again(ann: CheckedClient, account: Account) -> None:
    for _ in range(5):
        ann.submit("/preferences/mobile", mobile="202-555-0143", current_password="wrong")
    with extensions.database.transaction() as db:
        lockout.unlock(db, account.id)
    sign_in(CheckedClient(ann.app), account)
