"""Who has a delivery in hand, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from neoserra import clock
from neoserra.delivery import bounds, dispatch, leases, recording, sending
from neoserra.delivery.leases import LEASE_SECONDS
from neoserra.delivery.providers import outbox
from neoserra.delivery.recording import Carried, Try
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, Outcome, State
from tests.delivery import rows

pytestmark = pytest.mark.usefixtures("connected")


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def references(noon: time_machine.Traveller, account: Account, visitor: Visitor) -> list[str]:
    """Asked for at noon, whatever day the tests run on."""
    return [sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)[0].reference for _ in range(3)]


def test_many_are_claimed_by_one_statement_and_written_down_in_one_transaction(references: list[str]) -> None:
    claimed = leases.claim(references)
    assert {delivery.reference for delivery in claimed} == set(references)
    assert leases.claim(references) == []
    recording.record([dispatch.carry(delivery) for delivery in claimed])
    assert {rows.delivery(reference).state for reference in references} == {State.ACCEPTED}
    assert len(outbox.sent()) == 3


def test_a_lease_is_prolonged_while_the_worker_lives(references: list[str], noon: time_machine.Traveller) -> None:
    claimed = leases.claim(references)
    for _ in range(3):
        noon.shift(LEASE_SECONDS - 1)
        leases.prolong([delivery.id for delivery in claimed])
    assert leases.lost() == []
    noon.shift(LEASE_SECONDS)
    assert len(leases.lost()) == 3


def test_what_is_done_is_not_held_again(references: list[str], noon: time_machine.Traveller) -> None:
    claimed = leases.claim(references)
    recording.record([Carried(delivery, canceled="Enough.") for delivery in claimed])
    before = rows.delivery(references[0]).next_at
    noon.shift(1)
    leases.prolong([delivery.id for delivery in claimed])
    assert rows.delivery(references[0]).next_at == before


def test_of_several_written_down_together_only_those_still_in_hand_change(references: list[str]) -> None:
    claimed = leases.claim(references)
    rows.change(references[1], attempts=1)
    recording.record([Carried(delivery, canceled="Enough.") for delivery in claimed])
    assert [rows.delivery(reference).state for reference in references] == [
        State.CANCELED,
        State.SENDING,
        State.CANCELED,
    ]


@pytest.mark.parametrize("column", ["message", "channel"])
def test_what_only_a_newer_version_can_carry_is_left_to_its_workers(references: list[str], column: str) -> None:
    rows.change(references[0], **{column: "from_the_future"})
    assert {delivery.reference for delivery in leases.claim(references)} == set(references[1:])


def test_the_failure_of_a_code_that_was_replaced_opens_no_gap(account: Account, visitor: Visitor) -> None:
    [old] = leases.claim([sending.send_code(account, Purpose.SIGN_IN, visitor).reference])
    codes.burn(account.id)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        sending.send_code(account, Purpose.SIGN_IN, visitor)
        recording.record([Carried(old, [Try("outbox", old.changed_at, old.changed_at, Outcome.PERMANENT)])])
        assert rows.delivery(old.reference).state == State.FAILED
        assert bounds.gap_left(rows.owner(account, visitor)) > 0


def test_a_failure_that_comes_too_late_opens_no_gap(account: Account, visitor: Visitor) -> None:
    [late] = leases.claim([sending.send_code(account, Purpose.SIGN_IN, visitor).reference])
    for outcome in (Outcome.ACCEPTED, Outcome.PERMANENT):
        recording.record([Carried(late, [Try("outbox", late.changed_at, late.changed_at, outcome)])])
    assert rows.delivery(late.reference).state == State.ACCEPTED
    assert bounds.gap_left(rows.owner(account, visitor)) > 0
