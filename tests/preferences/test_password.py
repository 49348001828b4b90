"""Choosing a new password."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from neoserra import extensions
from neoserra.identity import codes, configuration, password_policy
from neoserra.models import Account, EventKind
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import deliveries, give_password, owner, sign_in
from tests.preferences.phones import messages_to
from tests.preferences.steps import event_kinds

NEW = "Meadow-kettle-58"


def change(client: CheckedClient, password: str = NEW, confirm: str | None = None, current: str = PASSWORD) -> int:
    confirm = password if confirm is None else confirm
    answer = client.submit("/preferences/password", current_password=current, password=password, confirm=confirm)
    return answer.status_code


def configure(**values: object) -> None:
    with extensions.database.transaction() as db:
        for name, value in values.items():
            db.execute(text(f"UPDATE configuration SET {name} = :value"), {"value": value})


def test_it_changes_and_this_browser_alone_stays_signed_in(ann: CheckedClient, account: Account) -> None:
    office = CheckedClient(ann.app)
    sign_in(office, account)
    half = CheckedClient(ann.app)
    give_password(half)
    before = ann.get_cookie("__Host-session", domain="crm.example.org")
    assert change(ann) == 303
    after = ann.get_cookie("__Host-session", domain="crm.example.org")
    ann.get("/preferences")
    assert "Your password is changed." in ann.text
    assert "No browser is trusted now" in ann.text
    assert where(office.get("/")) == "/login?next=/"
    assert where(half.get("/verification")) == "/login?again=1"
    assert codes.current(owner(half, account)) is None
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert event_kinds(account)[-1] == EventKind.PASSWORD_CHANGED
    ann.press("/logout")
    assert ann.submit("/login", username="ann", password=PASSWORD).status_code == 422
    give_password(ann, password=NEW)


def test_the_one_on_file_is_no_new_one(ann: CheckedClient, account: Account) -> None:
    assert change(ann, PASSWORD) == 422
    assert "That is the password you have. Choose another one." in ann.text
    assert change(ann, PASSWORD, current="wrong") == 422
    assert "That is the password you have" not in ann.text
    assert EventKind.PASSWORD_CHANGED not in event_kinds(account)


def test_the_owner_is_told_by_mail(ann: CheckedClient) -> None:
    change(ann)
    told = messages_to("ann@example.org")[0]
    assert told.startswith("Your Neoserra password was changed")
    assert NEW not in told
    assert deliveries()[0].destination == "ann@example.org"


def test_the_rules_stand_there_before_anything_is_typed(ann: CheckedClient) -> None:
    ann.get("/preferences/password")
    for rule in password_policy.Rule:
        assert password_policy.sentence(rule) in ann.text
    assert "Use at least 12 characters." in ann.text
    configure(minimum_password_length=16)
    ann.get("/preferences/password")
    assert "Use at least 16 characters." in ann.text


def test_password_managers_find_their_fields(ann: CheckedClient) -> None:
    ann.get("/preferences/password")
    fields = {found.get("id"): found for found in ann.page.iter(f"{PAGE}input")}
    assert fields["username"].get("autocomplete") == "username"
    assert fields["username"].get("value") == "ann"
    assert fields["current_password"].get("autocomplete") == "current-password"
    assert fields["password"].get("autocomplete") == fields["confirm"].get("autocomplete") == "new-password"
    shown = [found.get("data-show-name") for found in ann.page.iter(f"{PAGE}button") if found.get("data-show-name")]
    assert len(shown) == len(set(shown)) == 3


def test_every_broken_rule_is_named_at_once(ann: CheckedClient) -> None:
    assert change(ann, "annlee") == 422
    for rule in (
        password_policy.Rule.LENGTH,
        password_policy.Rule.DIGITS,
        password_policy.Rule.SPECIALS,
        password_policy.Rule.GUESSABLE,
    ):
        assert ann.text.count(password_policy.sentence(rule)) == 3, "in the rules, the summary and beside the field"


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        (("", "", ""), ["Enter your current password", "Enter a new password"]),
        ((PASSWORD, NEW, "other"), ["The two passwords are not the same. Type the new password again."]),
        (("", NEW, ""), ["Enter your current password", "The two passwords are not the same"]),
        (("wrong", NEW, NEW), ["That is not your current password"]),
        ((PASSWORD, "Neoserra-kettle-58", "Neoserra-kettle-58"), ["Leave out your own names and addresses"]),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_sent_back(
    ann: CheckedClient, account: Account, fields: tuple[str, str, str], answers: list[str]
) -> None:
    current, password, confirm = fields
    assert change(ann, password, confirm, current) == 422
    for answer in answers:
        assert ann.text.count(answer) >= 2
    assert not [
        found for found in ann.page.iter(f"{PAGE}input") if found.get("type") == "password" and found.get("value")
    ]
    assert EventKind.PASSWORD_CHANGED not in event_kinds(account)


def test_where_the_administrator_forbids_it_the_page_says_whom_to_ask(ann: CheckedClient, account: Account) -> None:
    configuration.save_contact("Rosa Oot", "rosa@example.org", "202-555-0100")
    configure(allow_password_change=False)
    assert ann.get("/preferences/password").status_code == 200
    for words in ("ask your Neoserra administrator", "Rosa Oot", "rosa@example.org", "202-555-0100"):
        assert words in ann.text
    ann.get("/preferences")
    assert "Rosa Oot" in ann.text
    assert "Change password" not in ann.text
    fields = {"current_password": PASSWORD, "password": NEW, "confirm": NEW}
    assert ann.press("/preferences/password", **fields).status_code == 403
    assert EventKind.PASSWORD_CHANGED not in event_kinds(account)


def test_password_managers_find_the_page_signed_in_or_not(client: CheckedClient, account: Account) -> None:
    answer = client.get("/.well-known/change-password")
    assert (answer.status_code, where(answer)) == (303, "/preferences/password")
    assert where(client.get("/preferences/password")) == "/login?next=/preferences/password"
    missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert client.get(missing).status_code == 404
    sign_in(client, account)
    assert client.get(missing).status_code == 404
    assert where(client.get("/.well-known/change-password")) == "/preferences/password"
