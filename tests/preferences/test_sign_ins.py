"""Sign-ins: the sessions open now, and the last twenty with what became of them."""

from __future__ import annotations

import time_machine
from sqlalchemy import select

from neoserra import extensions
from neoserra.identity import sessions
from neoserra.models import Account, Event, EventKind
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import give_password, sign_in, wrong_code
from tests.preferences.steps import ask_mobile, event_kinds, mobile_owner, wrong
from tests.preferences.test_browsers import second_browser, table

OPEN, LATEST = "Signed in now", "The last 20 sign-ins"


def sign_in_events(account: Account) -> list[int]:
    """The ids of the sign-ins, newest first."""
    query = select(Event.id).filter_by(account_id=account.id, kind=EventKind.SIGNED_IN).order_by(Event.id.desc())
    with extensions.database.transaction() as db:
        return list(db.scalars(query))


def open_rows(client: CheckedClient) -> list[list[str]]:
    client.get("/preferences")
    return table(client, OPEN)


def test_open_sessions_are_listed_and_this_one_is_marked(ann: CheckedClient, account: Account) -> None:
    second_browser(ann, account)
    ann.get("/preferences")
    mine, other = table(ann, OPEN)
    assert mine[0] == "Chrome on Windows This browser"
    assert mine[4] == ""
    assert other[:2] == ["Chrome on Windows", "198.51.100.9"]
    assert other[4].startswith("Log off Chrome on Windows, signed in since ")


def test_last_seen_is_when_a_page_was_last_opened(ann: CheckedClient, account: Account) -> None:
    other = second_browser(ann, account)
    cookie = other.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None
    with time_machine.travel("2026-11-24T12:30:00Z", tick=False):
        extensions.redis.expire(
            extensions.key("session", sessions.name(cookie.value)), sessions.IDLE_SECONDS - 19 * 60 - 30
        )
        assert "24 November 2026, 12:10 UTC" in [one for row in open_rows(ann) for one in row]


def test_another_browser_is_logged_off(ann: CheckedClient, account: Account) -> None:
    other = second_browser(ann, account)
    its, _mine = sign_in_events(account)
    ann.get("/preferences")
    assert where(ann.press(f"/preferences/sessions/{its}/end")) == "/preferences"
    ann.get("/preferences")
    assert "The browser is logged off." in ann.text
    assert len(table(ann, OPEN)) == 1
    assert where(other.get("/")) == "/login?next=/"
    assert event_kinds(account)[-1] == EventKind.SESSION_ENDED


def test_logging_off_twice_is_harmless(ann: CheckedClient, account: Account) -> None:
    second_browser(ann, account)
    its = sign_in_events(account)[0]
    ann.get("/preferences")
    for _ in range(2):
        assert where(ann.press(f"/preferences/sessions/{its}/end")) == "/preferences"
    assert event_kinds(account).count(EventKind.SESSION_ENDED) == 1


def test_ending_ones_own_session_is_logging_out(ann: CheckedClient, account: Account) -> None:
    [mine] = sign_in_events(account)
    ann.get("/preferences")
    assert where(ann.press(f"/preferences/sessions/{mine}/end")) == "/login"
    assert where(ann.get("/preferences")) == "/login?next=/preferences"


def test_those_of_other_accounts_are_not_there(ann: CheckedClient, account: Account, ben: Account) -> None:
    his = CheckedClient(ann.app)
    sign_in(his, ben)
    [event] = sign_in_events(ben)
    for unknown in (event, 987654, 2**63, 2**64):
        ann.get("/preferences")
        assert ann.press(f"/preferences/sessions/{unknown}/end").status_code == 404
    assert his.get("/").status_code == 200


def test_a_session_that_ran_out_is_not_listed(ann: CheckedClient, account: Account) -> None:
    other = second_browser(ann, account)
    other.get("/")
    other.press("/logout")
    ann.get("/preferences")
    assert len(table(ann, OPEN)) == 1


def test_no_page_tells_what_redis_knows_a_session_by(ann: CheckedClient, account: Account) -> None:
    page = ann.get("/preferences").text
    cookie = ann.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None
    assert cookie.value not in page
    assert sessions.name(cookie.value) not in page


def test_the_last_ones_tell_how_they_were_proved_and_which_were_refused(ann: CheckedClient, account: Account) -> None:
    ann.press("/logout")
    ann.submit("/login", username="ann", password="wrong")
    ann.submit("/login", username="ann", password=PASSWORD)
    other = CheckedClient(ann.app, address="198.51.100.9")
    give_password(other)
    other.press("/verification", code=wrong_code(other, account))
    ann.get("/preferences")
    rows = table(ann, LATEST)
    assert [row[2:] for row in rows] == [
        ["198.51.100.9", "Refused", "Code"],
        ["192.0.2.7", "Signed in", "Password, trusted browser"],
        ["192.0.2.7", "Refused", "Password"],
        ["192.0.2.7", "Signed in", "Password and code"],
    ]
    assert all(row[1] == "Chrome on Windows" for row in rows)


def test_wrong_passwords_and_codes_within_preferences_are_no_sign_ins(ann: CheckedClient, account: Account) -> None:
    ann.submit("/preferences/mobile", mobile="202-555-0143", current_password="wrong")
    ask_mobile(ann)
    ann.press("/preferences/mobile/confirm", code=wrong(mobile_owner(ann, account)))
    assert EventKind.CODE_REFUSED in event_kinds(account)
    ann.get("/preferences")
    assert [row[3] for row in table(ann, LATEST)] == ["Signed in"]


def test_twenty_are_shown_and_none_of_somebody_else(ann: CheckedClient, account: Account, ben: Account) -> None:
    ann.press("/logout")
    stranger = CheckedClient(ann.app, address="203.0.113.5")
    stranger.submit("/login", username="ben", password="wrong")
    for _ in range(21):
        ann.submit("/login", username="ann", password=PASSWORD)
        ann.get("/")
        ann.press("/logout")
    ann.submit("/login", username="ann", password=PASSWORD)
    ann.get("/preferences")
    assert len(table(ann, LATEST)) == 20
    assert "203.0.113.5" not in ann.text
