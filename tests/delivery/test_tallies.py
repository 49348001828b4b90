"""What became of deliveries is counted in the minute when it happened, and added up by the day afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select

from neoserra import clock, extensions
from neoserra.delivery import acts, code_usage, dispatch, figures, leases, receipts, recording, sending, tallies, usage
from neoserra.delivery.receipts import Receipt
from neoserra.delivery.recording import Carried, Try
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, Counted, Delivery, Message, Outcome, State, Tally
from tests.delivery import rows

pytestmark = pytest.mark.usefixtures("connected")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def counted() -> dict[tuple[str, str, str], int]:
    """What, of which country, with which detail: how many, over all minutes."""
    with extensions.database.transaction() as db:
        found: Counter[tuple[str, str, str]] = Counter()
        for each in db.scalars(select(Tally)):
            found[each.counted, each.country, each.detail] += each.number
        return dict(found)


def minutes() -> list[tuple[datetime, int]]:
    with extensions.database.transaction() as db:
        return [(each.minute, each.number) for each in db.scalars(select(Tally).order_by(Tally.minute))]


def accept(reference: str, provider: str) -> None:
    """As if a worker had handed it to this provider."""
    [claimed] = leases.claim([reference])
    now = clock.now()
    tried = Try(provider, now, now, Outcome.ACCEPTED, provider_message_id=f"{provider}-1")
    recording.record([Carried(claimed, [tried])])


def test_a_code_is_counted_when_it_is_at_the_door_and_when_it_is_entered(
    noon: time_machine.Traveller, account: Account, visitor: Visitor
) -> None:
    rows.move_phone(account, "+12025550142")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    noon.shift(3)
    dispatch.deliver(sent.reference)
    assert counted() == {
        ("tried", "US", "accepted"): 1,
        ("accepted", "US", "9"): 1,  # 3 s from asked to door
        ("code_sent", "US", ""): 1,
    }
    usage.code_entered(rows.owner(account, visitor))
    usage.code_entered(rows.owner(account, visitor))
    assert counted()["code_used", "US", ""] == 1
    assert rows.delivery(sent.reference).used_at == clock.now()


def test_a_message_that_was_refused_is_counted_by_its_reason(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550181")  # the outbox plays a number that is none
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(sent.reference)
    failed = rows.delivery(sent.reference)
    assert (failed.state, failed.provider, bool(failed.reason)) == (State.FAILED, "outbox", True)
    assert counted() == {
        ("tried", "US", "permanent"): 1,
        ("failed", "US", failed.reason): 1,
        ("failed_in", "US", "codes"): 1,
    }


def enter_after_text_and_mail(account: Account, visitor: Visitor) -> tuple[Delivery, Delivery]:
    """The code goes by text message, half a minute later by email as well, and is entered."""
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(text.reference)
    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
        mail = sending.send_code(account, Purpose.SIGN_IN, visitor, Channel.EMAIL)
        dispatch.deliver(mail.reference)
        usage.code_entered(rows.owner(account, visitor))
    return text, mail


def test_a_text_that_failed_is_not_used_when_its_code_came_by_mail(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550181")
    text, mail = enter_after_text_and_mail(account, visitor)
    assert rows.delivery(text.reference).used_at is None
    assert rows.delivery(mail.reference).used_at is not None
    assert counted()["code_used", "", ""] == counted()["code_sent", "", ""] == 1


def test_texts_that_never_arrive_do_not_look_used_because_a_mail_with_the_code_was(
    account: Account, visitor: Visitor
) -> None:
    text, _mail = enter_after_text_and_mail(account, visitor)
    assert {what: number for what, number in counted().items() if what[0].startswith("code")} == {
        ("code_sent", "US", ""): 1,
        ("code_sent", "", ""): 1,
        ("code_used", "", ""): 1,
    }
    assert rows.delivery(text.reference).used_at


def test_a_code_that_two_providers_accepted_is_sent_and_used_once_by_the_first(
    account: Account, visitor: Visitor, by: Actor
) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    accept(sent.reference, "twilio")
    receipts.take(Receipt("twilio", "twilio-1", State.FAILED, "30003"))
    acts.retry([rows.delivery(sent.reference)], by)
    accept(sent.reference, "sns")
    usage.code_entered(rows.owner(account, visitor))
    assert [(line.provider, line.messages, line.codes_sent, line.codes_used) for line in code_usage.by_day()] == [
        ("sns", 1, 0, 0),
        ("twilio", 1, 1, 1),
    ]


def test_a_receipt_is_counted_once(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550142")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(sent.reference)
    accepted = rows.attempts(sent.reference)[0]
    receipt = Receipt("outbox", accepted.provider_message_id, State.DELIVERED)
    receipts.take(receipt)
    receipts.take(receipt)
    assert sum(number for (what, *_), number in counted().items() if what == Counted.DELIVERED) == 1


def test_what_fails_at_the_door_and_what_fails_by_a_receipt_add_up(account: Account, visitor: Visitor) -> None:
    account.email = "unavailable@example.org"  # the outbox refuses it for now
    [refused] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    account.email = "ann@example.org"
    taken = [sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0].reference for _ in range(4)]
    for reference in (refused.reference, *taken):
        dispatch.deliver(reference)
    for reference in taken[:2]:
        [attempt] = rows.attempts(reference)
        receipts.take(Receipt("outbox", attempt.provider_message_id, State.FAILED))
    [sums] = figures.lately().quarter.values()
    assert (sums.tried, sums.tried_badly, sums.failed, sums.undelivered) == (5, 1, 2, 2)
    assert sums.failed_share() == 3 / 5


def test_a_code_that_was_over_is_no_failure_of_a_provider(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor, Channel.EMAIL)
    rows.change(sent.reference, provider="outbox", expires_at=clock.now())
    dispatch.deliver(sent.reference)
    accept(sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0].reference, "outbox")
    [sums] = [each for (_, provider), each in figures.lately().quarter.items() if provider == "outbox"]
    assert (sums.failed, sums.failed_share()) == (1, 0.0)


def test_a_notice_is_no_code(account: Account, visitor: Visitor) -> None:
    sent = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0]
    dispatch.deliver(sent.reference)
    assert {what for what, *_ in counted()} == {Counted.TRIED, Counted.ACCEPTED}
    usage.code_entered(rows.owner(account, visitor))
    assert rows.delivery(sent.reference).used_at is None


def test_many_at_once_lose_no_count() -> None:
    """Two orders, so that they would wait for each other for ever if each took its own."""
    texts = [Delivery(channel=Channel.SMS, country=country) for country in ("US", "CA", "MX")]
    barrier = Barrier(4)

    def count(order: list[Delivery]) -> None:
        barrier.wait()
        for _ in range(20):
            with extensions.database.transaction() as db:
                tallies.add(db, Counter(tallies.key(each, Counted.FAILED, NOON, "twilio", "30006") for each in order))

    threads = [Thread(target=count, args=[order]) for order in (texts, texts[::-1]) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(counted().values()) == {80}


def test_days_that_are_over_are_added_up_and_old_ones_forgotten(noon: time_machine.Traveller) -> None:
    text = Delivery(channel=Channel.SMS, country="US")

    def count(at: datetime) -> None:
        with extensions.database.transaction() as db:
            tallies.add(db, Counter([tallies.key(text, Counted.FAILED, at, "twilio", "30006")]))

    day = timedelta(days=1)
    for at in (NOON - 401 * day, NOON - 3 * day, NOON - 3 * day + timedelta(minutes=7), NOON - day, NOON):
        count(at)
    for _ in range(2):
        tallies.fold()
        midnight = NOON.replace(hour=0)
        assert minutes() == [(midnight - 3 * day, 2), (NOON - day, 1), (NOON, 1)]
