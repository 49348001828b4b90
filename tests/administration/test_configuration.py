"""The Configuration page: bounds, effects, two administrators at once, and an event for every change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from neoserra import clock, extensions
from neoserra.identity import configuration, password_policy
from neoserra.models import Account, Event, EventKind, TrustedBrowser
from tests.client import PAGE, CheckedClient, where
from tests.journey import enter_administrator_mode, give_password, sign_in

PATH = "/administration/configuration"
DEFAULTS = {
    "minimum_password_length": "12",
    "password_expiration_days": "0",
    "allow_password_change": "y",
    "allow_password_reset": "y",
    "trusted_browser_days": "90",
    "codes_used_percent": "50",
    "contact_name": "",
    "contact_email": "",
    "contact_phone": "",
}

REFUSED = [
    ("minimum_password_length", "", "Enter the minimum password length"),
    ("minimum_password_length", "twelve", "Minimum password length must be a whole number, like 128"),
    ("minimum_password_length", "12.5", "Minimum password length must be a whole number, like 128"),
    ("minimum_password_length", "9", "Minimum password length must be 10 or more"),
    ("minimum_password_length", "-12", "Minimum password length must be 10 or more"),
    ("minimum_password_length", "129", "Minimum password length must be 128 or less"),
    ("minimum_password_length", "9" * 5000, "Minimum password length must be 128 or less"),
    ("password_expiration_days", "", "Enter after how many days passwords expire, or 0 for never"),
    ("password_expiration_days", "-1", "Password expiration in days must be 0 or more"),
    ("password_expiration_days", "3651", "Password expiration in days must be 3650 or less"),
    ("trusted_browser_days", "", "Enter for how many days a browser is trusted"),
    ("trusted_browser_days", "0", "Days that a browser is trusted must be 1 or more"),
    ("trusted_browser_days", "91", "Days that a browser is trusted must be 90 or less"),
    ("codes_used_percent", "", "Enter below which percentage of codes entered there is an alarm, or 0 for none"),
    ("codes_used_percent", "-1", "Alarm when fewer codes than this are entered, in percent must be 0 or more"),
    ("codes_used_percent", "101", "Alarm when fewer codes than this are entered, in percent must be 100 or less"),
    ("contact_name", "R" * 151, "Enter a name of at most 150 characters"),
    ("contact_email", "rosa", "Enter an email address, like name@example.org, or nothing"),
    ("contact_email", "a@example.org, b@example.org", "Enter an email address, like name@example.org, or nothing"),
    ("contact_phone", "call me", "Enter a telephone number of digits, like 202-555-0142, or nothing"),
]


@pytest.fixture
def rosa(client: CheckedClient, administrator: Account) -> CheckedClient:
    """Rosa's browser, with the Configuration page open in administrator mode."""
    enter_administrator_mode(client, administrator)
    client.get(PATH)
    return client


def save(client: CheckedClient, **typed: str) -> Any:
    """Press Save on the page that is open, with these values in place of the defaults; None unticks."""
    return client.press(PATH, **hidden(client), **{**DEFAULTS, **typed})


def hidden(client: CheckedClient) -> dict[str, str]:
    fields = {field.get("name"): field.get("value") for field in client.page.iter(f"{PAGE}input")}
    return {name: fields[name] for name in ("version", "shown") if name in fields}


def field(client: CheckedClient, name: str) -> Any:
    return next(found for found in client.page.iter(f"{PAGE}input") if found.get("name") == name)


def error(client: CheckedClient, name: str) -> str:
    found = [each for each in client.page.iter() if each.get("id") == f"{name}-error"]
    return "".join(found[0].itertext()) if found else ""


def changes() -> list[dict[str, Any]]:
    query = select(Event.details).where(Event.kind == EventKind.CONFIGURATION_CHANGED).order_by(Event.id)
    with extensions.database.connection() as connection:
        return list(connection.execute(query).scalars())


def test_every_setting_is_saved_and_told_with_its_old_and_new_value(rosa: CheckedClient) -> None:
    typed = {
        "minimum_password_length": "11",
        "minimum_applies_at_sign_in": "y",
        "password_expiration_days": "180",
        "trusted_browser_days": "30",
        "contact_name": "Rosa Oot",
        "contact_email": "rosa@example.org",
        "contact_phone": "202-555-0143",
    }
    assert where(save(rosa, **typed)) == PATH
    rosa.get(PATH)
    assert "Minimum password length: was 12, is now 11." in rosa.text
    assert "A raised minimum holds from the next sign-in: was no, is now yes." in rosa.text
    assert "Contact name: was nothing, is now Rosa Oot." in rosa.text
    saved = configuration.current()
    assert {name: str(getattr(saved, name)) for name in typed} == {**typed, "minimum_applies_at_sign_in": "True"}
    assert len(changes()) == len(typed)
    assert {"setting": "trusted_browser_days", "old": 90, "new": 30} in changes()


