"""A number changes from one phone to another, from Preferences to the next sign-in."""

from datetime import timedelta

import time_machine

from neoserra import clock
from neoserra.models import Account, EventKind, Message
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import deliveries, sign_in
from tests.preferences.phones import code_at, messages_to
from tests.preferences.steps import NEW_MOBILE, ask_mobile, event_kinds, reloaded

OLD_MOBILE = "+12025550142"


def test_from_the_old_phone_to_the_new_one(ann: CheckedClient, account: Account) -> None:
    office = CheckedClient(ann.app)
    sign_in(office, account)

    ask_mobile(ann, "(202) 555-0143")
    assert "by text message to (202) 555-0143" in ann.text
    assert "to confirm this mobile number" in messages_to(NEW_MOBILE)[0]
    assert reloaded(account).mobile == OLD_MOBILE
    ann.get("/preferences")
    assert "(202) 555-0142" in ann.text
    assert "(202) 555-0143 is not confirmed yet" in ann.text

    assert where(ann.press("/preferences/mobile/confirm", code=code_at(NEW_MOBILE))) == "/preferences"
    ann.get("/preferences")
    assert "Your mobile number is now (202) 555-0143." in ann.text
    assert "(202) 555-0142" not in ann.text

    assert messages_to(OLD_MOBILE)[0].startswith("Neoserra: the mobile number on your account was changed.")
    told = messages_to("ann@example.org")[0]
    assert told.startswith("Your Neoserra mobile number was changed")
    assert "in Chrome on Windows at 192.0.2.7" in told
    assert messages_to(NEW_MOBILE) == [""], "the code that was used is in no message any more"
    changed = reloaded(account)
    assert (changed.mobile, changed.new_mobile) == (NEW_MOBILE, None)
    assert changed.mobile_confirmed_at is not None
    assert event_kinds(account)[-1] == EventKind.MOBILE_CHANGED

    assert where(office.get("/")) == "/login?next=/", "every other session has ended"
    assert "No browser is trusted now" in ann.text
    ann.press("/logout")
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        assert where(ann.submit("/login", username="ann", password=PASSWORD)) == "/verification"
        newest = deliveries()[0]
        assert (newest.message, newest.destination) == (Message.SIGN_IN_CODE, NEW_MOBILE)
        ann.get("/verification")
        assert where(ann.press("/verification", code=code_at(NEW_MOBILE))) == "/"


def test_with_a_number_that_waits_the_old_phone_still_gets_the_codes(ann: CheckedClient, account: Account) -> None:
    ask_mobile(ann)
    other = CheckedClient(ann.app)
    sign_in(other, account)
    assert [delivery.destination for delivery in deliveries() if delivery.message == Message.SIGN_IN_CODE] == [
        OLD_MOBILE,
        OLD_MOBILE,
    ]
    assert reloaded(account).new_mobile == NEW_MOBILE
