"""What the dispatcher does once a minute: what is old or over goes, and what was dismissed shrinks with it."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import func, insert, select, update

from neoserra import clock, extensions
from neoserra.delivery import dispatch, sending
from neoserra.identity import reachability, security_findings, trusted_browsers
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Attempt, Event, EventKind, Finding, Message, ReachProblem, TrustedBrowser
from tests.administration.deliveries_pages import BAD_NUMBER
from tests.delivery import rows
from workers.housekeeping import EVERY, Housekeeping


def number_of(table: type[Attempt | Event | TrustedBrowser]) -> int:
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


def test_a_message_is_kept_for_thirty_days_and_goes_with_its_attempts(account: Account, visitor: Visitor) -> None:
    references = [
        sent.reference for _ in range(2) for sent in sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    ]
    for reference, days in zip(references, (31, 29), strict=True):
        dispatch.deliver(reference)
        assert rows.attempts(reference)
        rows.change(reference, created_at=clock.now() - timedelta(days=days))
    Housekeeping().if_due()
    assert [delivery.reference for delivery in rows.all_of(account)] == references[1:]
    assert number_of(Attempt) == 1


def test_a_failure_is_kept_while_no_code_reaches_the_person(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, BAD_NUMBER)
    failed = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(failed.reference)
    assert rows.account(account.id).reach_problem == ReachProblem.FAILED
    rows.change(failed.reference, created_at=clock.now() - timedelta(days=31))
    Housekeeping().if_due()
    reachability.examine([account.id])
    assert rows.account(account.id).reach_problem == ReachProblem.FAILED
    rows.move_phone(account, "+12025550143")
    reachability.examine([account.id])
    Housekeeping().if_due()
    assert rows.all_of(account) == []


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
