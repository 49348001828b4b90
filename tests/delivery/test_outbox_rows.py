"""A delivery is committed before it is queued, under a reference that nobody else has."""

from __future__ import annotations

import itertools
import logging
import secrets
from dataclasses import replace

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from neoserra import extensions, redis_client
from neoserra.delivery import outbox, queues, sending
from neoserra.identity import codes
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message, State
from tests.delivery import rows


def send(account: Account, visitor: Visitor, channel: Channel | None = None) -> Delivery:
    return sending.send_code(account, codes.Purpose.SIGN_IN, visitor, channel)


def job(reference: str) -> Job:
    return Job.fetch(reference, connection=extensions.redis, serializer=JSONSerializer)


def test_the_row_and_its_event_are_there_when_the_reference_is_queued(account: Account, visitor: Visitor) -> None:
    sent = send(account, visitor)
    assert rows.delivery(sent.reference).state == State.QUEUED
    [event] = rows.events(EventKind.CODE_SENT)
    assert event.details == {"reference": sent.reference, "channel": "sms", "message": "sign_in_code"}
    assert queues.waiting(queues.CODES) == {sent.reference}


def test_the_job_knows_the_reference_and_nothing_else(account: Account, visitor: Visitor) -> None:
    sent = send(account, visitor)
    queued = job(sent.reference)
    assert (queued.func_name, list(queued.args), queued.kwargs) == ("workers.jobs.deliver", [sent.reference], {})
    assert queued.description == "delivery"
    assert (queued.result_ttl, queued.failure_ttl) == (0, 86400)
    assert 0 < extensions.redis.ttl(queued.key) <= 3600


def test_a_notice_waits_in_a_queue_of_its_own(account: Account, visitor: Visitor) -> None:
    [notice] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    assert queues.waiting(queues.NOTICES) == {notice.reference}
    assert queues.waiting(queues.CODES) == set()


def test_a_reference_is_eight_consonants() -> None:
    references = {outbox.new_reference() for _ in range(200)}
    assert len(references) == 200
    assert all(len(reference) == 8 and set(reference) <= set("BCDFGHJKLMNPQRSTVWXZ") for reference in references)


def test_a_reference_that_is_taken_is_drawn_again(
    account: Account, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = itertools.cycle("BBBBBBBBBBBBBBBBCCCCCCCC")
    monkeypatch.setattr(secrets, "choice", lambda _: next(drawn))
    first, second = (sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)[0] for _ in range(2))
    assert (first.reference, second.reference) == ("BBBBBBBB", "CCCCCCCC")
    assert rows.delivery("CCCCCCCC").message == Message.ACCOUNT_LOCKED


def test_what_cannot_be_queued_is_kept_for_the_dispatcher(
    account: Account, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(extensions, "redis", redis_client.connect("redis://127.0.0.1:1/0"))
    [notice] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    assert rows.delivery(notice.reference).state == State.QUEUED
    assert "not queued, left to the dispatcher" in caplog.text


def test_redis_and_the_log_learn_neither_code_nor_destination(
    account: Account, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for channel in Channel:
        sent = send(account, replace(visitor, browser=channel), channel)
        code = codes.current(codes.Owner(account.id, channel, codes.Purpose.SIGN_IN))
        assert code
        kept = caplog.text + repr(_everything_in_redis()) + repr(vars(job(sent.reference)))
        kept += repr([event.details for event in rows.events(EventKind.CODE_SENT)])
        assert not any(secret in kept for secret in (f"'{code}'", f" {code} ", "2025550142", "ann@example.org"))


@pytest.mark.usefixtures("connected")
def test_an_error_of_the_database_tells_no_destination() -> None:
    query = text("SELECT no_such_column FROM deliveries WHERE destination = :destination")
    with pytest.raises(DBAPIError) as error, extensions.database.connection() as connection:
        connection.execute(query, {"destination": "+12025550142"})
    assert "2025550142" not in str(error.value)


def _everything_in_redis() -> list[bytes]:
    kept = []
    for key in extensions.redis.scan_iter():
        kind = extensions.redis.type(key)
        kept.append(key)
        if kind == b"hash":
            kept += [part for pair in extensions.redis.hgetall(key).items() for part in pair]
        elif kind == b"zset":
            kept += extensions.redis.zrange(key, 0, -1)
        elif kind == b"list":
            kept += extensions.redis.lrange(key, 0, -1)
        elif kind == b"set":
            kept += list(extensions.redis.smembers(key))
    return kept
