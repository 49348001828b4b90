"""Pausing, resuming and draining a queue, against a real worker: nothing is lost, nothing is sent that should wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from config import Settings
from neoserra import clock, extensions
from neoserra.delivery import pauses, queues, sending
from neoserra.delivery.providers import outbox
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, EventKind, Message, State
from tests.administration.deliveries_pages import write
from tests.client import CheckedClient, where
from tests.delivery import rows
from tests.delivery.rows import events
from tests.journey import give_password, sign_in
from tests.one_database import ON_SQLITE
from tests.test_outages import stopped
from tests.workers.processes import running, until
from tools.redis_server import RedisServer
from workers import dispatcher

PATH = "/administration/deliveries"
QUEUES = "/administration/queues"
SLOW = "+12025550186"  # the outbox takes three seconds
REASON = "The provider repairs a fault"


def state(reference: str) -> State:
    return rows.delivery(reference).state


@contextmanager
def parts(dies_at: int = 0) -> Iterator[list[str]]:
    """The statements that move deliveries; the process dies at that one."""
    moves: list[str] = []

    def note(*sent: Any) -> None:
        if "UPDATE deliveries" in sent[2]:
            moves.append(sent[2])
            if len(moves) == dies_at:
                raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield moves
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_queue_is_paused_with_a_reason_once_and_goes_on(rosa: CheckedClient, administrator: Account) -> None:
    for _ in range(2):
        answer = rosa.submit(f"{QUEUES}/codes/pause", reason=REASON)
        assert where(answer) == PATH
    rosa.get(PATH)
    assert "codes was paused already." in rosa.text
    assert f"by Rosa Oot: {REASON}." in rosa.text
    paused = pauses.all_paused()["codes"]
    assert (paused.by, paused.reason) == ("Rosa Oot", REASON)
    [told] = events(EventKind.QUEUE_PAUSED)
    assert (told.actor_id, told.details) == (administrator.id, {"queue": "codes", "reason": REASON})
    for _ in range(2):
        assert where(rosa.press(f"{QUEUES}/codes/resume")) == PATH
        rosa.get(PATH)
    assert "codes was not paused." in rosa.text
    assert pauses.all_paused() == {}
    assert len(events(EventKind.QUEUE_RESUMED)) == 1


def test_no_queue_is_paused_without_a_reason(rosa: CheckedClient) -> None:
    for reason, told in (("", "Enter why the queue is paused"), ("x" * 301, "Enter a reason of at most 300")):
        assert rosa.submit(f"{QUEUES}/codes/pause", reason=reason).status_code == 422
        assert told in rosa.text
    assert pauses.all_paused() == {}


def test_a_queue_is_paused_by_one_post_that_names_no_reason(rosa: CheckedClient) -> None:
    rosa.get("/administration/deliveries")
    assert where(rosa.press("/administration/queues/notices/pause")) == "/administration/deliveries"
    assert (pause := pauses.paused("notices"))
    assert pause.reason == "Maintenance"


def test_a_pause_outlasts_redis(rosa: CheckedClient, by: Actor) -> None:
    pauses.pause("links", REASON, by)
    extensions.redis.flushdb()
    assert pauses.paused("links") is not None


def test_a_paused_worker_takes_nothing_finishes_what_it_has_and_goes_on(
    settings: Settings, tmp_path: Path, account: Account, visitor: Visitor, by: Actor
) -> None:
    with running(settings, tmp_path, "codes"):
        rows.move_phone(account, SLOW)
        in_hand = sending.send_code(account, Purpose.SIGN_IN, visitor)
        until(lambda: state(in_hand.reference) == State.SENDING)
        pauses.pause("codes", REASON, by)
        until(lambda: state(in_hand.reference) == State.ACCEPTED)  # three seconds: the worker has looked meanwhile
        waiting = _another_code(account, visitor)
        for _ in range(3):
            dispatcher.sweep()
        assert queues.waiting("codes") == {waiting}
        assert state(waiting) == State.QUEUED
        assert len(outbox.sent()) == 1
        pauses.resume("codes", by)
        until(lambda: state(waiting) == State.ACCEPTED)
        assert len(outbox.sent()) == 2


def test_a_pause_of_one_queue_stops_no_other(
    settings: Settings, tmp_path: Path, account: Account, visitor: Visitor, by: Actor
) -> None:
    pauses.pause("notices", REASON, by)
    with running(settings, tmp_path, "codes"):
        sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
        until(lambda: state(sent.reference) == State.ACCEPTED)


def test_a_code_that_is_over_when_the_queue_goes_on_is_not_sent(
    settings: Settings, tmp_path: Path, account: Account, visitor: Visitor, by: Actor
) -> None:
    pauses.pause("codes", REASON, by)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, expires_at=clock.now())
    with running(settings, tmp_path, "codes"):
        pauses.resume("codes", by)
        until(lambda: state(sent.reference) == State.EXPIRED)
    assert outbox.sent() == []


def test_draining_tells_how_many_and_cancels_what_waits_in_this_queue_alone(
    rosa: CheckedClient, account: Account, administrator: Account, visitor: Visitor
) -> None:
    rosa.submit(f"{QUEUES}/notices/drain")
    references = [each.reference for each in sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)]
    references += [each.reference for each in sending.send_notice(account, Message.PASSWORD_CHANGED, visitor)]
    code = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(references[0], state=State.RETRYING, asked_for="ann")
    rosa.get(f"{QUEUES}/notices/drain")
    assert rosa.h1 == f"Cancel the {len(references)} messages that wait in notices?"
    assert {state(each) for each in references} == {State.QUEUED, State.RETRYING}
    for _ in range(2):
        assert where(rosa.press(f"{QUEUES}/notices/drain")) == PATH
        assert {state(each) for each in references} == {State.CANCELED}
    rosa.get(PATH)
    assert f"{len(references)} waiting messages are canceled." in rosa.text
    assert "Nothing waited in notices" in rosa.text
    assert rows.delivery(references[0]).asked_for == ""
    assert state(code.reference) == State.QUEUED
    assert queues.waiting("notices") == set()
    told = events(EventKind.QUEUE_DRAINED)[-1]
    assert (told.actor_id, told.details) == (administrator.id, {"queue": "notices", "canceled": len(references)})


@ON_SQLITE
def test_a_queue_is_drained_while_redis_is_away_and_a_worker_sends_nothing_of_it(
    settings: Settings, tmp_path: Path, redis_server: RedisServer, account: Account, visitor: Visitor, by: Actor
) -> None:
    canceled = sending.send_code(account, Purpose.SIGN_IN, visitor)
    with stopped(redis_server):
        assert pauses.drain("codes", by) == 1
    assert len(events(EventKind.QUEUE_DRAINED)) == 1
    assert queues.waiting("codes") == {canceled.reference}
    sent = _another_code(account, visitor)
    with running(settings, tmp_path, "codes"):
        until(lambda: state(sent) == State.ACCEPTED)
    assert state(canceled.reference) == State.CANCELED
    assert [each["reference"] for each in outbox.sent()] == [sent]


def test_a_long_queue_is_drained_a_part_at_a_time_and_one_event_tells_of_all(
    account: Account, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "AT_A_TIME", 2)
    for number in (1, 2, 3, 4, 5):
        references = write(number, account_id=account.id, state=State.QUEUED)
        with parts() as done:
            assert pauses.drain("notices", by) == number
        assert len(done) == number // 2 + 1
        assert {state(each) for each in references} == {State.CANCELED}
    assert [each.details["canceled"] for each in events(EventKind.QUEUE_DRAINED)] == [1, 2, 3, 4, 5]


def test_a_drain_that_dies_in_the_middle_has_left_its_event(
    account: Account, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "AT_A_TIME", 2)
    references = write(5, account_id=account.id, state=State.QUEUED)
    with parts(dies_at=3), pytest.raises(KeyboardInterrupt):
        pauses.drain("notices", by)
    assert Counter(state(each) for each in references) == {State.CANCELED: 4, State.QUEUED: 1}
    assert [each.details["canceled"] for each in events(EventKind.QUEUE_DRAINED)] == [5]
    assert pauses.drain("notices", by) == 1


def test_what_a_worker_has_in_hand_is_not_drained(account: Account, visitor: Visitor, by: Actor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, state=State.SENDING)
    assert pauses.to_drain("codes") == pauses.drain("codes", by) == 0
    assert state(sent.reference) == State.SENDING


def test_people_who_wait_for_a_code_are_told_of_the_delay(app: Flask, account: Account, by: Actor) -> None:
    ann = CheckedClient(app)
    give_password(ann)
    progress = "/verification/progress"
    assert ann.get(progress).json["delay"] == ""  # type: ignore[index]
    pauses.pause("links", "another queue", by)
    pauses.pause("codes", REASON, by)
    ann.get("/verification")
    told = ann.get(progress).json["delay"]  # type: ignore[index]
    assert told in ann.text
    assert REASON in told
    assert "ask your Neoserra administrator" in told
    pauses.resume("codes", by)
    ann.get("/verification")
    assert "Codes have been delayed" not in ann.text


def test_only_administrators_in_administrator_mode_touch_a_queue(
    app: Flask, account: Account, administrator: Account
) -> None:
    ann, rosa = CheckedClient(app), CheckedClient(app)
    sign_in(ann, account)
    sign_in(rosa, administrator)
    for path in (f"{QUEUES}/codes/pause", f"{QUEUES}/codes/resume", f"{QUEUES}/codes/drain"):
        ann.get("/")
        rosa.get("/")
        assert ann.press(path, reason=REASON).status_code == 404
        assert where(rosa.press(path, reason=REASON)).startswith("/administration/enter")
    assert pauses.all_paused() == {}


def test_a_queue_that_there_is_none_of_is_not_found(rosa: CheckedClient) -> None:
    for act in ("pause", "resume", "drain"):
        rosa.get("/")
        assert rosa.press(f"{QUEUES}/failed/{act}", reason=REASON).status_code == 404


def _another_code(account: Account, visitor: Visitor) -> str:
    """A code for another browser, to a phone that answers at once."""
    rows.move_phone(account, "+12025550142")
    return sending.send_code(account, Purpose.SIGN_IN, replace(visitor, browser=visitor.browser[::-1])).reference
