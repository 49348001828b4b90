"""The Events page: who did what, on whom, from where and with what result; filtered, paged and saved as a file."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert

from neoserra import clock, event_words, extensions, translation
from neoserra.models import Account, Event, EventKind
from tests.client import PAGE, CheckedClient, where, words
from tests.conftest import PASSWORD
from tests.journey import code_of, give_password, sign_in, wrong_code

PATH = "/administration/events"


def rows(client: CheckedClient) -> list[list[str]]:
    """The words in each cell of the list."""
    bodies = list(client.page.iter(f"{PAGE}tbody"))
    return [[words(cell) for cell in row] for row in bodies[0]] if bodies else []


def kinds(client: CheckedClient) -> list[str]:
    """The key of each event in the list."""
    return [words(next(row.iter(f"{PAGE}code"))) for body in client.page.iter(f"{PAGE}tbody") for row in body]


def write(count: int, **values: object) -> None:
    row = {"kind": EventKind.CODE_SENT, "request_id": "0123456789abcdef", "details": {}} | values
    with extensions.database.transaction() as db:
        db.execute(insert(Event), [row] * count)


def test_every_kind_has_words_and_they_differ() -> None:
    assert list(event_words.kinds()) == list(EventKind)
    assert len(set(event_words.kinds().values())) == len(EventKind)


def test_the_whole_sign_in_can_be_read_off(
    rosa: CheckedClient, app: Flask, account: Account, administrator: Account
) -> None:
    ann = CheckedClient(app, address="198.51.100.23")
    ann.submit("/login", username="ann", password="wrong")
    give_password(ann)
    ann.press("/verification", code=wrong_code(ann, account))
    ann.press("/verification", code=code_of(ann, account))
    ann.get("/")
    ann.press("/logout")
    rosa.get(f"{PATH}?person=ann")
    told = ["account_created", "sign_in_refused", "password_accepted", "code_sent", "code_refused"]
    assert kinds(rosa) == [*told, "signed_in", "logged_out"][::-1]
    time, what, who, whom, place, result = rows(rosa)[2]
    assert time.endswith("UTC")
    assert what.startswith("Code refused code_refused")
    assert (who, whom, result) == ("ann", "", "Refused")
    assert place == "198.51.100.23Chrome on Windows"
    assert rows(rosa)[-1][2:4] == ["Neoserra or its operator", "ann"]


def test_an_administrators_act_tells_who_and_on_whom(
    rosa: CheckedClient, account: Account, administrator: Account
) -> None:
    write(1, kind=EventKind.ACCOUNT_UNLOCKED, account_id=account.id, actor_id=administrator.id)
    rosa.get(f"{PATH}?kind=account_unlocked")
    assert [row[2:4] for row in rows(rosa)] == [["rosa", "ann"]]


def test_filters_stay_filled_in_and_can_be_cleared(rosa: CheckedClient) -> None:
    rosa.get(f"{PATH}?person=ROSA&kind=signed_in&since=2026-01-01&until=2999-12-31")
    assert kinds(rosa) == ["signed_in"]
    fields = {field.get("name"): field.get("value") for field in rosa.page.iter(f"{PAGE}input")}
    assert (fields["person"], fields["since"], fields["until"]) == ("ROSA", "2026-01-01", "2999-12-31")
    chosen = [option.get("value") for option in rosa.page.iter(f"{PAGE}option") if option.get("selected") is not None]
    assert chosen == ["signed_in"]
    assert "Clear filters" in rosa.text


def test_nothing_found_says_so(rosa: CheckedClient) -> None:
    rosa.get(f"{PATH}?kind=accounts_imported")
    assert "Nothing like that happened." in rosa.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("person=nobody", "Nobody has that username or email address"),
        ("kind=made_up", "Choose one of the kinds in the list"),
        ("since=31.03.2026", "Enter a day like 2026-03-31"),
        ("until=0001-01-01", "Enter a day like 2026-03-31"),
        ("until=9999-12-31", "Enter a day like 2026-03-31"),
        ("since=2026-03-02&until=2026-03-01", "The last day must not be before the first one"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_in_words(rosa: CheckedClient, query: str, said: str) -> None:
    assert rosa.get(f"{PATH}?{query}").status_code == 422
    assert said in rosa.text
    assert rosa.get(f"{PATH}.csv?{query}").status_code == 422


def test_days_are_those_of_the_readers_zone_and_both_belong_to_the_time_asked_for(
    rosa: CheckedClient, administrator: Account
) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    day = (clock.now().astimezone(zone) - timedelta(days=3)).date()
    midnight = datetime.combine(day, datetime.min.time(), zone)
    for moment in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=23, minutes=59)):
        write(1, kind=EventKind.CODE_SENT, at=moment, address=f"192.0.2.{moment.hour}")
    write(1, kind=EventKind.CODE_SENT, at=midnight + timedelta(days=1), address="192.0.2.99")
    with extensions.database.transaction() as db:
        db.get_one(Account, administrator.id).time_zone = zone.key
    rosa.get(f"{PATH}?kind=code_sent&since={day}&until={day}")
    assert [row[4] for row in rows(rosa)] == ["192.0.2.23", "192.0.2.0"]


def test_pages_lead_to_older_and_back_to_newer_events_within_the_filter(rosa: CheckedClient) -> None:
    write(60)
    rosa.get(f"{PATH}?kind=code_sent")
    assert len(rows(rosa)) == 50
    follow(rosa, "Older events")
    assert set(kinds(rosa)) == {"code_sent"}
    assert len(rows(rosa)) == 11  # Rosa's own code is one
    follow(rosa, "Newer events")
    assert len(rows(rosa)) == 50
    assert "Newer events" not in rosa.text


def test_an_address_that_names_no_event_shows_the_newest(rosa: CheckedClient) -> None:
    for query in ("after=x", f"after={'9' * 40}", "before=-1"):
        assert rosa.get(f"{PATH}?{query}").status_code == 200
        assert kinds(rosa)


def test_the_file_has_the_same_lines_and_no_formula(rosa: CheckedClient, account: Account) -> None:
    write(60, account_id=account.id, browser="=HYPERLINK(1)")
    answer = rosa.get(f"{PATH}.csv?person=ann&kind=code_sent")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="events.csv"'
    header, *lines = list(csv.reader(answer.text.splitlines()))
    assert header[:4] == ["Time (UTC)", "Event", "What happened", "Result"]
    assert len(lines) == 60
    assert lines[0][1:6] == ["code_sent", "Code sent", "Done", "ann", ""]
    assert lines[0][7] == "'=HYPERLINK(1)"


def test_no_code_password_or_whole_number_is_on_it(
    rosa: CheckedClient, app: Flask, account: Account, administrator: Account
) -> None:
    ann = CheckedClient(app)
    give_password(ann)
    code = code_of(ann, account)
    ann.press("/verification", code=code)
    told = rosa.get(f"{PATH}.csv").text + rosa.get(PATH).text
    assert "signed_in" in told
    assert account.mobile
    for secret in (code, PASSWORD, account.mobile, account.mobile[2:]):
        assert secret not in told


def test_there_is_no_way_to_change_an_event(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PATH):
            assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS"}


def test_details_come_in_words() -> None:
    with translation.speaking("en"):
        told = event_words.details({"setting": "trusted_browser_days", "old": 90, "new": 30})
        assert told == "setting: Days that a browser is trusted; was: 90; is now: 30"
        assert event_words.details({"old": True, "new": 1}) == "was: yes; is now: 1"
        assert event_words.details({"proof": "trusted_browser"}) == "proved by: a trusted browser"
        assert event_words.details({"unheard of": [1]}) == "unheard of: [1]"


def test_only_administrators_in_administrator_mode_see_it(
    client: CheckedClient, account: Account, administrator: Account, app: Flask
) -> None:
    sign_in(client, account)
    other = CheckedClient(app)
    sign_in(other, administrator)
    for path in (PATH, f"{PATH}.csv"):
        assert client.get(path).status_code == 404
        assert where(other.get(path)).startswith("/administration/enter")


def follow(client: CheckedClient, text: str) -> None:
    link = next(link for link in client.page.iter(f"{PAGE}a") if words(link) == text)
    client.get(link.get("href"))


def test_an_address_with_a_control_character_or_a_field_twice_is_refused(rosa: CheckedClient) -> None:
    for query in ("person=%00", "person=a%1bb", "person=ann&person=rosa"):
        assert rosa.get(f"{PATH}?{query}").status_code == 400


def test_ids_of_rows_are_not_shown() -> None:
    assert event_words.details({"sign_in": 41, "forgotten": "Chrome on Windows"}) == "browser: Chrome on Windows"
    assert event_words.details({"trust": 7}) == ""
