"""The record of an account: every field, what a change takes with it, and two administrators at once."""

from __future__ import annotations

import pytest
from flask import Flask

from neoserra import clock
from neoserra.delivery import sending
from neoserra.identity import accounts, codes, sessions, trusted_browsers
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind, Message, ReachProblem, Role
from tests.administration.accounts_pages import change, fields, kept, path, save
from tests.client import PAGE, CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries, enter_administrator_mode, sign_in


@pytest.fixture
def anns_browser(app: Flask, account: Account) -> CheckedClient:
    """Ann, signed in elsewhere, in a browser that is trusted."""
    browser = CheckedClient(app, "198.51.100.9")
    sign_in(browser, account)
    return browser


def test_the_page_shows_what_is_on_file_and_how_things_stand(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account
) -> None:
    rosa.get(path(account))
    assert rosa.h1 == "Ann Lee"
    on_file = {"username": "ann", "name": "Ann Lee", "email": "ann@example.org", "mobile": "(202) 555-0142"}
    assert fields(rosa).items() >= (on_file | {"role": "user", "active": "yes"}).items()
    for words in (
        "Active",
        "Where Ann Lee needs no code",
        "Where Ann Lee is signed in now",
        "Chrome on Windows",
        "198.51.100.9",
        "The last messages to Ann Lee, newest first",
        "Sign-in code",
        "Text message to ***-**42",
        "The last events, newest first",
        "Signed in",
    ):
        assert words in rosa.text, words


def test_fields_are_not_the_administrators_own_data(rosa: CheckedClient, account: Account) -> None:
    rosa.get(path(account))
    found = {each.get("name"): each for each in rosa.page.iter(f"{PAGE}input")}
    assert (found["email"].get("type"), found["mobile"].get("type")) == ("email", "tel")
    assert {found[name].get("autocomplete") for name in ("username", "name", "email", "mobile")} == {"off"}


def test_no_secret_is_on_the_page(rosa: CheckedClient, anns_browser: CheckedClient, account: Account) -> None:
    html = rosa.get(path(account)).text
    assert (account.password_hash or "?") not in html
    [code] = [one for one in deliveries() if one.account_id == account.id and one.message == Message.SIGN_IN_CODE]
    assert "+12025550142" not in html.replace("(202) 555-0142", "")
    assert code.browser not in html


def test_name_and_username_change_and_nobody_is_logged_off(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account
) -> None:
    before = len(deliveries())
    assert where(save(rosa, account, username="ann.lee", name="Ann B. Lee")) == path(account)
    rosa.get(path(account))
    assert "Name: was Ann Lee, is now Ann B. Lee." in rosa.text
    assert (kept(account).username, kept(account).username_key, kept(account).version) == ("ann.lee", "ann.lee", 2)
    assert anns_browser.get("/").status_code == 200
    assert len(deliveries()) == before


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"mobile": "202-555-0199"}, Message.MOBILE_REPLACED),
        ({"mobile": ""}, Message.MOBILE_REPLACED),
        ({"email": "lee@example.net"}, Message.EMAIL_REPLACED),
        ({"role": "administrator"}, Message.ROLE_CHANGED),
        ({"active": "no"}, Message.ACCOUNT_INACTIVATED),
    ],
)
def test_what_somebody_signs_in_with_changes_and_takes_everything_with_it(
    rosa: CheckedClient,
    anns_browser: CheckedClient,
    account: Account,
    visitor: Visitor,
    typed: dict[str, str],
    message: Message,
) -> None:
    """Sessions, trust and live codes end, and the old number and address are told (ASVS 7.4.3, 6.3.7)."""
    owner = rows.owner(account, visitor)
    codes.issue(owner)
    assert where(save(rosa, account, **typed)) == path(account)
    assert codes.current(owner) is None
    assert trusted_browsers.of_account(account.id) == []
    assert sessions.open_sessions([account.id]) == []
    assert where(anns_browser.get("/")) == "/login?next=/"
    notices = [one for one in deliveries() if one.message == message]
    told = {"ann@example.org", "+12025550142"} if message in sending.TEXTED else {"ann@example.org"}
    assert {one.destination for one in notices} == told
    assert {(one.address, one.browser, one.browser_description) for one in notices} == {("", "", "")}


