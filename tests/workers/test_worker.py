"""A worker process: it delivers, and comes to an end in order."""

from __future__ import annotations

from rq.job import Job
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from neoserra import extensions
from neoserra.delivery import dispatch, queues, sending
from neoserra.delivery.providers import outbox
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, Outcome, State
from tests.delivery import rows
from tests.workers.conftest import Start
from tests.workers.processes import until

SLOW = "+12025550186"  # the outbox takes three seconds


def test_a_code_is_carried_from_the_queue_to_the_provider(start: Start, account: Account, visitor: Visitor) -> None:
    worker = start("codes")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    [message] = outbox.sent()
    assert message["reference"] == sent.reference
    assert message["text"].split()[0] not in worker.output()
    assert "2025550142" not in worker.output()


def test_a_worker_listens_to_its_queue_alone(start: Start, account: Account, visitor: Visitor) -> None:
    start("codes")
    assert queues.unattended() == ["links", "notices"]
    [notice] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    assert rows.delivery(notice.reference).state == State.QUEUED


def test_told_to_stop_it_finishes_the_message_in_hand(start: Start, account: Account, visitor: Visitor) -> None:
    worker = start("codes")
    rows.move_phone(account, SLOW)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.SENDING)
    worker.ask_to_stop()
    assert worker.ended() == 0
    assert rows.delivery(sent.reference).state == State.ACCEPTED
    assert len(outbox.sent()) == 1
    assert queues.unattended() == ["codes", "links", "notices"]


def test_told_to_stop_while_it_waits_it_stops(start: Start) -> None:
    worker = start("codes")
    worker.ask_to_stop()
    assert worker.ended() == 0


def test_a_provider_that_takes_too_long_is_given_up(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, SLOW)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    with UnixSignalDeathPenalty(1, JobTimeoutException):  # type: ignore[no-untyped-call]  # RQ's lack
        dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.RETRYING
    assert [attempt.outcome for attempt in rows.attempts(sent.reference)] == [Outcome.UNKNOWN]


def test_a_finished_job_leaves_nothing_in_redis(start: Start, account: Account, visitor: Visitor) -> None:
    start("codes")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    until(lambda: not Job.exists(sent.reference, connection=extensions.redis))
