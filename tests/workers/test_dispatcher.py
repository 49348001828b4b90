"""The sweep: what is due and in no queue is put into one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from neoserra import clock, extensions
from neoserra.delivery import dispatch, leases, queues, sending
from neoserra.delivery.leases import LEASE_SECONDS
from neoserra.delivery.providers import outbox
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, State
from tests.delivery import rows
from tests.workers.conftest import Start
from tests.workers.processes import until
from tools.redis_server import RedisServer
from workers import dispatcher


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


def queued(name: str = queues.CODES) -> list[bytes | str]:
    return extensions.redis.lrange(f"rq:queue:{name}", 0, -1)


def forget_queues() -> None:
    """What Redis loses when it has to be replaced."""
    for key in extensions.redis.scan_iter("rq:*"):
        extensions.redis.delete(key)


def test_what_was_committed_but_never_queued_is_queued(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    [notice] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    forget_queues()
    dispatcher.sweep()
    assert queued() == [sent.reference.encode()]
    assert queued(queues.NOTICES) == [notice.reference.encode()]


def test_what_waits_in_its_queue_is_left_there(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    for _ in range(3):
        dispatcher.sweep()
    assert queued() == [sent.reference.encode()]


def test_a_message_that_only_a_newer_version_knows_is_left_to_it(
    account: Account, visitor: Visitor, noon: time_machine.Traveller
) -> None:
    [newer] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    [lost] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    [ours] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    rows.change(lost.reference, state=State.SENDING)
    rename = text("UPDATE deliveries SET message = 'of_tomorrow' WHERE reference IN (:newer, :lost)")
    with extensions.database.transaction() as db:
        db.execute(rename, {"newer": newer.reference, "lost": lost.reference})
    assert [each.reference for each in leases.claim([newer.reference, ours.reference])] == [ours.reference]
    noon.shift(LEASE_SECONDS)
    dispatcher.sweep()
    assert rows.delivery(ours.reference).state == State.FAILED
    with extensions.database.connection() as connection:
        states = connection.execute(text("SELECT state FROM deliveries WHERE message = 'of_tomorrow' ORDER BY id"))
        assert [row.state for row in states] == ["queued", "sending"]


def test_a_message_by_a_channel_that_only_a_newer_version_knows_is_not_queued(
    account: Account, visitor: Visitor
) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, channel="of_tomorrow")
    forget_queues()
    dispatcher.sweep()
    assert queued() == []


def test_a_retry_is_queued_when_it_is_due(account: Account, visitor: Visitor, noon: time_machine.Traveller) -> None:
    rows.move_phone(account, "+12025550183")
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    extensions.redis.delete("rq:queue:codes")
    dispatch.deliver(sent.reference)
    noon.shift(1.999)
    dispatcher.sweep()
    assert queued() == []
    noon.shift(0.001)
    dispatcher.sweep()
    assert queued() == [sent.reference.encode()]


@pytest.mark.parametrize("state", [State.SENDING, State.ACCEPTED, State.DELIVERED, State.FAILED, State.EXPIRED])
def test_what_is_not_waiting_is_not_queued(state: State, account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    extensions.redis.delete("rq:queue:codes")
    rows.change(sent.reference, state=state, next_at=clock.now() + timedelta(seconds=20))
    dispatcher.sweep()
    assert queued() == []


def test_what_failed_in_the_queue_is_queued_again(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    extensions.redis.delete("rq:queue:codes")
    extensions.redis.hset(f"rq:job:{sent.reference}", "status", "failed")
    dispatcher.sweep()
    assert queued() == [sent.reference.encode()]


def test_dispatchers_of_several_machines_make_no_second_message(
    start: Start, account: Account, visitor: Visitor
) -> None:
    notices = [sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0].reference for _ in range(20)]
    forget_queues()
    with ThreadPoolExecutor(4) as machines:
        for sweep in [machines.submit(dispatcher.sweep) for _ in range(8)]:
            sweep.result()
    start("notices")
    until(lambda: all(rows.delivery(reference).state == State.ACCEPTED for reference in notices))
    until(lambda: not queued(queues.NOTICES))
    assert sorted(message["reference"] for message in outbox.sent()) == sorted(notices)


def test_it_goes_on_when_redis_is_back(
    start: Start, redis_server: RedisServer, account: Account, visitor: Visitor
) -> None:
    start("notices")
    sweeping = start("dispatcher")
    redis_server.stop()
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    until(lambda: "the dispatcher waits" in sweeping.output())
    redis_server.start()
    until(lambda: rows.delivery(notice.reference).state == State.ACCEPTED)
    assert sweeping.output().count("the dispatcher waits") == 1
    until(lambda: "the dispatcher goes on" in sweeping.output())


def test_it_goes_on_when_the_database_is_back(start: Start, account: Account, visitor: Visitor) -> None:
    start("notices")
    sweeping = start("dispatcher")
    _rename("deliveries", "elsewhere")
    until(lambda: "the dispatcher waits" in sweeping.output())
    _rename("elsewhere", "deliveries")
    until(lambda: "the dispatcher goes on" in sweeping.output())
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    forget_queues()
    until(lambda: rows.delivery(notice.reference).state == State.ACCEPTED)


def test_told_to_stop_it_stops(start: Start) -> None:
    sweeping = start("dispatcher")
    until(lambda: "the dispatcher sweeps" in sweeping.output())
    sweeping.ask_to_stop()
    assert sweeping.ended() == 0


def _rename(old: str, new: str) -> None:
    with extensions.database.transaction() as db:
        db.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