def test_a_number_that_an_administrator_typed_is_not_confirmed(rosa: CheckedClient, account: Account) -> None:
    change(account, mobile_confirmed_at=clock.now(), new_mobile="+12025550111", reach_problem=None)
    save(rosa, account, mobile="202 555 0199")
    saved = kept(account)
    assert (saved.mobile, saved.mobile_confirmed_at, saved.new_mobile) == ("+12025550199", None, None)
    assert saved.reach_problem == ReachProblem.UNCONFIRMED_MOBILE


def test_every_change_is_an_event_with_masked_values(
    rosa: CheckedClient, account: Account, administrator: Account
) -> None:
    save(rosa, account, mobile="202-555-0199", email="lee@example.net", role="administrator", name="A", active="no")
    found = rows.events(EventKind.ACCOUNT_CHANGED)
    assert [event.details for event in found] == [
        {"field": "name", "old": "Ann Lee", "new": "A"},
        {"field": "email", "old": "a***@example.org", "new": "l***@example.net"},
        {"field": "mobile", "old": "***-**42", "new": "***-**99"},
        {"field": "role", "old": "user", "new": "administrator"},
    ]
    found += rows.events(EventKind.ACCOUNT_INACTIVATED)
    assert len(found) == 5
    assert {(one.account_id, one.actor_id, one.address) for one in found} == {
        (account.id, administrator.id, "192.0.2.7")
    }
    rosa.get(path(account))
    assert "what: Mobile number; was: ***-**42; is now: ***-**99" in rosa.text


def test_a_save_without_a_change_changes_nothing(rosa: CheckedClient, account: Account) -> None:
    assert where(save(rosa, account)) == path(account)
    rosa.get(path(account))
    assert "Nothing was different, so nothing was saved." in rosa.text
    assert kept(account).version == 1
    assert rows.events(EventKind.ACCOUNT_CHANGED) == []


def test_everything_that_cannot_be_kept_is_told_at_once_and_stays_typed(
    rosa: CheckedClient, account: Account, administrator: Account
) -> None:
    typed = {"username": "änn", "email": "nobody", "mobile": "12", "name": "x" * 151}
    assert save(rosa, account, **typed).status_code == 422
    for words in (
        "A username has letters from A to Z, digits and . _ - @ only, at most 150 of them",
        "Enter one email address, like name@example.org",
        "Enter a mobile number with its area code",
        "A name has at most 150 characters, and no line breaks",
    ):
        assert words in rosa.text
    assert fields(rosa).items() >= typed.items()
    assert kept(account).version == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": "ROSA"}, "Another account has this as its username or email address"),
        ({"username": "rosa@example.org"}, "Another account has this as its username or email address"),
        ({"email": "Rosa@Example.org"}, "Another account has this as its email address or username"),
        ({"mobile": "202-555-0177"}, "Another account has this mobile number"),
        ({"mobile": "900-555-0142"}, "That number gets no text messages, like a landline."),
        ({"mobile": "+44 7911 123456"}, "Neoserra sends no text messages to the country of that number"),
        ({"role": "owner"}, "Choose a role"),
        ({"active": "perhaps"}, "Choose a status"),
    ],
)
def test_what_somebody_else_has_or_nobody_can_have_is_refused(
    rosa: CheckedClient, account: Account, typed: dict[str, str], sentence: str
) -> None:
    accounts.create(username="zoe", email="zoe@example.org", mobile="202-555-0177")
    assert save(rosa, account, **typed).status_code == 422
    assert sentence in rosa.text


def test_a_number_that_the_rules_no_longer_take_does_not_stand_in_the_way_of_a_new_name(
    rosa: CheckedClient, account: Account
) -> None:
    change(account, mobile="+447911123456")
    assert where(save(rosa, account, name="Ann B. Lee")) == path(account)
    assert (kept(account).name, kept(account).mobile) == ("Ann B. Lee", "+447911123456")


