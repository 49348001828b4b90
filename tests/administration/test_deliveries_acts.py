"""Retry, cancel and send by the other channel: each does it once, tells what it did, and is an event."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask

from neoserra import clock, extensions
from neoserra.delivery import acts, bounds, dispatch, queues, resets, sending
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message, State
from tests.administration.deliveries_pages import PATH, buttons, failed_code, write
from tests.client import CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries

GOOD_NUMBER = "+12025550142"


def press(client: CheckedClient, reference: str, act: str, **fields: str) -> str:
    """Press a button of the message's page; what the page it leads to says."""
    client.get(f"{PATH}/{reference}")
    answer = client.press(f"{PATH}/{reference}/{act}", **fields)
    assert answer.status_code == 303
    client.get(where(answer))
    return client.text


def twice(act: Callable[[], object]) -> list[object]:
    """What an act answers that two threads do at once."""
    barrier, answers = Barrier(2), []

    def run() -> None:
        barrier.wait()
        answers.append(act())

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_failed_code_is_retried_once_and_queued_at_once(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    failed = failed_code(account, visitor)
    assert "The message is sent again now." in press(rosa, failed.reference, "retry", attempts="1")
    assert rows.delivery(failed.reference).state == State.QUEUED
    assert failed.reference in queues.waiting("codes")
    [event] = rows.events(EventKind.DELIVERY_RETRIED)
    assert event.details == {"reference": failed.reference, "stopped_by": "invalid"}
    assert event.account_id == account.id
    assert "Nothing to do: the message is not stopped any more." in press(rosa, failed.reference, "retry", attempts="1")
    dispatch.deliver(failed.reference)
    assert "Nothing to do: the message was tried again meanwhile." in press(
        rosa, failed.reference, "retry", attempts="1"
    )
    assert len(rows.events(EventKind.DELIVERY_RETRIED)) == 1
    assert len(rows.attempts(failed.reference)) == 2
    assert "Put into its queue again by Rosa Oot" in rosa.text


def test_two_clicks_at_once_retry_once(account: Account, visitor: Visitor, by: Actor) -> None:
    failed = failed_code(account, visitor)
    assert sorted(len(retried) for retried in twice(lambda: acts.retry([failed], by))) == [0, 1]  # type: ignore[arg-type]
    assert len(rows.events(EventKind.DELIVERY_RETRIED)) == 1


@pytest.mark.parametrize("ended", ["over", "burned", "another", "used"])
def test_a_code_that_is_of_no_use_is_not_sent_again(
    rosa: CheckedClient, account: Account, visitor: Visitor, ended: str
) -> None:
    failed = failed_code(account, visitor)
    owner = rows.owner(account, visitor)
    if ended == "over":
        rows.change(failed.reference, expires_at=clock.now())
    if ended == "burned":
        codes.burn(account.id)
    if ended == "another":
        rows.change(failed.reference, expires_at=failed.expires_at and failed.expires_at - timedelta(seconds=9))
    if ended == "used":
        rows.change(failed.reference, used_at=clock.now())
    for act in ("retry", "send-otherwise"):
        assert "It is not sent again: its code" in press(rosa, failed.reference, act)
    assert rows.delivery(failed.reference).state == State.FAILED
    assert len(rows.all_of(account)) == 1
    assert ended == "burned" or codes.expiry(owner)


def test_a_code_for_a_number_that_is_no_longer_asked_for_is_not_sent(
    account: Account, visitor: Visitor, by: Actor
) -> None:
    account.new_mobile = "+12025550181"
    with extensions.database.transaction() as db:
        db.merge(account)
    sent = sending.send_code(account, Purpose.MOBILE, visitor)
    assert acts.why_dead(sent) is None
    account.new_mobile = GOOD_NUMBER
    with extensions.database.transaction() as db:
        db.merge(account)
    assert acts.why_dead(sent) == acts.Dead.ENDED


def test_what_waits_is_canceled_once(rosa: CheckedClient, account: Account, visitor: Visitor, by: Actor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    assert "The message is canceled" in press(rosa, sent.reference, "cancel")
    assert "Nothing to cancel" in press(rosa, sent.reference, "cancel")
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.CANCELED
    assert rows.attempts(sent.reference) == []
    other = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0]
    assert sorted(twice(lambda: acts.cancel(other, by))) == [False, True]  # type: ignore[type-var]
    assert len(rows.events(EventKind.DELIVERY_CANCELED)) == 2


def test_a_canceled_link_forgets_the_name_that_was_typed(rosa: CheckedClient, visitor: Visitor) -> None:
    resets.ask("somebody", visitor)
    [link, *_] = deliveries()
    assert link.asked_for == "somebody"
    press(rosa, link.reference, "cancel")
    assert rows.delivery(link.reference).asked_for == ""


def test_what_was_sent_is_neither_retried_nor_canceled(rosa: CheckedClient, account: Account) -> None:
    for state in (State.SENDING, State.ACCEPTED, State.DELIVERED, State.EXPIRED, State.CANCELED):
        [reference] = write(1, account_id=account.id, state=state)
        assert "Nothing to do" in press(rosa, reference, "retry")
        assert "Nothing to cancel" in press(rosa, reference, "cancel")
        assert rows.delivery(reference).state == state


def test_the_same_code_goes_by_email_once(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    failed = failed_code(account, visitor)
    assert "The same code goes out now: Email to a***@example.org." in press(rosa, failed.reference, "send-otherwise")
    assert "The code was sent there a moment ago." in press(rosa, failed.reference, "send-otherwise")
    [text, mail] = rows.all_of(account)
    assert (mail.channel, mail.destination, mail.expires_at) == (Channel.EMAIL, "ann@example.org", text.expires_at)
    assert (mail.browser, mail.address, mail.language) == (text.browser, text.address, text.language)
    assert mail.reference in queues.waiting("codes")
    [event] = rows.events(EventKind.DELIVERY_SENT_OTHERWISE)
    assert (event.account_id, event.details["reference"]) == (account.id, mail.reference)


def test_two_clicks_at_once_send_one_mail(account: Account, visitor: Visitor, by: Actor) -> None:
    failed = failed_code(account, visitor)
    way = (Channel.EMAIL, account.email)

    def send() -> Delivery | None:
        with suppress(bounds.Full):
            return acts.send_otherwise(failed, account, way, by)
        return None

    assert sum(each is not None for each in twice(send)) == 1
    assert len(rows.all_of(account)) == 2


def test_administrators_do_not_send_more_codes_than_people_may_ask_for(
    rosa: CheckedClient, account: Account, visitor: Visitor, by: Actor
) -> None:
    mailed = sending.send_code(account, Purpose.SIGN_IN, visitor, Channel.EMAIL)
    for seconds in (0, 31, 62, 93):
        with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
            acts.send_otherwise(mailed, account, (Channel.SMS, "+12025550142"), by)
    with time_machine.travel(clock.now() + timedelta(seconds=124)):
        assert "went out in the last hour. Wait 58 minutes" in press(rosa, mailed.reference, "send-otherwise")
    assert len(rows.all_of(account)) == 5


@pytest.mark.parametrize("overtaken", ["newer", "chosen"])
def test_a_link_that_was_overtaken_is_not_sent_again(
    rosa: CheckedClient, account: Account, visitor: Visitor, overtaken: str
) -> None:
    link = sending.send_link(account, Kind.RESET, visitor).reference
    rows.change(link, state=State.FAILED)
    rosa.get(f"{PATH}/{link}")
    assert f"Retry {link} now" in buttons(rosa)
    if overtaken == "newer":
        dispatch.deliver(sending.send_link(account, Kind.RESET, visitor).reference)
    else:
        with extensions.database.transaction() as db:
            db.get_one(Account, account.id).password_changed_at = clock.now()
    assert "It is not sent again: a password was chosen since" in press(rosa, link, "retry")
    assert rows.delivery(link).state == State.FAILED
    rosa.get(f"{PATH}/retry?state=failed")
    assert rosa.h1 == "Nothing to retry"


def test_only_codes_of_people_with_another_channel_go_otherwise(
    rosa: CheckedClient, administrator: Account, visitor: Visitor
) -> None:
    mailed = sending.send_code(administrator, Purpose.SIGN_IN, visitor)
    assert "the account has no mobile number" in press(rosa, mailed.reference, "send-otherwise")
    [notice] = write(1, account_id=administrator.id)
    assert "Only sign-in codes can go by the other channel." in press(rosa, notice, "send-otherwise")


def test_all_of_a_filter_are_retried_after_their_number_was_told(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    code = failed_code(account, visitor)
    notices = write(3, account_id=account.id, state=State.FAILED, reason="30006")
    waiting = write(1, account_id=account.id, state=State.RETRYING)
    write(2, account_id=account.id, state=State.FAILED, expires_at=clock.now())
    others = write(2, state=State.FAILED)
    rosa.get(f"{PATH}/retry?person=ann")
    assert rosa.h1 == "Retry 5 messages?"
    assert "2 are left out, because their codes or links work no more." in rosa.text
    seen = _hidden(rosa)
    later = write(1, account_id=account.id, state=State.FAILED)
    codes.burn(account.id)
    answer = rosa.press(f"{PATH}/retry?person=ann", seen=seen)
    assert where(answer) == f"{PATH}?person=ann"
    rosa.get(where(answer))
    assert "4 messages are sent again now. 1 was left out" in rosa.text
    assert {rows.delivery(each).state for each in (*notices, *waiting)} == {State.QUEUED}
    assert {rows.delivery(each).state for each in (*later, *others, code.reference)} == {State.FAILED}
    assert set(notices) <= queues.waiting("notices")
    assert len(rows.events(EventKind.DELIVERY_RETRIED)) == 4
    rosa.get(where(rosa.press(f"{PATH}/retry?person=ann", seen=seen)))
    assert "5 were left out" in rosa.text
    assert len(rows.events(EventKind.DELIVERY_RETRIED)) == 4


def test_a_filter_with_nothing_to_retry_says_so(rosa: CheckedClient) -> None:
    write(1)
    rosa.get(f"{PATH}/retry?state=delivered")
    assert rosa.h1 == "Nothing to retry"
    assert where(rosa.get(f"{PATH}/retry?state=lost")) == f"{PATH}?state=lost"


@pytest.mark.parametrize("seen", ["", "x", "1", "1.", "9" * 40 + ".1", "1.1 " * 2000])
def test_a_forged_answer_retries_nothing(rosa: CheckedClient, app: Flask, seen: str) -> None:
    [failed] = write(1, state=State.FAILED)
    rosa.get("/administration/accounts")
    assert rosa.press(f"{PATH}/retry", seen=seen).status_code == 303
    assert rows.delivery(failed).state == State.FAILED


def _hidden(client: CheckedClient) -> str:
    from tests.client import PAGE

    return str(next(each.get("value") for each in client.page.iter(f"{PAGE}input") if each.get("name") == "seen"))
