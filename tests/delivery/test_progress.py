"""What a person is told about the messages with their code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from neoserra import clock
from neoserra.delivery import dispatch, sending
from neoserra.delivery.sending import Progress
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Message, State
from tests.delivery import rows


def progress(account: Account, visitor: Visitor) -> list[Progress]:
    return sending.progress(rows.owner(account, visitor), clock.now() - timedelta(hours=1))


def test_the_messages_of_this_code_are_shown_newest_first(account: Account, visitor: Visitor) -> None:
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(text.reference, created_at=clock.now() - timedelta(minutes=1))
    elsewhere = replace(visitor, browser="1" * 43)
    sending.send_code(account, Purpose.SIGN_IN, elsewhere)
    sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    mail = sending.send_code(account, Purpose.SIGN_IN, replace(elsewhere, browser="2" * 43), Channel.EMAIL)
    rows.change(mail.reference, browser=visitor.browser)
    shown = progress(account, visitor)
    assert [entry.reference for entry in shown] == [mail.reference, text.reference]
    assert [entry.channel for entry in shown] == [Channel.EMAIL, Channel.SMS]


def test_destinations_are_masked(account: Account, visitor: Visitor) -> None:
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    assert progress(account, visitor)[0].to == "***-**42"
    rows.change(text.reference, channel=Channel.EMAIL, destination="ann@example.org")
    assert progress(account, visitor)[0].to == "a***@example.org"


def test_older_messages_are_not_shown(account: Account, visitor: Visitor) -> None:
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(text.reference, created_at=clock.now() - timedelta(hours=2))
    assert progress(account, visitor) == []


def test_a_person_reads_what_to_do_and_not_what_the_administrator_reads(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550181")
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(text.reference)
    [entry] = progress(account, visitor)
    assert (entry.state, entry.state_words) == (State.FAILED, "Not sent")
    assert entry.explanation == (
        "We could not send a text message to that number. Have it sent by email, or ask your administrator."
    )
    assert "Simulated" in rows.delivery(text.reference).explanation


def test_who_has_opted_out_is_told_so_when_the_code_goes_by_email_as_well(account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550182")
    text = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(text.reference)
    sending.send_code(account, Purpose.SIGN_IN, visitor, Channel.EMAIL)
    assert progress(account, visitor)[1].explanation == (
        "That number has told us to stop, so it gets no text messages from us. The code goes by email, too."
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("channel", Channel)
def test_every_state_has_words(state: State, channel: Channel, account: Account, visitor: Visitor) -> None:
    text = sending.send_code(account, Purpose.SIGN_IN, visitor, channel)
    rows.change(text.reference, state=state)
    [entry] = progress(account, visitor)
    assert entry.state_words
    assert entry.for_script() == {
        "reference": text.reference,
        "channel": channel,
        "to": entry.to,
        "state": state,
        "explanation": entry.explanation,
        "at": text.created_at.isoformat(),
    }
