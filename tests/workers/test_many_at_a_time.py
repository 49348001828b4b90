"""One worker process carries many deliveries at a time, and stands in RQ's list like any other worker."""

from __future__ import annotations

import subprocess
import sys

from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

from neoserra import extensions
from neoserra.delivery import queues, sending
from neoserra.delivery.providers import outbox
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Delivery, Message, State
from tests.delivery import rows
from tests.one_database import ON_SQLITE
from tests.workers.conftest import Start
from tests.workers.processes import until
from tools.redis_server import RedisServer
from workers.lanes import LANES

SLOW = "slow@example.org"  # the outbox takes three seconds


def being_sent() -> int:
    with extensions.database.connection() as connection:
        query = select(func.count()).select_from(Delivery).where(Delivery.state == State.SENDING)
        return connection.execute(query).scalar_one()


def test_sixty_four_deliveries_are_in_hand_at_a_time(start: Start, account: Account, visitor: Visitor) -> None:
    account.email = SLOW
    notices = [sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)[0] for _ in range(LANES + 6)]
    start("notices")
    until(lambda: being_sent() == LANES)
    until(lambda: all(rows.delivery(notice.reference).state == State.ACCEPTED for notice in notices))
    assert sorted(message["reference"] for message in outbox.sent()) == sorted(each.reference for each in notices)
    assert {rows.delivery(notice.reference).attempts for notice in notices} == {1}


@ON_SQLITE
def test_a_job_of_the_plain_rq_client_is_carried(start: Start, account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    extensions.redis.delete("rq:queue:codes", f"rq:job:{sent.reference}")
    start("codes")
    Queue("codes", connection=extensions.redis, serializer=JSONSerializer).enqueue(queues.JOB, sent.reference)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)


@ON_SQLITE
def test_rq_shows_the_worker_and_how_much_it_has_done(start: Start, account: Account, visitor: Visitor) -> None:
    start("codes")
    sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: any(extensions.redis.hget(key, "successful_job_count") == b"1" for key in workers()))
    command = [sys.executable, "-m", "rq.cli", "info", "--raw", "--url", extensions.settings.redis_url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "codes. jobs: 1 finished, 0 failed" in told


def workers() -> set[bytes | str]:
    return extensions.redis.smembers("rq:workers:codes")


@ON_SQLITE
def test_a_worker_goes_on_after_a_restart_of_redis(
    start: Start, redis_server: RedisServer, account: Account, visitor: Visitor
) -> None:
    start("codes")
    redis_server.stop()
    redis_server.start()
    extensions.redis.flushdb()
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    until(lambda: "codes" not in queues.unattended())
