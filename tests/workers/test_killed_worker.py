"""A worker that is killed loses no code."""

from __future__ import annotations

import pytest

from neoserra import clock, extensions
from neoserra.delivery import sending
from neoserra.delivery.providers import outbox
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Outcome, State
from tests.delivery import rows
from tests.workers.conftest import Start
from tests.workers.processes import until

SLOW = "+12025550186"  # the outbox takes three seconds


@pytest.mark.fault
def test_a_code_arrives_although_its_worker_was_killed_while_sending(
    start: Start, account: Account, visitor: Visitor
) -> None:
    rows.move_phone(account, SLOW)
    worker = start("codes")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.SENDING)
    worker.kill()
    assert outbox.sent() == []

    rows.change(sent.reference, next_at=clock.now())  # the lease of 20 seconds has passed
    start("dispatcher")
    start("codes")
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    [message] = outbox.sent()
    assert message["text"].startswith(codes.current(rows.owner(account, visitor)) or "?")
    assert [attempt.outcome for attempt in rows.attempts(sent.reference)] == [Outcome.UNKNOWN, Outcome.ACCEPTED]


@pytest.mark.fault
def test_a_code_arrives_although_its_worker_was_killed_as_it_took_it(
    start: Start, account: Account, visitor: Visitor
) -> None:
    """Between taking the job out of the queue and claiming the row."""
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    extensions.redis.lmove("rq:queue:codes", "rq:queue:codes:intermediate")
    start("dispatcher")
    start("codes")
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    assert len(outbox.sent()) == 1
