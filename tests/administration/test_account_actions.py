"""What administrators do to an account with a button."""

from __future__ import annotations

import pytest
from flask import Flask

from neoserra import clock
from neoserra.identity import lockout, sessions, trusted_browsers
from neoserra.models import Account, Delivery, EventKind, Message
from tests.administration.accounts_pages import change, kept, path
from tests.client import PAGE, CheckedClient, where, words
from tests.conftest import PASSWORD
from tests.delivery import rows
from tests.journey import deliveries, enter_administrator_mode, give_password, sign_in


@pytest.fixture
def rosa(client: CheckedClient, administrator: Account, account: Account) -> CheckedClient:
    """Rosa's browser with Ann's record open."""
    enter_administrator_mode(client, administrator)
    client.get(path(account))
    return client


@pytest.fixture
def anns_browser(app: Flask, account: Account) -> CheckedClient:
    browser = CheckedClient(app, "198.51.100.9")
    sign_in(browser, account)
    return browser


def press_twice(client: CheckedClient, account: Account, action: str, **typed: str) -> None:
    for _ in range(2):
        answer = client.press(path(account, action), **typed)
        assert (answer.status_code, where(answer)) == (303, path(account))
    client.get(path(account))


def buttons(client: CheckedClient) -> set[str]:
    """What can be done on the open page, as it is called there."""
    links = {words(link) for link in client.page.iter(f"{PAGE}a") if "btn" in (link.get("class") or "")}
    return links | {words(button) for button in client.page.iter(f"{PAGE}button")}


def sent(message: Message) -> list[Delivery]:
    return [one for one in deliveries() if one.message == message]


def test_actions_are_named_in_full_and_only_what_can_be_done_is_there(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account
) -> None:
    rosa.get(path(account))
    there = {
        "Send Ann Lee a password link",
        "Send Ann Lee a test text message",
        "Send Ann Lee a test email",
        "Log off Ann Lee",
        "Forget the trusted browsers of Ann Lee",
        "Inactivate Ann Lee",
    }
    assert there <= buttons(rosa)
    assert not {"Unlock Ann Lee", "Activate Ann Lee"} & buttons(rosa)
    change(account, active=False, locked_at=clock.now())
    rosa.get(path(account))
    assert {"Unlock Ann Lee", "Activate Ann Lee"} <= buttons(rosa)
    assert not there & buttons(rosa)


def test_a_locked_account_is_unlocked_and_its_counts_start_anew(
    rosa: CheckedClient, app: Flask, account: Account
) -> None:
    guesser = CheckedClient(app, "198.51.100.66")
    for _ in range(5):
        guesser.submit("/login", username="ann", password="wrong")
    assert kept(account).locked_at
    press_twice(rosa, account, "unlock")
    assert "Ann Lee is not locked any more." in rosa.text
    assert kept(account).locked_at is None
    assert lockout.count_password(account.id, None) == 1
    assert len(rows.events(EventKind.ACCOUNT_UNLOCKED)) == 1
    give_password(CheckedClient(app), "ann")


def test_inactivating_asks_on_a_page_of_its_own_and_ends_everything(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account, administrator: Account
) -> None:
    rosa.get(path(account, "inactivate"))
    assert rosa.h1 == "Inactivate Ann Lee?"
    assert kept(account).active
    press_twice(rosa, account, "inactivate")
    assert "Ann Lee is inactive." in rosa.text
    assert not kept(account).active
    assert where(anns_browser.get("/")) == "/login?next=/"
    assert trusted_browsers.of_account(account.id) == []
    assert anns_browser.submit("/login", username="ann", password=PASSWORD).status_code == 422
    [event] = rows.events(EventKind.ACCOUNT_INACTIVATED)
    assert (event.account_id, event.actor_id) == (account.id, administrator.id)
    assert len(sent(Message.ACCOUNT_INACTIVATED)) == 1


def test_an_inactive_account_is_activated_again(rosa: CheckedClient, app: Flask, account: Account) -> None:
    change(account, active=False)
    press_twice(rosa, account, "activate")
    assert "Ann Lee is active." in rosa.text
    assert len(rows.events(EventKind.ACCOUNT_ACTIVATED)) == 1
    assert len(sent(Message.ACCOUNT_ACTIVATED)) == 1
    give_password(CheckedClient(app), "ann")


