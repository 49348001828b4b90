"""Choosing the new password, and what it takes with it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from neoserra import extensions
from neoserra.identity import accounts, codes, links, trusted_browsers
from neoserra.identity.links import Kind
from neoserra.models import Account, EventKind, Message
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.delivery import rows
from tests.journey import code_of, deliveries, give_password, owner, sign_in
from tests.reset.steps import NEW_PASSWORD, choose, messages_sent, open_link, reset


@pytest.fixture
def opened(client: CheckedClient, account: Account) -> CheckedClient:
    """Ann's browser with the form on the screen."""
    open_link(client, f"/reset/{links.issue(account.id, Kind.RESET, 1).token}")
    return client


def errors(client: CheckedClient) -> dict[str, str]:
    """What stands beside each field."""
    found = [element for element in client.page.iter(f"{PAGE}p") if element.get("class") == "field-error"]
    return {str(element.get("id")).removesuffix("-error"): element.text for element in found}


def test_every_rule_stands_there_before_anything_is_typed(opened: CheckedClient) -> None:
    [rules] = [element for element in opened.page.iter(f"{PAGE}ul") if element.get("id") == "rules"]
    told = " ".join(rules.itertext())
    for words in ("at least 12", "at most 256", "a letter", "a digit", "special", "well-known", "your own names"):
        assert words in told


def test_the_form_suits_password_managers(opened: CheckedClient) -> None:
    fields = {field.get("id"): field for field in opened.page.iter(f"{PAGE}input") if field.get("id")}
    assert (fields["username"].get("value"), fields["username"].get("autocomplete")) == ("ann", "username")
    for name in ("password", "confirm"):
        assert (fields[name].get("type"), fields[name].get("autocomplete")) == ("password", "new-password")


@pytest.mark.parametrize(
    ("password", "named"),
    [
        ("Qv7-moth", ["at least 12"]),
        ("quiet gravel moth", ["a digit"]),
        ("194850 284756 -", ["a letter"]),
        ("Quietgravel19moth", ["a special character"]),
        ("P@ssw0rd!1!1", ["well-known"]),
        ("Ann-example-1948 moth", ["your own names"]),
        ("Neoserra-1948 moth", ["the words Neoserra and CRM"]),
        ("short", ["at least 12", "a digit", "a special character"]),
        ("Quiet-gravel-19 moth" * 20, ["at most 256"]),
    ],
)
def test_a_weak_password_has_every_broken_rule_named(opened: CheckedClient, password: str, named: list[str]) -> None:
    assert choose(opened, password).status_code == 422
    for words in named:
        assert words in errors(opened)["password"]
    assert "confirm" not in errors(opened)


def test_the_mismatch_is_told_at_the_second_field(opened: CheckedClient) -> None:
    assert choose(opened, NEW_PASSWORD, NEW_PASSWORD + "x").status_code == 422
    assert errors(opened) == {"confirm": "The two passwords are not the same. Type the new password again."}
    fields = [field for field in opened.page.iter(f"{PAGE}input") if field.get("type") == "password"]
    assert [field.get("value") for field in fields] == [None, None]


def test_an_empty_form_is_told_so(opened: CheckedClient) -> None:
    assert choose(opened, "").status_code == 422
    assert errors(opened) == {"password": "Enter a new password"}


def test_after_weak_ones_a_strong_one_is_taken(opened: CheckedClient) -> None:
    for password in ("", "weak", "P@ssw0rd!1!1"):
        choose(opened, password)
    assert where(choose(opened)) == "/"
    opened.get("/")
    assert opened.h1 == "Welcome, Ann Lee"
    assert "Your password is changed, and you are signed in." in opened.text


def test_spaces_and_any_script_are_kept_as_typed(opened: CheckedClient) -> None:
    password = " tr\u00e8s \u96e8 7 gouttes - \u043c\u043e\u0440\u0435 "
    assert where(choose(opened, password)) == "/"
    opened.get("/")
    opened.press("/logout")
    assert opened.submit("/login", username="ann", password=password.strip()).status_code == 422
    assert where(opened.submit("/login", username="ann", password=password)) == "/verification"