def test_the_event_tells_who_changed_it_and_from_where(rosa: CheckedClient, administrator: Account) -> None:
    save(rosa, trusted_browser_days="60")
    with extensions.database.transaction() as db:
        [event] = db.scalars(select(Event).filter_by(kind=EventKind.CONFIGURATION_CHANGED))
    assert event.actor_id == administrator.id
    assert event.account_id is None
    assert event.address == rosa.address
    assert event.request_id


def test_an_unticked_box_is_saved(rosa: CheckedClient) -> None:
    unticked = {name: value for name, value in DEFAULTS.items() if name != "allow_password_reset"}
    rosa.press(PATH, **hidden(rosa), **unticked)
    assert not configuration.current().allow_password_reset
    assert changes() == [{"setting": "allow_password_reset", "old": True, "new": False}]


def test_saving_what_holds_already_changes_nothing(rosa: CheckedClient) -> None:
    assert where(save(rosa)) == PATH
    rosa.get(PATH)
    assert "Nothing was different" in rosa.text
    assert changes() == []


def test_a_value_outside_its_bounds_is_refused_beside_its_field(rosa: CheckedClient) -> None:
    for name, typed, said in REFUSED:
        assert save(rosa, **{"allow_password_reset": "", name: typed}).status_code == 422
        assert error(rosa, name) == said
        assert field(rosa, name).get("value") == typed
    assert configuration.current().allow_password_reset
    assert changes() == []


def test_all_errors_come_at_once_and_what_was_typed_stays(rosa: CheckedClient) -> None:
    answer = save(rosa, minimum_password_length="x", trusted_browser_days="0", contact_name="Rosa Oot")
    assert answer.status_code == 422
    assert error(rosa, "minimum_password_length")
    assert error(rosa, "trusted_browser_days")
    assert field(rosa, "contact_name").get("value") == "Rosa Oot"
    assert field(rosa, "allow_password_reset").get("checked") is not None


def test_a_raised_minimum_tells_how_many_people_it_concerns_and_when(rosa: CheckedClient, account: Account) -> None:
    assert where(save(rosa, minimum_password_length="14")) == PATH
    rosa.get(PATH)
    assert "2 people chose their passwords while fewer characters were enough. They keep it until they" in rosa.text
    assert password_policy.minimum_length() == 14
    save(rosa, minimum_password_length="16", minimum_applies_at_sign_in="y")
    rosa.get(PATH)
    assert "2 people chose their passwords while fewer characters were enough. Right after signing in next" in rosa.text


def test_a_raised_minimum_that_concerns_nobody_says_no_more(rosa: CheckedClient) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).values(password_minimum=20))
    save(rosa, minimum_password_length="14")
    rosa.get(PATH)
    assert "Minimum password length: was 12, is now 14." in rosa.text
    assert "while fewer characters were enough" not in rosa.text


def test_what_is_not_sent_stays_as_it_is(rosa: CheckedClient) -> None:
    save(rosa, codes_used_percent="30", contact_name="Rosa Oot")
    sent = {name: DEFAULTS[name] for name in ("allow_password_change", "allow_password_reset")}
    assert where(rosa.press(PATH, **sent, trusted_browser_days="60")) == PATH
    saved = configuration.current()
    assert (saved.trusted_browser_days, saved.codes_used_percent, saved.contact_name) == (60, 30, "Rosa Oot")


def test_people_without_a_password_or_with_one_chosen_under_as_high_a_minimum_are_not_counted(
    rosa: CheckedClient, account: Account, administrator: Account
) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == administrator.id).values(password_minimum=14))
        db.execute(update(Account).where(Account.id == account.id).values(password_hash=None))
    assert configuration.passwords_below(15) == 1
    assert configuration.passwords_below(14) == 0


def test_what_is_saved_holds_at_once_everywhere(rosa: CheckedClient, app: Flask, account: Account) -> None:
    ann = CheckedClient(app)
    sign_in(ann, account)
    ann.press("/logout")
    with extensions.database.transaction() as db:
        db.execute(update(TrustedBrowser).values(trusted_at=clock.now() - timedelta(days=31)))
    unticked = {name: value for name, value in DEFAULTS.items() if name != "allow_password_reset"}
    typed = {"trusted_browser_days": "30", "contact_name": "Rosa Oot", "contact_phone": "202-555-0143"}
    assert where(rosa.press(PATH, **hidden(rosa), **unticked | typed)) == PATH
    ann.get("/login")
    assert "Rosa Oot 202-555-0143" in ann.text
    assert "Forgot password?" not in ann.text
    give_password(ann)  # and is asked for a code again


