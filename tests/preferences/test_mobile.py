"""Asking for a mobile number, confirming it, taking it back, removing it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import accounts, codes, credentials
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, EventKind, Message
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import code_of, cookie_of, deliveries, give_password, owner, with_session
from tests.preferences.phones import code_at, messages_to, texted_numbers
from tests.preferences.steps import (
    NEW_MOBILE,
    ask_email,
    ask_mobile,
    email_owner,
    event_kinds,
    mobile_owner,
    reloaded,
    wrong,
)


def field(client: CheckedClient, name: str) -> dict[str, str]:
    return next(dict(found.attrib) for found in client.page.iter(f"{PAGE}input") if found.get("name") == name)


def test_the_form_helps_phones_and_password_managers(ann: CheckedClient) -> None:
    ann.get("/preferences/mobile")
    mobile, password = field(ann, "mobile"), field(ann, "current_password")
    assert (mobile["type"], mobile["autocomplete"]) == ("tel", "tel")
    assert (password["type"], password["autocomplete"]) == ("password", "current-password")
    names = [found for found in ann.page.iter(f"{PAGE}input") if found.get("autocomplete") == "username"]
    assert [found.get("value") for found in names] == ["ann"]
    assert "Message and data rates may apply" in ann.text
    assert "like (201) 555-0123" in ann.text


def test_it_shows_the_number_the_way_its_owner_writes_it(ann: CheckedClient) -> None:
    ann.get("/preferences/mobile")
    assert field(ann, "mobile")["value"] == "(202) 555-0142"


@pytest.mark.parametrize(
    "typed", ["2025550143", "(202) 555-0143", "202.555.0143", "+1 202 555 0143", " 1-202-555-0143 "]
)
def test_every_way_to_write_a_number_is_taken(ann: CheckedClient, account: Account, typed: str) -> None:
    ask_mobile(ann, typed)
    assert reloaded(account).new_mobile == NEW_MOBILE


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("555-0143", "Enter a mobile number with its area code, like (201) 555-0123"),
        ("1-800-FLOWERS", "Enter a mobile number with its area code"),
        ("202-555-0143 ext. 5", "Enter a mobile number with its area code"),
        ("+44 7400 123456", "only to: United States"),
        ("+1 473 403 1234", "only to: United States"),
        ("800-555-0143", "That number gets no text messages, like a landline"),
    ],
)
def test_what_cannot_be_texted_is_told_in_words_of_its_own_and_stays_in_the_field(
    ann: CheckedClient, account: Account, typed: str, answer: str
) -> None:
    assert ann.submit("/preferences/mobile", mobile=typed, current_password=PASSWORD).status_code == 422
    assert ann.text.count(answer) == 2
    assert field(ann, "mobile")["value"] == typed
    assert not field(ann, "current_password").get("value")
    assert reloaded(account).new_mobile is None
    assert texted_numbers() == {"+12025550142"}


class TestElsewhere:
    """A database at home in Great Britain, where landlines can be told apart."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, phone_region="GB", sms_countries=frozenset({"GB", "US"}))

    @pytest.fixture
    def account(self, connected: Settings, password_hash: str) -> Account:
        return accounts.create(
            username="ann", email="ann@example.org", mobile="+1 202-555-0142", password_hash=password_hash
        )

    def test_a_landline_gets_its_own_words(self, ann: CheckedClient) -> None:
        ann.submit("/preferences/mobile", mobile="020 7946 0958", current_password=PASSWORD)
        assert "That number gets no text messages, like a landline" in ann.text
        assert "like 07400 123456" in ann.text

    def test_a_number_from_abroad_is_shown_with_its_country_code(self, ann: CheckedClient) -> None:
        ask_mobile(ann, "+1 202-555-0143")
        assert "+1 202-555-0143" in ann.text
        ask_mobile(ann, "07400 123457")
        assert "07400 123457" in ann.text


def test_both_empty_fields_of_somebody_without_a_number_are_named_at_once(
    client: CheckedClient, account: Account, ann: CheckedClient, visitor: Visitor
) -> None:
    ann.submit("/preferences/mobile", mobile="", current_password=PASSWORD)
    assert ann.submit("/preferences/mobile", mobile=" ", current_password="").status_code == 422
    assert ann.text.count("Enter a mobile number with its area code") == 2
    assert ann.text.count("Enter your current password") == 2


