"""What the dispatcher does once a minute: old events and ended trust go, and what was dismissed shrinks with it."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import func, insert, select, update

from neoserra import clock, extensions
from neoserra.identity import security_findings, trusted_browsers
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Event, EventKind, Finding, TrustedBrowser
from workers.housekeeping import EVERY, Housekeeping


def number_of(table: type[Event | TrustedBrowser]) -> int:
    with extensions.database.connection() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_is_over_goes_and_what_is_not_stays(account: Account, visitor: Visitor) -> None:
    old = {"kind": EventKind.SIGNED_IN, "details": {}, "at": clock.now() - timedelta(days=367)}
    with extensions.database.transaction() as db:
        db.execute(insert(Event), [old])
        trusted_browsers.trust(db, account.id, visitor)
        db.execute(update(TrustedBrowser).values(trusted_at=clock.now() - timedelta(days=91)))
    events = number_of(Event)
    security_findings.dismiss(Finding.NEVER_USED, 1, "She starts in May", Actor(account.id, visitor))
    with extensions.database.transaction() as db:
        db.execute(update(Account).values(last_sign_in_at=clock.now()))
    Housekeeping().if_due()
    assert number_of(Event) == events  # the dismissal has come, the old one has gone
    assert number_of(TrustedBrowser) == 0
    assert security_findings.dismissals()[Finding.NEVER_USED].count == 0


def test_it_is_done_once_a_minute(account: Account, visitor: Visitor) -> None:
    housekeeping = Housekeeping()
    with time_machine.travel(clock.now(), tick=False) as time:
        housekeeping.if_due()
        with extensions.database.transaction() as db:
            trusted_browsers.trust(db, account.id, visitor)
            db.execute(update(TrustedBrowser).values(trusted_at=clock.now() - timedelta(days=91)))
        time.shift(EVERY - timedelta(seconds=1))
        housekeeping.if_due()
        assert number_of(TrustedBrowser) == 1
        time.shift(timedelta(seconds=1))
        housekeeping.if_due()
        assert number_of(TrustedBrowser) == 0
