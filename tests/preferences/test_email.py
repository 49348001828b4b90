"""Asking for an email address and confirming it."""

from __future__ import annotations

import pytest

from neoserra.identity import accounts, codes
from neoserra.models import Account, EventKind, Message
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import deliveries, sign_in
from tests.preferences.phones import code_at, messages_to
from tests.preferences.steps import NEW_EMAIL, ask_email, ask_mobile, event_kinds, mobile_owner, reloaded


def test_the_new_address_counts_once_its_code_came_back(ann: CheckedClient, account: Account) -> None:
    office = CheckedClient(ann.app)
    sign_in(office, account)
    ask_email(ann)
    assert f"by email to {NEW_EMAIL}" in ann.text
    assert reloaded(account).email == "ann@example.org"
    ann.get("/preferences")
    assert f"{NEW_EMAIL} is not confirmed yet" in ann.text
    assert where(ann.press("/preferences/email/confirm", code=code_at(NEW_EMAIL))) == "/preferences"
    ann.get("/preferences")
    assert f"Your email address is now {NEW_EMAIL}." in ann.text
    changed = reloaded(account)
    assert (changed.email, changed.new_email, changed.email_key) == (NEW_EMAIL, None, NEW_EMAIL)
    assert changed.email_confirmed_at is not None
    assert event_kinds(account)[-1] == EventKind.EMAIL_CHANGED
    assert where(office.get("/")) == "/login?next=/"
    assert "No browser is trusted now" in ann.text


def test_the_old_address_the_new_one_and_the_phone_are_told(ann: CheckedClient) -> None:
    ask_email(ann)
    ann.press("/preferences/email/confirm", code=code_at(NEW_EMAIL))
    for address in ("ann@example.org", NEW_EMAIL):
        assert messages_to(address)[0].startswith("Your Neoserra email address was changed")
    assert messages_to("+12025550142")[0].startswith("Neoserra: the email address on your account was changed.")


def test_somebody_signs_in_with_the_new_address_and_no_more_with_the_old(ann: CheckedClient, account: Account) -> None:
    ask_email(ann)
    ann.press("/preferences/email/confirm", code=code_at(NEW_EMAIL))
    ann.get("/")
    ann.press("/logout")
    assert ann.submit("/login", username="ann@example.org", password=PASSWORD).status_code == 422
    assert where(ann.submit("/login", username=NEW_EMAIL, password=PASSWORD)) == "/verification"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "Enter your new email address"),
        ("lee", "Enter one email address, like name@example.org"),
        ("lee@example.org, eve@example.org", "Enter one email address, like name@example.org"),
        ("Lee <lee@example.org>", "Enter one email address, like name@example.org"),
        ("Ann@Example.org", "That is your email address already"),
        ("ben@example.org", "Another account has that email address"),
        ("BEN@example.org", "Another account has that email address"),
    ],
)
def test_what_cannot_be_used_is_refused_and_stays_in_the_field(
    ann: CheckedClient, account: Account, ben: Account, typed: str, answer: str
) -> None:
    assert ann.submit("/preferences/email", email=typed, current_password=PASSWORD).status_code == 422
    assert ann.text.count(answer) == 2
    found = next(found for found in ann.page.iter(f"{PAGE}input") if found.get("name") == "email")
    assert found.get("value") == typed
    assert (found.get("type"), found.get("autocomplete")) == ("email", "email")
    assert reloaded(account).new_email is None


def test_a_wrong_current_password_changes_nothing(ann: CheckedClient, account: Account) -> None:
    assert ann.submit("/preferences/email", email=NEW_EMAIL, current_password="wrong").status_code == 422
    assert "That is not your current password" in ann.text
    assert messages_to(NEW_EMAIL) == []


def test_the_code_for_a_number_confirms_no_address(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    ask_email(ann)
    codes.issue(mobile_owner(ann, account))
    code = codes.current(mobile_owner(ann, account)) or ""
    assert ann.press("/preferences/email/confirm", code=code).status_code == 422
    assert "That is not the code we sent" in ann.text
    assert reloaded(account).email == "ann@example.org"


def test_an_address_that_became_somebodys_username_meanwhile_is_refused(ann: CheckedClient, account: Account) -> None:
    ask_email(ann)
    accounts.create(username=NEW_EMAIL, email="eve@example.org")
    assert where(ann.press("/preferences/email/confirm", code=code_at(NEW_EMAIL))) == "/preferences"
    ann.get("/preferences")
    assert "Another account has that email address" in ann.text
    assert reloaded(account).email == "ann@example.org"


def test_it_can_be_taken_back(ann: CheckedClient, account: Account) -> None:
    ask_email(ann)
    assert where(ann.press("/preferences/email/take-back")) == "/preferences"
    assert reloaded(account).new_email is None
    assert where(ann.get("/preferences/email/confirm")) == "/preferences"


def test_a_second_press_sends_one_mail(ann: CheckedClient) -> None:
    ask_email(ann)
    ask_email(ann)
    assert [delivery.message for delivery in deliveries()].count(Message.EMAIL_CONFIRMATION) == 1