def test_a_lowered_minimum_concerns_nobody(rosa: CheckedClient, account: Account) -> None:
    assert where(save(rosa, minimum_password_length="10")) == PATH
    rosa.get(PATH)
    assert "while fewer characters were enough" not in rosa.text
    assert password_policy.minimum_length() == 10


def test_the_second_of_two_administrators_is_told_and_loses_nothing(rosa: CheckedClient, app: Flask) -> None:
    configuration.save_contact("", "", "")
    first = hidden(rosa)
    save(rosa, trusted_browser_days="30")
    later = {**DEFAULTS, "trusted_browser_days": "60", "contact_name": "Ben Moss"}
    assert rosa.press(PATH, **first, **later).status_code == 422
    told = (
        "Days that a browser is trusted: somebody else saved 30 while you had this page open. Save again to keep yours."
    )
    assert error(rosa, "trusted_browser_days").endswith(told)
    assert field(rosa, "trusted_browser_days").get("value") == "60"
    assert field(rosa, "contact_name").get("value") == "Ben Moss"
    assert configuration.current().trusted_browser_days == 30
    assert where(rosa.press(PATH, **hidden(rosa), **later)) == PATH
    assert configuration.current().trusted_browser_days == 60
    assert changes()[-2:] == [
        {"setting": "trusted_browser_days", "old": 30, "new": 60},
        {"setting": "contact_name", "old": "", "new": "Ben Moss"},
    ]


def test_the_second_of_two_takes_back_nothing_of_the_first(rosa: CheckedClient, app: Flask) -> None:
    configuration.save_contact("", "", "")
    first = hidden(rosa)
    save(rosa, contact_name="Ann Lee")
    later = {**DEFAULTS, "contact_name": "", "trusted_browser_days": "30"}
    assert rosa.press(PATH, **first, **later).status_code == 422
    assert error(rosa, "contact_name").endswith(
        "somebody else saved Ann Lee while you had this page open. It stands here now: save again."
    )
    assert field(rosa, "contact_name").get("value") == "Ann Lee"
    assert rosa.text.count("somebody else saved") == 2  # in the summary and beside the field
    again = later | {"contact_name": "Ann Lee"}
    assert where(rosa.press(PATH, **hidden(rosa), **again)) == PATH
    assert (configuration.current().contact_name, configuration.current().trusted_browser_days) == ("Ann Lee", 30)


def test_an_error_in_between_does_not_hide_what_somebody_else_saved(rosa: CheckedClient) -> None:
    first = hidden(rosa)
    save(rosa, trusted_browser_days="30")
    rosa.press(PATH, **first, **{**DEFAULTS, "trusted_browser_days": "no"})
    assert rosa.press(PATH, **hidden(rosa), **{**DEFAULTS, "trusted_browser_days": "60"}).status_code == 422
    assert "Save again to keep yours" in rosa.text


def test_a_version_that_was_never_shown_is_refused(rosa: CheckedClient) -> None:
    for version in ("", "x", "9" * 40):
        typed = {**DEFAULTS, "version": version, "contact_name": "Rosa Oot"}
        assert rosa.press(PATH, **typed).status_code == 422
    assert changes() == []


@pytest.mark.parametrize(
    "change",
    [
        "minimum_password_length = 9",
        "minimum_password_length = 129",
        "password_expiration_days = -1",
        "password_expiration_days = 3651",
        "trusted_browser_days = 0",
        "trusted_browser_days = 91",
        "id = 2",
    ],
)
def test_the_database_refuses_what_the_page_refuses(connected: object, change: str) -> None:
    with pytest.raises(IntegrityError), extensions.database.transaction() as db:
        db.execute(text(f"UPDATE configuration SET {change}"))


def test_the_page_tells_where_neoserra_departs_from_the_standards(rosa: CheckedClient) -> None:
    for rule in ("6.5.5", "6.2.5", "6.6.1", "6.4.3", "2.2.3", "7.5.1"):
        assert rule in rosa.text


def test_only_administrators_in_administrator_mode_see_it(
    client: CheckedClient, account: Account, administrator: Account, app: Flask
) -> None:
    assert where(client.get(PATH)) == f"/login?next={PATH}"
    sign_in(client, account)
    assert client.get(PATH).status_code == 404
    other = CheckedClient(app)
    sign_in(other, administrator)
    assert where(other.get(PATH)).startswith("/administration/enter")