def test_the_old_password_does_not_work_any_more_and_the_new_one_asks_for_a_code(
    client: CheckedClient, account: Account
) -> None:
    sign_in(client, account)
    client.press("/logout")
    reset(client, account)
    client.press("/logout")
    assert client.submit("/login", username="ann", password=PASSWORD).status_code == 422
    assert where(client.submit("/login", username="ann", password=NEW_PASSWORD)) == "/verification"


def test_sessions_trust_and_codes_of_the_account_are_gone(client: CheckedClient, account: Account) -> None:
    elsewhere, half_way = CheckedClient(client.app), CheckedClient(client.app)
    sign_in(elsewhere, account)
    give_password(half_way)
    code = code_of(half_way, account)
    assert trusted_browsers.of_account(account.id)
    reset(client, account)
    assert where(elsewhere.get("/")).startswith("/login")
    assert where(half_way.get("/verification")).startswith("/login")
    assert half_way.post("/verification", data={"csrf_token": half_way.token, "code": code}).status_code == 303
    assert trusted_browsers.of_account(account.id) == []
    assert codes.current(owner(half_way, account)) is None


def test_a_lock_is_lifted_and_the_counts_begin_anew(client: CheckedClient, account: Account) -> None:
    for _ in range(5):
        client.submit("/login", username="ann", password="wrong")
    assert client.submit("/login", username="ann", password=PASSWORD).status_code == 422
    reset(client, account)
    client.press("/logout")
    assert client.submit("/login", username="ann", password="wrong").status_code == 422
    assert where(client.submit("/login", username="ann", password=NEW_PASSWORD)) == "/verification"
    found = accounts.by_id(account.id)
    assert found is not None
    assert found.locked_at is None


def test_notices_go_out_and_an_event_is_written(opened: CheckedClient, account: Account) -> None:
    choose(opened)
    notices = [delivery for delivery in deliveries() if delivery.message == Message.PASSWORD_RESET]
    assert {(notice.channel, notice.destination) for notice in notices} == {
        ("email", "ann@example.org"),
        ("sms", "+12025550142"),
    }
    [event] = rows.events(EventKind.PASSWORD_RESET)
    assert (event.account_id, event.address, event.browser) == (account.id, "192.0.2.7", "Chrome on Windows")
    [signed_in] = rows.events(EventKind.SIGNED_IN)
    assert signed_in.details == {"proof": "reset_link"}


def test_without_a_mobile_the_notice_goes_by_email_alone(opened: CheckedClient) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET mobile = NULL"))
    choose(opened)
    assert messages_sent() == [Message.PASSWORD_RESET]


def test_the_links_account_wins_over_somebody_half_signed_in(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    give_password(client, "rosa")
    code = code_of(client, administrator)
    open_link(client, f"/reset/{links.issue(account.id, Kind.RESET, 1).token}")
    assert where(choose(client)) == "/"
    client.get("/")
    assert client.h1 == "Welcome, Ann Lee"
    assert where(client.press("/verification", code=code)) == "/"
    client.get("/")
    assert client.h1 == "Welcome, Ann Lee"


def test_the_links_account_wins_over_somebody_signed_in(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    sign_in(client, administrator)
    client.submit("/administration/enter", password=PASSWORD)
    before = client.get_cookie("__Host-session", domain="crm.example.org")
    open_link(client, f"/reset/{links.issue(account.id, Kind.RESET, 1).token}")
    assert where(choose(client)) == "/"
    client.get("/")
    assert client.h1 == "Welcome, Ann Lee"
    assert "dministrator mode" not in client.text
    assert client.get("/administration/enter").status_code == 404
    assert before is not None
    client.set_cookie("__Host-session", before.value, domain="crm.example.org", secure=True)
    assert where(client.get("/")).startswith("/login")


def test_the_session_gets_a_new_id(opened: CheckedClient) -> None:
    before = opened.get_cookie("__Host-session", domain="crm.example.org")
    choose(opened)
    after = opened.get_cookie("__Host-session", domain="crm.example.org")
    assert before is not None
    assert after is not None
    assert before.value != after.value