def test_a_wrong_current_password_changes_nothing_and_the_number_stays_typed(
    ann: CheckedClient, account: Account
) -> None:
    assert ann.submit("/preferences/mobile", mobile="202-555-0143", current_password="wrong").status_code == 422
    assert ann.text.count("That is not your current password") == 2
    assert field(ann, "mobile")["value"] == "202-555-0143"
    assert reloaded(account).new_mobile is None
    assert NEW_MOBILE not in texted_numbers()
    assert event_kinds(account)[-1] == EventKind.PASSWORD_REFUSED


def test_a_number_that_somebody_else_has_is_refused_without_telling_who(ann: CheckedClient, ben: Account) -> None:
    assert ann.submit("/preferences/mobile", mobile="202-555-0199", current_password=PASSWORD).status_code == 422
    assert ann.text.count("Another account has that mobile number") == 2
    assert not any(word in ann.text for word in ("ben", "Ben", "Oak"))
    assert "+12025550199" not in texted_numbers()


def test_ones_own_number_is_told_apart(ann: CheckedClient) -> None:
    assert ann.submit("/preferences/mobile", mobile="202-555-0142", current_password=PASSWORD).status_code == 422
    assert "That is your mobile number already" in ann.text


def test_nobody_learns_whose_number_is_taken_without_the_current_password(ann: CheckedClient, ben: Account) -> None:
    ann.submit("/preferences/mobile", mobile="202-555-0199", current_password="wrong")
    assert "Another account" not in ann.text