class TestTwoAdministrators:
    @pytest.fixture
    def other(self, app: Flask, password_hash: str) -> CheckedClient:
        """A second administrator in a browser of their own."""
        max_ = accounts.create(
            username="max", email="max@example.org", role=Role.ADMINISTRATOR, password_hash=password_hash
        )
        browser = CheckedClient(app, "198.51.100.20")
        enter_administrator_mode(browser, max_)
        return browser

    def test_the_second_is_told_what_the_first_changed_and_loses_nothing_typed(
        self, rosa: CheckedClient, other: CheckedClient, account: Account
    ) -> None:
        rosa.get(path(account))
        opened = fields(rosa)
        save(other, account, name="Ann of the other", mobile="202-555-0111")
        typed = opened | {"name": "Ann of Rosa", "email": "lee@example.net"}
        assert rosa.post(path(account), data=typed).status_code == 422
        assert "Name: somebody else saved Ann of the other while you had this page open." in rosa.text
        assert "Mobile number: somebody else saved (202) 555-0111 while you had this page open." in rosa.text
        assert "Email address: somebody" not in rosa.text
        shown = fields(rosa)
        assert (shown["name"], shown["email"], shown["mobile"]) == ("Ann of Rosa", "lee@example.net", "(202) 555-0111")
        assert kept(account).name == "Ann of the other"
        assert where(rosa.post(path(account), data=shown)) == path(account)
        saved = kept(account)
        assert (saved.name, saved.email, saved.mobile) == ("Ann of Rosa", "lee@example.net", "+12025550111")

    def test_a_save_in_between_that_is_in_no_field_stops_nobody(self, rosa: CheckedClient, account: Account) -> None:
        """Ann changed her password meanwhile."""
        rosa.get(path(account))
        opened = fields(rosa)
        change(account, version=7)
        assert where(rosa.post(path(account), data=opened | {"name": "A"})) == path(account)
        assert (kept(account).name, kept(account).version) == ("A", 8)

    def test_the_same_values_saved_twice_are_saved_once(self, rosa: CheckedClient, account: Account) -> None:
        """As by two clicks on Save."""
        rosa.get(path(account))
        typed = fields(rosa) | {"mobile": "202-555-0199"}
        for _ in range(2):
            assert where(rosa.post(path(account), data=typed)) == path(account)
        assert kept(account).version == 2
        assert len([one for one in deliveries() if one.message == Message.MOBILE_REPLACED]) == 2

    def test_what_is_not_sent_stays_as_it_is(self, rosa: CheckedClient, account: Account) -> None:
        rosa.get(path(account))
        assert where(rosa.press(path(account), name="Ann of Rosa")) == path(account)
        saved = kept(account)
        assert (saved.name, saved.username, saved.mobile) == ("Ann of Rosa", "ann", "+12025550142")

    @pytest.mark.parametrize(("typed", "active"), [("no", False), ("false", False), ("on", True), ("y", True)])
    def test_the_status_is_taken_in_the_words_of_forms(
        self, rosa: CheckedClient, account: Account, typed: str, active: bool
    ) -> None:
        rosa.get(path(account))
        assert where(rosa.press(path(account), active=typed)) == path(account)
        assert kept(account).active == active

    @pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
    @pytest.mark.parametrize("shown", ["", "x", "[1]", "[" * 10_000])
    def test_a_version_that_was_never_shown_is_not_believed(
        self, rosa: CheckedClient, account: Account, version: str, shown: str
    ) -> None:
        rosa.get(path(account))
        typed = fields(rosa) | {"name": "A", "version": version, "shown": shown}
        assert rosa.post(path(account), data=typed).status_code == 422
        assert kept(account).name == "Ann Lee"

    def test_one_of_two_administrators_can_demote_the_other(
        self, rosa: CheckedClient, other: CheckedClient, administrator: Account
    ) -> None:
        assert where(save(other, administrator, role="user")) == path(administrator)
        assert kept(administrator).role == Role.USER
        assert rosa.get("/administration/accounts").status_code in (303, 404)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"role": "user"}, "You cannot take administration from yourself: another administrator can"),
        ({"active": "no"}, "You cannot make your own account inactive: another administrator can"),
    ],
)
def test_nobody_takes_administration_or_the_account_from_themself(
    rosa: CheckedClient, administrator: Account, typed: dict[str, str], sentence: str
) -> None:
    assert save(rosa, administrator, **typed).status_code == 422
    assert sentence in rosa.text
    assert (kept(administrator).role, kept(administrator).active) == (Role.ADMINISTRATOR, True)


def test_who_changes_their_own_number_stays_signed_in_and_in_administrator_mode(
    rosa: CheckedClient, administrator: Account
) -> None:
    assert where(save(rosa, administrator, mobile="202-555-0123")) == path(administrator)
    assert rosa.get(path(administrator)).status_code == 200
    assert "Mobile number: was none, is now (202) 555-0123." in rosa.text
    assert trusted_browsers.of_account(administrator.id) == []


@pytest.mark.parametrize("number", ["99999", "0", "99999999999", "x"])
def test_an_account_that_is_not_there_is_not_found(rosa: CheckedClient, number: str) -> None:
    for action in ("", "/inactivate", "/log-off"):
        assert rosa.get(f"/administration/accounts/{number}{action}").status_code == 404
