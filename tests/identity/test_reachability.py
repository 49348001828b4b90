"""Whether codes reach a person: found where it changes, and kept on the account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from config import Settings
from neoserra import clock, extensions
from neoserra.delivery import dispatch, sending
from neoserra.identity import accounts, credentials, reachability, sign_in
from neoserra.identity.account_records import set_active
from neoserra.identity.codes import Owner, Purpose, current
from neoserra.identity.reachability import Rounds
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, ReachProblem, State
from tests.delivery import rows


@pytest.fixture
def ben(connected: Settings) -> Account:
    """Ben, who has no mobile number."""
    return accounts.create(username="ben", email="ben@example.org")


def problem(account: Account) -> ReachProblem | None:
    return kept(account).reach_problem


def kept(account: Account) -> Account:
    found = accounts.by_id(account.id)
    assert found is not None
    return found


def change(account: Account, **values: Any) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def confirm(account: Account) -> None:
    """As if both had been confirmed and found reachable."""
    now = clock.now()
    change(account, mobile_confirmed_at=now, email_confirmed_at=now)
    reachability.examine([account.id])
    assert problem(account) is None


def enter_code(account: Account, visitor: Visitor, *channels: Channel) -> None:
    """Have the sign-in code sent these ways, and enter it."""
    for number, channel in enumerate(channels):
        with time_machine.travel(clock.now() + timedelta(minutes=number), tick=False):
            sending.send_code(account, Purpose.SIGN_IN, visitor, channel)
    owner = Owner(account.id, visitor.browser, Purpose.SIGN_IN)
    sign_in.with_code(owner, current(owner) or "", visitor)


def test_nobody_is_sure_to_be_reached_before_a_code_came_back(account: Account, ben: Account) -> None:
    assert problem(account) == ReachProblem.UNCONFIRMED_MOBILE
    assert problem(ben) == ReachProblem.UNCONFIRMED_EMAIL


def test_a_sign_in_code_that_went_by_text_message_alone_proves_the_number(account: Account, visitor: Visitor) -> None:
    enter_code(account, visitor, Channel.SMS, Channel.SMS)
    saved = kept(account)
    assert (bool(saved.mobile_confirmed_at), saved.email_confirmed_at, saved.reach_problem) == (True, None, None)


def test_one_that_went_by_email_alone_proves_the_address(account: Account, ben: Account, visitor: Visitor) -> None:
    enter_code(ben, visitor, Channel.EMAIL)
    assert kept(ben).email_confirmed_at
    assert problem(ben) is None
    enter_code(account, visitor, Channel.EMAIL)
    assert kept(account).email_confirmed_at
    assert problem(account) == ReachProblem.UNCONFIRMED_MOBILE


def test_one_that_went_both_ways_proves_neither(account: Account, visitor: Visitor) -> None:
    enter_code(account, visitor, Channel.SMS, Channel.EMAIL)
    assert (kept(account).mobile_confirmed_at, kept(account).email_confirmed_at) == (None, None)


def test_one_that_went_to_another_browser_proves_nothing(account: Account, visitor: Visitor) -> None:
    sending.send_code(account, Purpose.SIGN_IN, replace(visitor, browser="1" * 43))
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        enter_code(account, visitor, Channel.EMAIL)
    assert kept(account).mobile_confirmed_at is None
    assert kept(account).email_confirmed_at


def test_the_first_proof_keeps_its_date(account: Account, visitor: Visitor) -> None:
    long_ago = clock.now() - timedelta(days=30)
    change(account, mobile_confirmed_at=long_ago)
    enter_code(account, visitor, Channel.SMS)
    assert kept(account).mobile_confirmed_at == long_ago


def test_a_message_that_failed_is_told_until_another_arrives(account: Account, visitor: Visitor) -> None:
    confirm(account)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, destination="+12025550181")  # the outbox refuses it for good
    change(account, mobile="+12025550181")
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.FAILED
    assert problem(account) == ReachProblem.FAILED
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        again = sending.send_code(kept(account), Purpose.SIGN_IN, visitor)
    rows.change(again.reference, state=State.DELIVERED)
    reachability.examine([account.id])
    assert problem(account) is None


def test_a_failed_message_to_a_number_of_before_does_not_count(account: Account, visitor: Visitor) -> None:
    confirm(account)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, state=State.FAILED)
    reachability.examine([account.id])
    assert problem(account) == ReachProblem.FAILED
    change(account, mobile="+12025550199")
    reachability.examine([account.id])
    assert problem(account) is None


def test_a_number_that_two_ask_for_is_told_of_both_until_one_takes_it_back(
    account: Account, ben: Account, visitor: Visitor
) -> None:
    confirm(account)
    confirm(ben)
    credentials.ask_mobile(account.id, "202-555-0199", visitor)
    assert (problem(account), problem(ben)) == (None, None)
    credentials.ask_mobile(ben.id, "202-555-0199", visitor)
    assert (problem(account), problem(ben)) == (ReachProblem.ASKED_BY_TWO,) * 2
    credentials.take_back(ben.id, "new_mobile", visitor)
    assert (problem(account), problem(ben)) == (None, None)


def test_a_number_that_somebody_else_got_first_is_told(account: Account, ben: Account, visitor: Visitor) -> None:
    confirm(account)
    confirm(ben)
    credentials.ask_mobile(account.id, "202-555-0199", visitor)
    credentials.ask_mobile(ben.id, "202-555-0199", visitor)
    owner = Owner(ben.id, visitor.browser, Purpose.MOBILE, "+12025550199")
    sending.send_code(kept(ben), Purpose.MOBILE, visitor)
    credentials.confirm_mobile(owner, current(owner) or "", visitor)
    assert problem(ben) is None
    assert problem(account) == ReachProblem.ASKED_BY_TWO


def test_an_inactive_account_is_nobodys_worry(account: Account, administrator: Account, visitor: Visitor) -> None:
    by = Actor(administrator.id, visitor)
    set_active(account.id, False, by)
    assert problem(account) is None
    set_active(account.id, True, by)
    assert problem(account) == ReachProblem.UNCONFIRMED_MOBILE


class TestRounds:
    @pytest.fixture
    def elsewhere(self, connected: Settings) -> Iterator[Settings]:
        """The rules take Canadian numbers alone from now on."""
        before = extensions.settings
        extensions.settings = replace(before, sms_countries=frozenset({"CA"}))
        yield extensions.settings
        extensions.settings = before

    def test_a_number_that_the_rules_no_longer_take_is_found(self, account: Account, elsewhere: Settings) -> None:
        Rounds().step()
        assert problem(account) == ReachProblem.BAD_NUMBER

    def test_a_round_goes_through_everybody_a_few_at_a_time_and_begins_again_after_an_hour(
        self, connected: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reachability, "AT_A_TIME", 2)
        people = [accounts.create(username=f"p{number}", email=f"p{number}@example.org") for number in range(5)]
        rounds = Rounds()
        with time_machine.travel(clock.now(), tick=False) as time:
            self._forget(people)
            for known in (2, 4, 5, 5, 5):
                rounds.step()
                assert sum(problem(each) is not None for each in people) == known
            self._forget(people)
            rounds.step()
            assert problem(people[0]) is None
            time.shift(timedelta(hours=1))
            rounds.step()
            assert problem(people[0]) == ReachProblem.UNCONFIRMED_EMAIL

    @staticmethod
    def _forget(people: list[Account]) -> None:
        for each in people:
            change(each, reach_problem=None)