def test_who_confirms_first_has_the_number(
    ann: CheckedClient, account: Account, ben: Account, visitor: Visitor
) -> None:
    ask_mobile(ann)
    credentials.ask_mobile(ben.id, "202-555-0143", visitor)
    his = codes.Owner(ben.id, visitor.browser, codes.Purpose.MOBILE, NEW_MOBILE)
    codes.issue(his)
    credentials.confirm_mobile(his, codes.current(his) or "", visitor)
    assert where(ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"
    ann.get("/preferences")
    assert "Another account has that mobile number" in ann.text
    assert "not confirmed" not in ann.text
    assert (reloaded(account).mobile, reloaded(account).new_mobile) == ("+12025550142", None)


def test_a_second_press_sends_no_second_code_and_keeps_the_first(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    code = code_at(NEW_MOBILE)
    ask_mobile(ann)
    assert len(messages_to(NEW_MOBILE)) == 1
    assert "There is a problem" not in ann.text
    assert where(ann.press("/preferences/mobile/confirm", code=code)) == "/preferences"


def test_two_presses_at_the_same_moment_keep_the_code_that_was_sent(ann: CheckedClient, account: Account) -> None:
    ann.get("/preferences/mobile")
    token, cookies = (
        ann.token,
        [ann.get_cookie(f"__Host-{name}", domain="crm.example.org") for name in ("session", "browser")],
    )

    def press(_: int) -> int:
        browser = CheckedClient(ann.app)
        for cookie in filter(None, cookies):
            browser.set_cookie(cookie.key, cookie.value, domain="crm.example.org", secure=True)
        fields = {"csrf_token": token, "mobile": "202-555-0143", "current_password": PASSWORD}
        return browser.post("/preferences/mobile", data=fields).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(4))) == {303}
    assert event_kinds(account).count(EventKind.MOBILE_ASKED) == 1
    assert len(messages_to(NEW_MOBILE)) == 1
    ann.get("/preferences/mobile/confirm")
    assert where(ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"


def test_a_code_that_went_to_one_number_confirms_no_other(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann, "202-555-0143")
    code = code_at(NEW_MOBILE)
    ask_mobile(ann, "202-555-0144")
    assert ann.press("/preferences/mobile/confirm", code=code).status_code == 422
    assert reloaded(account).mobile == "+12025550142"
    ann.press("/preferences/mobile/confirm", code=code_at("+12025550144"))
    assert reloaded(account).mobile == "+12025550144"


def test_a_code_for_one_purpose_is_wrong_for_another(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    other = replace(mobile_owner(ann, account), purpose=codes.Purpose.SIGN_IN, to="")
    codes.issue(other)
    codes.issue(email_owner(ann, account))
    for code in (codes.current(other), codes.current(email_owner(ann, account))):
        assert ann.press("/preferences/mobile/confirm", code=code or "").status_code == 422
        assert "That is not the code we sent" in ann.text
    assert reloaded(account).mobile == "+12025550142"


def test_the_code_for_a_number_signs_nobody_in(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    code = code_at(NEW_MOBILE)
    ann.press("/preferences/browsers/forget-all")
    ann.press("/logout")
    give_password(ann)
    assert code != code_of(ann, account)
    assert ann.press("/verification", code=code).status_code == 422


def test_wrong_codes_count_down_and_the_fifth_voids_the_code(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    guess = wrong(mobile_owner(ann, account))
    for words in ("not the code we sent", "3 tries left", "2 tries left", "1 try left", "entered wrongly too often"):
        assert ann.press("/preferences/mobile/confirm", code=guess).status_code == 422
        assert words in ann.text
        assert field(ann, "code")["value"] == guess


def test_ten_wrong_codes_lock_the_account_and_end_the_session(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    for _ in range(5):
        ann.press("/preferences/mobile/confirm", code=wrong(mobile_owner(ann, account)))
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        ann.press("/preferences/mobile/resend")
        ann.get("/preferences/mobile/confirm")
        for _ in range(4):
            ann.press("/preferences/mobile/confirm", code=wrong(mobile_owner(ann, account)))
        assert where(ann.press("/preferences/mobile/confirm", code=wrong(mobile_owner(ann, account)))) == "/login"
        ann.get("/login")
        assert "Your account is locked now" in ann.text
        assert where(ann.get("/preferences")) == "/login?next=/preferences"
    assert reloaded(account).locked_at is not None
    assert Message.ACCOUNT_LOCKED in [delivery.message for delivery in deliveries()]


def test_what_cannot_be_a_code_costs_no_try(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    for _ in range(6):
        assert ann.press("/preferences/mobile/confirm", code="12345").status_code == 422
        assert "The code must be 6 digits (you entered 5)" in ann.text
    assert where(ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"


def test_an_expired_code_says_so_and_a_new_one_is_sent_when_asked_for(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    code = code_at(NEW_MOBILE)
    with time_machine.travel(clock.now() + timedelta(minutes=50)):
        ann.get("/preferences/mobile/confirm")
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert ann.press("/preferences/mobile/confirm", code=code).status_code == 422
        assert "That code has expired" in ann.text
        assert len(messages_to(NEW_MOBILE)) == 1
        ann.press("/preferences/mobile/resend")
        ann.get("/preferences/mobile/confirm")
        assert where(ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"


def test_a_resend_repeats_the_code_to_the_new_number_alone(ann: CheckedClient) -> None:
    ask_mobile(ann)
    code = code_at(NEW_MOBILE)
    answer = ann.press("/preferences/mobile/resend", channel="email")
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        ann.press("/preferences/mobile/resend", channel="email")
        ann.get("/preferences/mobile/confirm")
        assert "We sent the code by text message to ***-**43" in ann.text
    assert code_at(NEW_MOBILE) == code
    assert [(one.channel, one.destination) for one in deliveries()[:2]] == [(Channel.SMS, NEW_MOBILE)] * 2


def test_codes_for_numbers_are_bounded_like_any_code(ann: CheckedClient, account: Account) -> None:
    start = clock.now()
    for minute in range(1, 5):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            ask_mobile(ann, f"202-555-011{minute}")
    with time_machine.travel(start + timedelta(minutes=6), tick=False):
        ask_mobile(ann, "202-555-0116")
        assert "You have asked for too many codes. Wait 54 minutes" in ann.text
        assert ann.press("/preferences/mobile/resend").status_code == 429
    assert messages_to("+12025550116") == []


def test_taking_it_back_leaves_the_old_number_and_burns_the_code(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    code = code_at(NEW_MOBILE)
    assert where(ann.press("/preferences/mobile/take-back")) == "/preferences"
    ann.get("/preferences")
    assert "Taken back: nothing has changed." in ann.text
    assert "not confirmed" not in ann.text
    assert reloaded(account).new_mobile is None
    assert codes.current(mobile_owner(ann, account)) is None
    assert where(ann.press("/preferences/mobile/confirm", code=code)) == "/preferences"
    assert reloaded(account).mobile == "+12025550142"
    assert where(ann.press("/preferences/mobile/take-back")) == "/preferences"
    assert event_kinds(account).count(EventKind.TAKEN_BACK) == 1


def test_without_a_number_that_waits_there_is_nothing_to_confirm(ann: CheckedClient) -> None:
    for path in ("/preferences/mobile/confirm", "/preferences/mobile/progress"):
        assert where(ann.get(path)) == "/preferences"
    assert where(ann.press("/preferences/mobile/resend")) == "/preferences"
    assert len(deliveries()) == 2


def test_the_page_is_told_how_the_message_goes_without_prolonging_the_session(ann: CheckedClient) -> None:
    ask_mobile(ann)
    for name in extensions.redis.keys(extensions.key("session", "*")):
        extensions.redis.expire(name, 100)
    told = ann.get("/preferences/mobile/progress").json
    assert told is not None
    assert 3590 <= told["expires_in"] <= 3600
    assert 25 <= told["resend_in"] <= 30
    assert [(one["channel"], one["to"], one["state"]) for one in told["deliveries"]] == [("sms", "***-**43", "queued")]
    assert {extensions.redis.ttl(name) <= 100 for name in extensions.redis.keys(extensions.key("session", "*"))} == {
        True
    }


def test_a_late_answer_to_the_script_of_the_page_takes_no_session_away(ann: CheckedClient) -> None:
    ask_mobile(ann)
    before = cookie_of(ann, "session")
    ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))
    assert before != cookie_of(ann, "session")
    late = with_session(ann, before)
    assert "Set-Cookie" not in late.get("/preferences/mobile/progress").headers
    assert "Set-Cookie" not in late.get("/preferences/mobile/confirm", headers={"Sec-Fetch-Dest": "empty"}).headers


def test_another_browser_can_have_a_code_of_its_own_sent(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    here = code_at(NEW_MOBILE)
    other = CheckedClient(ann.app)
    give_password(other)
    other.press("/verification", code=code_of(other, account))
    other.get("/preferences/mobile/confirm")
    assert other.press("/preferences/mobile/confirm", code=here).status_code == 422
    other.press("/preferences/mobile/resend")
    other.get("/preferences/mobile/confirm")
    assert where(other.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"
    assert where(ann.get("/preferences")) == "/login?next=/preferences"


def test_an_empty_number_removes_the_one_on_file_and_tells_it(ann: CheckedClient, account: Account) -> None:
    other = CheckedClient(ann.app)
    give_password(other)
    assert ann.submit("/preferences/mobile", mobile=" ", current_password="wrong").status_code == 422
    assert where(ann.submit("/preferences/mobile", mobile=" ", current_password=PASSWORD)) == "/preferences"
    ann.get("/preferences")
    assert "Your mobile number is removed" in ann.text
    assert "None. Codes go to your email address." in ann.text
    assert "No browser is trusted now" in ann.text
    assert messages_to("+12025550142")[0].startswith("Neoserra: this mobile number was removed from your account.")
    assert messages_to("ann@example.org")[0].startswith("Your Neoserra mobile number was removed")
    assert (reloaded(account).mobile, event_kinds(account)[-1]) == (None, EventKind.MOBILE_REMOVED)
    assert codes.current(owner(other, account)) is None
    assert where(other.get("/verification")).startswith("/login")


def test_a_number_can_be_added_where_there_was_none(ann: CheckedClient, account: Account) -> None:
    ann.submit("/preferences/mobile", mobile="", current_password=PASSWORD)
    ann.get("/preferences/mobile")
    assert ann.h1 == "Add a mobile number"
    ask_mobile(ann)
    ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))
    assert reloaded(account).mobile == NEW_MOBILE
    assert Message.MOBILE_CHANGED in [delivery.message for delivery in deliveries()]


def test_asking_for_another_number_ends_the_code_of_the_one_before_and_no_other(
    ann: CheckedClient, account: Account
) -> None:
    other = CheckedClient(ann.app)
    give_password(other)
    ask_email(ann)
    ask_mobile(ann, "202-555-0188")
    before = codes.serial(mobile_owner(ann, account))
    ask_mobile(ann)
    assert codes.serial(mobile_owner(ann, account)) != before
    assert codes.current(owner(other, account))
    assert codes.current(email_owner(ann, account))


def test_getting_the_pages_changes_nothing(ann: CheckedClient, account: Account) -> None:
    before = event_kinds(account), len(deliveries())
    for path in ("/preferences/mobile", "/preferences/mobile/confirm", "/preferences/email", "/preferences/password"):
        ann.get(path)
        ann.head(path)
    assert (event_kinds(account), len(deliveries())) == before
    assert ann.get("/preferences/mobile/resend").status_code == 405
    assert ann.get("/preferences/mobile/take-back").status_code == 405
