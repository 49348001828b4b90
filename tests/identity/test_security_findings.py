"""What the security panel finds: who is in a state to look at, who may share an account, and what was dismissed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import accounts, security_findings, sessions, shared_accounts, sign_in, trusted_browsers
from neoserra.identity.sign_in import Proof
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, EventKind, Finding, ReachProblem, TrustedBrowser
from tests.delivery.rows import events


def change(account: Account, **values: Any) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def trust(account_id: int, browser: str, visitor: Visitor) -> None:
    with extensions.database.transaction() as db:
        trusted_browsers.trust(
            db, account_id, replace(visitor, browser=trusted_browsers.digest(browser.ljust(43, "x")))
        )


def person(number: int) -> Account:
    return accounts.create(username=f"person{number}", email=f"person{number}@example.org")


def sign_in_from(account: Account, address: str, visitor: Visitor) -> str:
    session_id = sessions.new_id(signed_in=True)
    event_id = sign_in.complete(account.id, Proof.CODE, replace(visitor, address=address))
    data = {"at": int(clock.timestamp()), "proof": "code", "event": event_id}
    sessions.keep(session_id, data, new=True)
    sessions.enlist(account.id, session_id)
    return session_id


def found() -> dict[Finding, int]:
    return {finding: number for finding, number in security_findings.count().items() if number}


def test_a_database_where_all_is_well_has_no_finding(account: Account) -> None:
    change(account, last_sign_in_at=clock.now(), reach_problem=None)
    assert found() == {}
    assert security_findings.to_show() == {}


def test_states_to_look_at_are_counted(account: Account, administrator: Account) -> None:
    used = {"last_sign_in_at": clock.now(), "reach_problem": None}
    change(account, **used | {"locked_at": clock.now()})
    change(administrator, **used | {"last_sign_in_at": clock.now() - timedelta(days=91)})
    others = [person(number) for number in range(3)]
    change(others[0], **used | {"reach_problem": ReachProblem.BAD_NUMBER})
    for each in others[1:]:
        change(each, reach_problem=None)
    change(others[2], active=False)
    expected = {Finding.LOCKED: 1, Finding.ABANDONED: 1, Finding.NEVER_USED: 1, Finding.UNREACHABLE: 1}
    assert found() == expected


def test_more_browsers_than_the_usual_person_trusts_are_a_finding(account: Account, visitor: Visitor) -> None:
    change(account, last_sign_in_at=clock.now(), reach_problem=None)
    for number in range(5):
        trust(account.id, f"b{number}", visitor)
    assert found() == {}
    trust(account.id, "b5", visitor)
    trust(account.id, "b5", visitor)
    assert found() == {Finding.MANY_BROWSERS: 1}
    [suspect] = shared_accounts.accounts_with_many_browsers()
    assert (suspect.username, suspect.times) == ("ann", 6)


def test_it_is_one_no_more_when_some_of_them_are_forgotten_and_one_again_with_others(
    account: Account, visitor: Visitor
) -> None:
    change(account, last_sign_in_at=clock.now(), reach_problem=None)
    for number in range(6):
        trust(account.id, f"b{number}", visitor)
    with extensions.database.transaction() as db:
        trusted_browsers.forget(db, account.id, trusted_browsers.of_account(account.id)[0].id)
    assert found() == {}
    trust(account.id, "another", visitor)
    assert found() == {Finding.MANY_BROWSERS: 1}


def test_a_browser_of_many_accounts_is_a_finding_and_lists_them(connected: Settings, visitor: Visitor) -> None:
    for number in range(4):
        each = person(number)
        change(each, last_sign_in_at=clock.now(), reach_problem=None)
        assert found() == {}
        trust(each.id, "front-desk", visitor)
    assert found() == {Finding.SHARED_BROWSER: 1}
    suspects = shared_accounts.accounts_sharing_a_browser()
    assert [each.username for each in suspects] == ["person0", "person1", "person2", "person3"]
    assert {(each.browser, each.times) for each in suspects} == {("Chrome on Windows", 4)}


def test_trust_that_is_over_is_deleted_and_counts_no_more(account: Account, visitor: Visitor) -> None:
    change(account, last_sign_in_at=clock.now(), reach_problem=None)
    for number in range(6):
        trust(account.id, f"b{number}", visitor)
    with extensions.database.transaction() as db:
        over = update(TrustedBrowser).where(TrustedBrowser.browser == trusted_browsers.digest("b0".ljust(43, "x")))
        db.execute(over.values(trusted_at=clock.now() - timedelta(days=90, seconds=1)))
    trusted_browsers.delete_ended()
    trusted_browsers.delete_ended()
    assert found() == {}
    assert len(trusted_browsers.of_account(account.id)) == 5


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("192.0.2.7", "198.51.100.23", True),
        ("192.0.2.7", "192.0.2.250", False),
        ("2001:db8:1::1", "2001:db8:2::1", True),
        ("2001:db8:1::1", "2001:db8:1:ffff::9", False),
        ("192.0.2.7", "2001:db8:1::1", False),
        ("192.0.2.7", "", False),
    ],
)
def test_being_signed_in_from_two_networks_at_once_is_a_finding(
    account: Account, visitor: Visitor, first: str, second: str, apart: bool
) -> None:
    sign_in_from(account, first, visitor)
    sign_in_from(account, second, visitor)
    assert security_findings.count()[Finding.TWO_NETWORKS] == int(apart)
    assert [event.details for event in events(EventKind.TWO_NETWORKS)] == [{"also_from": first}] * apart


def test_one_network_after_the_other_is_none(account: Account, visitor: Visitor) -> None:
    sessions.end(sign_in_from(account, "192.0.2.7", visitor))
    sign_in_from(account, "198.51.100.23", visitor)
    assert events(EventKind.TWO_NETWORKS) == []


def test_two_networks_are_a_finding_for_a_week(account: Account, visitor: Visitor) -> None:
    for address in ("192.0.2.7", "198.51.100.23", "203.0.113.9"):
        sign_in_from(account, address, visitor)
    [suspect] = shared_accounts.accounts_in_two_networks()
    assert (suspect.username, suspect.times) == ("ann", 2)
    assert events(EventKind.TWO_NETWORKS)[1].details == {"also_from": "192.0.2.7, 198.51.100.23"}
    with time_machine.travel(clock.now() + timedelta(days=7, seconds=1)):
        assert security_findings.count()[Finding.TWO_NETWORKS] == 0


def test_what_was_dismissed_comes_back_when_it_grows(administrator: Account, visitor: Visitor) -> None:
    change(administrator, last_sign_in_at=clock.now(), reach_problem=None)
    by = Actor(administrator.id, visitor)
    for number in range(2):
        change(person(number), reach_problem=None)
    security_findings.dismiss(Finding.NEVER_USED, 2, "They start in May", by)
    assert security_findings.to_show() == {}
    [event] = events(EventKind.FINDING_DISMISSED)
    assert event.actor_id == administrator.id
    assert event.details == {"finding": "never_used", "count": 2, "reason": "They start in May"}
    change(person(2), reach_problem=None)
    assert security_findings.to_show() == {Finding.NEVER_USED: 3}
    security_findings.dismiss(Finding.NEVER_USED, 3, "In June", by)
    assert security_findings.to_show() == {}


def test_what_grew_while_it_was_being_dismissed_is_shown(administrator: Account, visitor: Visitor) -> None:
    change(administrator, last_sign_in_at=clock.now(), reach_problem=None)
    for number in range(3):
        change(person(number), reach_problem=None)
    security_findings.dismiss(Finding.NEVER_USED, 2, "They start in May", Actor(administrator.id, visitor))
    assert security_findings.to_show() == {Finding.NEVER_USED: 3}


def test_what_shrank_and_grew_anew_is_shown(administrator: Account, visitor: Visitor) -> None:
    change(administrator, last_sign_in_at=clock.now(), reach_problem=None)
    people = [person(number) for number in range(2)]
    for each in people:
        change(each, reach_problem=None)
    security_findings.dismiss(Finding.NEVER_USED, 10**6, "They start in May", Actor(administrator.id, visitor))
    for each in people:
        change(each, last_sign_in_at=clock.now())
    security_findings.lower_dismissed()
    change(person(2), reach_problem=None)
    assert security_findings.to_show() == {Finding.NEVER_USED: 1}
