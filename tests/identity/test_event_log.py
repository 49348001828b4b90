"""The audit log: whole, in order, found by anything it is filtered by, and never changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import event_log
from neoserra.identity.event_log import PER_PAGE, Search
from neoserra.models import Account, Event, EventKind

START = clock.now() - timedelta(days=3)


def write(*minutes: int, kind: EventKind = EventKind.SIGNED_IN, whom: int | None = None, by: int | None = None) -> None:
    """An event at each of these minutes after the start, in this order."""
    rows: list[dict[str, Any]] = [
        {"at": START + timedelta(minutes=minute), "kind": kind, "account_id": whom, "actor_id": by, "details": {}}
        for minute in minutes
    ]
    with extensions.database.transaction() as db:
        db.execute(insert(Event), rows)


def minutes(lines: list[event_log.Line]) -> list[int]:
    return [round((line.at - START).total_seconds() / 60) for line in lines]


def test_the_pages_hold_every_event_once_newest_first_and_lead_back(connected: Settings) -> None:
    """Written out of order, and several at the same moment: neither loses one at the edge of a page."""
    write(*range(0, 120, 2), *range(1, 120, 2), *[60] * 30)
    pages = [event_log.page(Search())]
    while pages[-1].older:
        pages.append(event_log.page(Search(), after=pages[-1].older))
    assert [len(page.lines) for page in pages] == [PER_PAGE, PER_PAGE, PER_PAGE]
    assert minutes([line for page in pages for line in page.lines]) == sorted([*range(120), *[60] * 30], reverse=True)
    assert len({line.id for page in pages for line in page.lines}) == 150
    back = event_log.page(Search(), before=pages[2].newer)
    assert back == pages[1]
    assert event_log.page(Search(), before=back.newer).lines == pages[0].lines
    assert event_log.page(Search(), before=back.newer).newer is None


def test_a_page_beside_an_event_that_is_not_there_is_empty(connected: Settings) -> None:
    write(1)
    assert event_log.page(Search(), after=10**15).lines == []
    assert event_log.page(Search(), before=10**15).lines == []


def test_a_person_is_found_as_the_one_who_did_it_and_the_one_it_was_done_to(
    account: Account, administrator: Account
) -> None:
    write(1, 4, whom=account.id)
    write(2, whom=account.id, by=administrator.id, kind=EventKind.ACCOUNT_UNLOCKED)
    write(3, by=administrator.id, kind=EventKind.CONFIGURATION_CHANGED)
    write(5, whom=administrator.id, by=administrator.id)
    write(6)
    assert minutes(found(person=account.id)) == [4, 2, 1]
    assert minutes(found(person=administrator.id)) == [5, 3, 2]
    assert minutes(found(person=administrator.id, kind=EventKind.CONFIGURATION_CHANGED)) == [3]
    unlocked = found(person=account.id, kind=EventKind.ACCOUNT_UNLOCKED)[0]
    assert unlocked.who
    assert unlocked.whom
    assert (unlocked.who.username, unlocked.whom.username) == ("rosa", "ann")


def test_kinds_and_times_narrow_the_list(account: Account) -> None:
    write(1, 2, 3)
    write(2, 5, kind=EventKind.CODE_SENT, whom=account.id)
    at = [START + timedelta(minutes=minute) for minute in range(6)]
    assert minutes(found(kind=EventKind.CODE_SENT)) == [5, 2]
    assert minutes(found(since=at[2], until=at[5])) == [3, 2, 2]
    assert minutes(found(kind=EventKind.CODE_SENT, until=at[5])) == [2]
    assert minutes(found(person=account.id, since=at[3])) == [5]


def test_all_lines_come_in_the_order_of_the_pages(connected: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "EXPORTED_AT_A_TIME", 7)
    write(*range(30))
    assert list(event_log.every(Search())) == event_log.page(Search()).lines


@pytest.mark.parametrize("change", ["UPDATE events SET address = '192.0.2.1'", "DELETE FROM events"])
def test_the_database_refuses_to_change_or_to_delete_an_event(connected: Settings, change: str) -> None:
    write(1)
    with pytest.raises(DBAPIError, match="events are"), extensions.database.transaction() as db:
        db.execute(text(change))
    assert len(found()) == 1


def test_postgresql_refuses_to_empty_the_table(connected: Settings) -> None:
    write(1)
    if extensions.database.url.get_backend_name() == "postgresql":
        with pytest.raises(DBAPIError, match="events are"), extensions.database.transaction() as db:
            db.execute(text("TRUNCATE events"))
    assert len(found()) == 1


def test_what_is_more_than_a_year_old_is_deleted_and_nothing_younger(connected: Settings) -> None:
    now, day = 3 * 24 * 60, 24 * 60
    write(now - 366 * day - 1, now - 365 * day, 3)
    event_log.delete_old()
    event_log.delete_old()
    assert minutes(found()) == [3, now - 365 * day]


def found(**wanted: object) -> list[event_log.Line]:
    """Without the events of the accounts being made, which come later."""
    return event_log.page(Search(**{"until": START + timedelta(days=1)} | wanted)).lines  # type: ignore[arg-type]
