"""Carrying one delivery: who may, when it is tried again, and when it never leaves."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from config import Settings
from neoserra import clock
from neoserra.delivery import dispatch, leases, queues, recording, resets, sending
from neoserra.delivery.leases import LEASE_SECONDS
from neoserra.delivery.providers import outbox
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, Message, Outcome, State
from tests.delivery import rows
from tools.redis_server import RedisServer

INVALID, UNAVAILABLE, THIRD_TIME, ANSWER_LOST, SLOW = (f"+120255501{last}" for last in (81, 83, 84, 85, 86))

Send = Callable[[str], Delivery]


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


pytestmark = pytest.mark.usefixtures("connected")


@pytest.fixture
def code(account: Account, visitor: Visitor) -> Send:
    """Sends a code to a number."""

    def send(number: str = "+12025550142") -> Delivery:
        rows.move_phone(account, number)
        return sending.send_code(account, Purpose.SIGN_IN, visitor)

    return send


def notice_to(email: str, account: Account, visitor: Visitor) -> Delivery:
    account.email = email
    return sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0]


def waits(reference: str, noon: time_machine.Traveller, tries: int) -> list[float]:
    """Seconds between the tries, each made when it is due and refused a moment before."""
    seconds = []
    for number in range(1, tries + 1):
        dispatch.deliver(reference)
        row = rows.delivery(reference)
        assert (row.state, row.attempts) == (State.RETRYING, number)
        seconds.append((row.next_at - clock.now()).total_seconds())
        noon.move_to(row.next_at - timedelta(milliseconds=1))
        dispatch.deliver(reference)
        assert rows.delivery(reference).attempts == number
        noon.move_to(row.next_at)
    return seconds


@pytest.mark.usefixtures("noon")
def test_an_accepted_message_is_recorded_with_its_attempt(code: Send, account: Account, visitor: Visitor) -> None:
    sent = code("+12025550142")
    dispatch.deliver(sent.reference)
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts, row.explanation) == (State.ACCEPTED, 1, "")
    [attempt] = rows.attempts(sent.reference)
    assert (attempt.number, attempt.provider, attempt.outcome) == (1, "outbox", Outcome.ACCEPTED)
    assert attempt.provider_message_id == f"outbox-{sent.reference}"
    assert attempt.started_at == attempt.finished_at == clock.now()
    [message] = outbox.sent()
    assert message["to"] == "+12025550142"
    assert message["text"].startswith(f"{codes.current(rows.owner(account, visitor))} is your Neoserra")


def test_a_delivery_that_is_done_is_not_sent_again(code: Send) -> None:
    sent = code("+12025550142")
    for _ in range(3):
        dispatch.deliver(sent.reference)
    assert len(outbox.sent()) == 1
    assert rows.delivery(sent.reference).attempts == 1


def test_an_unknown_reference_is_nothing_to_do() -> None:
    dispatch.deliver("BCDFGHJK")
    assert outbox.sent() == []


@pytest.mark.parametrize("state", [State.SENDING, State.DELIVERED, State.FAILED, State.EXPIRED, State.CANCELED])
def test_only_what_is_waiting_can_be_claimed(state: State, code: Send) -> None:
    sent = code("+12025550142")
    rows.change(sent.reference, state=state)
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == state
    assert outbox.sent() == []


def test_two_workers_with_the_same_reference_send_once(account: Account, visitor: Visitor) -> None:
    together = Barrier(2)

    def deliver(reference: str) -> None:
        together.wait()
        dispatch.deliver(reference)

    with ThreadPoolExecutor(2) as workers:
        for _ in range(10):
            [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
            list(workers.map(deliver, [notice.reference] * 2))
            assert rows.delivery(notice.reference).attempts == 1
    assert len(outbox.sent()) == 10


def test_a_code_is_tried_again_after_2_5_15_and_then_every_60_seconds(code: Send, noon: time_machine.Traveller) -> None:
    sent = code(UNAVAILABLE)
    assert waits(sent.reference, noon, tries=6) == [2, 5, 15, 60, 60, 60]
    assert rows.delivery(sent.reference).explanation == "Simulated: the provider is not available."
    assert {attempt.outcome for attempt in rows.attempts(sent.reference)} == {Outcome.TEMPORARY}
    assert outbox.sent() == []


def test_a_code_arrives_when_the_provider_is_back(code: Send, noon: time_machine.Traveller) -> None:
    sent = code(THIRD_TIME)
    waits(sent.reference, noon, tries=2)
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.ACCEPTED
    assert [attempt.number for attempt in rows.attempts(sent.reference)] == [1, 2, 3]
    assert len(outbox.sent()) == 1


def test_a_code_is_no_longer_tried_when_it_expired(code: Send, noon: time_machine.Traveller) -> None:
    sent = code(UNAVAILABLE)
    dispatch.deliver(sent.reference)
    noon.shift(codes.LIFE_SECONDS)
    dispatch.deliver(sent.reference)
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts) == (State.EXPIRED, 1)


def test_an_expired_code_never_leaves(code: Send, noon: time_machine.Traveller) -> None:
    sent = code("+12025550142")
    noon.shift(codes.LIFE_SECONDS)
    dispatch.deliver(sent.reference)
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts, row.explanation) == (State.EXPIRED, 0, "It was over before it could be sent.")
    assert rows.attempts(sent.reference) == []
    assert outbox.sent() == []


def test_a_code_that_was_burned_never_leaves(code: Send, account: Account) -> None:
    sent = code("+12025550142")
    codes.burn(account.id)
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.EXPIRED
    assert outbox.sent() == []


def test_an_expired_message_does_not_carry_the_code_that_came_after_it(
    code: Send, noon: time_machine.Traveller
) -> None:
    old = code("+12025550142")
    noon.shift(codes.LIFE_SECONDS)
    new = code("+12025550142")
    for sent in (old, new):
        dispatch.deliver(sent.reference)
    assert rows.delivery(old.reference).state == State.EXPIRED
    assert [message["reference"] for message in outbox.sent()] == [new.reference]


def test_a_refusal_for_good_ends_it_with_the_sentence_of_the_provider(code: Send) -> None:
    sent = code(INVALID)
    dispatch.deliver(sent.reference)
    row = rows.delivery(sent.reference)
    assert (row.state, row.explanation) == (
        State.FAILED,
        "Simulated: the number or mailbox does not exist.",
    )
    [attempt] = rows.attempts(sent.reference)
    assert (attempt.outcome, attempt.provider_code, attempt.explanation) == (
        Outcome.PERMANENT,
        "invalid",
        row.explanation,
    )


def test_a_code_whose_answer_was_lost_is_repeated_twice_with_the_same_code(
    code: Send, noon: time_machine.Traveller
) -> None:
    sent = code(ANSWER_LOST)
    assert waits(sent.reference, noon, tries=2) == [2, 5]
    dispatch.deliver(sent.reference)
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts) == (State.FAILED, 3)
    assert row.explanation == (
        "Simulated: the provider's answer was lost. It is not sent again, so that it does not come twice."
    )
    assert len({re.match(r"\d{6}", message["text"]).group() for message in outbox.sent()}) == 1  # type: ignore[union-attr]
    assert len(outbox.sent()) == 3


def test_a_notice_whose_answer_was_lost_is_not_repeated(account: Account, visitor: Visitor) -> None:
    notice = notice_to("answer-lost@example.org", account, visitor)
    dispatch.deliver(notice.reference)
    row = rows.delivery(notice.reference)
    assert row.state == State.FAILED
    assert "not sent again" in row.explanation
    assert len(outbox.sent()) == 1


def test_a_notice_is_tried_again_ever_more_rarely_for_a_day(
    account: Account, visitor: Visitor, noon: time_machine.Traveller
) -> None:
    notice = notice_to("unavailable@example.org", account, visitor)
    assert waits(notice.reference, noon, tries=9) == [2, 5, 15, 60, 300, 900, 3600, 3600, 3600]
    noon.shift(timedelta(days=1))
    dispatch.deliver(notice.reference)
    assert rows.delivery(notice.reference).state == State.EXPIRED


def test_a_mailbox_that_takes_no_mail_for_now_keeps_no_code_from_others(account: Account, visitor: Visitor) -> None:
    for _ in range(6):
        dispatch.deliver(notice_to("unavailable@example.org", account, visitor).reference)
    code = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(code.reference)
    assert rows.delivery(code.reference).state == State.ACCEPTED


def test_what_cannot_be_written_is_tried_again(
    account: Account, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    rows.change(notice.reference, channel=Channel.SMS)  # it has no wording for text messages
    dispatch.deliver(notice.reference)
    row = rows.delivery(notice.reference)
    assert (row.state, row.explanation) == (State.RETRYING, "Neoserra itself failed; the worker's log tells why.")
    assert "a message could not be written" in caplog.text


def test_a_provider_that_cannot_be_set_up_is_an_attempt_like_any_other(code: Send, connected: Settings) -> None:
    (connected.data / "outbox").write_text("a file where the provider wants a folder")
    sent = code("+12025550142")
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.RETRYING
    [attempt] = rows.attempts(sent.reference)
    assert (attempt.outcome, attempt.explanation) == (Outcome.TEMPORARY, dispatch.FAULT)


def test_a_link_that_cannot_be_addressed_while_redis_is_away_goes_later(
    noon: time_machine.Traveller, account: Account, visitor: Visitor, redis_server: RedisServer
) -> None:
    resets.ask(account.username, visitor)
    [reference] = queues.waiting(queues.LINKS)
    [delivery] = leases.claim([reference])
    redis_server.stop()
    try:
        carried = dispatch.carry(delivery)
    finally:
        redis_server.start()
    recording.record([carried])
    assert rows.delivery(reference).state == State.RETRYING
    noon.shift(2)
    dispatch.deliver(reference)
    assert rows.delivery(reference).state == State.ACCEPTED


def test_the_lease_of_a_worker_that_died_ends(code: Send, noon: time_machine.Traveller) -> None:
    sent = code("+12025550142")
    rows.change(sent.reference, state=State.SENDING, next_at=clock.now() + timedelta(seconds=LEASE_SECONDS))
    noon.shift(LEASE_SECONDS - 1)
    dispatch.release_lost()
    assert rows.delivery(sent.reference).state == State.SENDING
    noon.shift(1)
    dispatch.release_lost()
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts) == (State.RETRYING, 1)
    [attempt] = rows.attempts(sent.reference)
    assert (attempt.outcome, attempt.started_at) == (Outcome.UNKNOWN, sent.created_at)
    assert attempt.explanation == "The worker died while it was sending: the message may or may not have left."


def test_a_notice_that_a_worker_died_over_is_not_repeated(account: Account, visitor: Visitor) -> None:
    notice = notice_to("ann@example.org", account, visitor)
    rows.change(notice.reference, state=State.SENDING)
    dispatch.release_lost()
    assert rows.delivery(notice.reference).state == State.FAILED


def test_a_worker_whose_lease_has_ended_changes_nothing_any_more(code: Send, caplog: pytest.LogCaptureFixture) -> None:
    sent = code(SLOW)
    with ThreadPoolExecutor(1) as worker:
        worker.submit(dispatch.deliver, sent.reference)
        while rows.delivery(sent.reference).state != State.SENDING:
            time.sleep(0.01)
        rows.change(sent.reference, next_at=clock.now())
        dispatch.release_lost()
    row = rows.delivery(sent.reference)
    assert (row.state, row.attempts) == (State.RETRYING, 1)
    assert len(outbox.sent()) == 1
    assert "the outcome came too late" in caplog.text


def test_the_log_tells_reference_and_state_and_no_secret(
    code: Send, account: Account, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = code("+12025550142")
    dispatch.deliver(sent.reference)
    record = next(record for record in caplog.records if record.name == "neoserra.delivery.recording")
    told = vars(record)
    assert (told["reference"], told["state"]) == (sent.reference, State.ACCEPTED)
    logged = caplog.text + repr([vars(record) for record in caplog.records])
    assert not any(secret in logged for secret in (codes.current(rows.owner(account, visitor)) or "?", "2025550142"))