def test_nobody_makes_their_own_account_inactive_and_the_page_says_so_before(
    rosa: CheckedClient, administrator: Account
) -> None:
    rosa.get(path(administrator))
    assert "Inactivate Rosa Oot" not in rosa.text
    assert "only another administrator can make it inactive" in rosa.text
    assert rosa.press(path(administrator, "inactivate")).status_code == 422
    assert "You cannot make your own account inactive: another administrator can" in rosa.text
    assert kept(administrator).active


def test_logging_off_asks_first_and_ends_every_session_but_no_trust(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account
) -> None:
    rosa.get(path(account, "log-off"))
    assert rosa.h1 == "Log off Ann Lee?"
    assert sessions.open_sessions([account.id])
    press_twice(rosa, account, "log-off")
    assert "Ann Lee is logged off everywhere." in rosa.text
    assert where(anns_browser.get("/")) == "/login?next=/"
    assert len(trusted_browsers.of_account(account.id)) == 1
    assert rows.events(EventKind.LOGGED_OFF)


def test_forgetting_browsers_asks_first_and_a_code_is_needed_again(
    rosa: CheckedClient, anns_browser: CheckedClient, account: Account, administrator: Account
) -> None:
    rosa.get(path(account, "forget-browsers"))
    assert rosa.h1 == "Forget the trusted browsers of Ann Lee?"
    press_twice(rosa, account, "forget-browsers")
    assert "No browser of Ann Lee is trusted any more." in rosa.text
    [event] = rows.events(EventKind.BROWSERS_FORGOTTEN)
    assert event.actor_id == administrator.id
    anns_browser.press("/logout")
    give_password(anns_browser, "ann")


@pytest.mark.parametrize(
    ("channel", "destination"), [("", "+12025550142"), ("sms", "+12025550142"), ("email", "ann@example.org")]
)
def test_a_test_message_goes_once_and_its_way_can_be_followed(
    rosa: CheckedClient, account: Account, administrator: Account, channel: str, destination: str
) -> None:
    press_twice(rosa, account, "test-message", channel=channel)
    assert "A test message goes to Ann Lee. Below you see what becomes of it." in rosa.text
    assert "A test message was sent to Ann Lee a moment ago." in rosa.text
    [message] = sent(Message.TEST_MESSAGE)
    assert message.destination == destination
    assert f"Waiting to be sent{message.reference}" in rosa.text
    [event] = rows.events(EventKind.TEST_MESSAGE_SENT)
    assert (event.account_id, event.actor_id) == (account.id, administrator.id)


def test_without_a_mobile_number_the_test_message_goes_by_email(rosa: CheckedClient, account: Account) -> None:
    change(account, mobile=None)
    press_twice(rosa, account, "test-message")
    assert "Send Ann Lee a test text message" not in rosa.text
    assert sent(Message.TEST_MESSAGE)[0].destination == "ann@example.org"


@pytest.mark.parametrize(("password", "message"), [(True, Message.RESET_LINK), (False, Message.INVITATION)])
def test_a_password_link_is_sent_once_and_nobody_sees_it(
    rosa: CheckedClient, account: Account, administrator: Account, password: bool, message: Message
) -> None:
    if not password:
        change(account, password_hash=None)
    press_twice(rosa, account, "send-reset")
    assert "A password link goes to Ann Lee by email." in rosa.text
    [link] = sent(message)
    assert (link.destination, link.address, link.browser) == ("ann@example.org", "", "")
    [event] = rows.events(EventKind.RESET_LINK_SENT)
    assert (event.account_id, event.actor_id) == (account.id, administrator.id)
    assert "/reset/" not in rosa.text


def test_who_is_inactive_gets_no_link_and_the_page_says_why(rosa: CheckedClient, account: Account) -> None:
    change(account, active=False)
    press_twice(rosa, account, "send-reset")
    assert sent(Message.RESET_LINK) == []
    assert "Ann Lee is inactive: activate the account first." in rosa.text


@pytest.mark.parametrize("action", ["unlock", "activate", "send-reset", "test-message"])
def test_a_link_does_nothing(rosa: CheckedClient, account: Account, action: str) -> None:
    assert rosa.get(path(account, action)).status_code == 405


@pytest.mark.parametrize(
    "action", ["unlock", "activate", "inactivate", "log-off", "forget-browsers", "send-reset", "test-message"]
)
def test_a_form_from_another_place_does_nothing(rosa: CheckedClient, account: Account, action: str) -> None:
    assert rosa.post(path(account, action), data={"csrf_token": "made up"}).status_code == 400
    assert (kept(account).active, kept(account).version) == (True, 1)
