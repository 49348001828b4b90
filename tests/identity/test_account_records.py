"""Changing accounts for their owners, below the pages: who has to stay, and what happens at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from config import Settings
from neoserra import extensions
from neoserra.identity import account_records, accounts, events
from neoserra.identity.account_records import LastAdministrator, OwnAccount, SavedMeanwhile
from neoserra.identity.records import Record
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, EventKind, Role
from tests.test_outages import ON_POSTGRESQL


@pytest.fixture
def crowd(connected: Settings) -> list[Account]:
    """Six administrators."""
    return [
        accounts.create(username=f"a{number}", email=f"a{number}@example.org", role=Role.ADMINISTRATOR)
        for number in range(6)
    ]


def administrators() -> int:
    with extensions.database.connection() as connection:
        query = select(func.count()).where(Account.role == Role.ADMINISTRATOR, Account.active)
        return connection.execute(query).scalar_one()


def test_the_last_active_administrator_cannot_be_made_inactive_or_a_user(
    administrator: Account, account: Account, visitor: Visitor
) -> None:
    """Somebody who was an administrator a moment ago may try."""
    by = Actor(account.id, visitor)
    with pytest.raises(LastAdministrator):
        account_records.set_active(administrator.id, False, by)
    demoted = Record("rosa", "Rosa Oot", "rosa@example.org", role=Role.USER)
    with pytest.raises(LastAdministrator):
        account_records.save(administrator.id, demoted, 1, by)
    assert administrators() == 1


def test_an_inactive_administrator_is_none(administrator: Account, visitor: Visitor) -> None:
    other = accounts.create(username="max", email="max@example.org", role=Role.ADMINISTRATOR)
    account_records.set_active(other.id, False, Actor(administrator.id, visitor))
    with pytest.raises(LastAdministrator):
        account_records.set_active(administrator.id, False, Actor(other.id, visitor))


def test_nobody_makes_themself_inactive_however_many_there_are(crowd: list[Account], visitor: Visitor) -> None:
    with pytest.raises(OwnAccount) as refusal:
        account_records.set_active(crowd[0].id, False, Actor(crowd[0].id, visitor))
    assert refusal.value.field == "active"


def test_administrators_who_end_each_other_at_the_same_moment_leave_one(crowd: list[Account], visitor: Visitor) -> None:
    def end_next(number: int) -> None:
        victim = crowd[(number + 1) % len(crowd)]
        with suppress(OwnAccount):
            account_records.set_active(victim.id, False, Actor(crowd[number].id, visitor))

    with ThreadPoolExecutor(len(crowd)) as pool:
        list(pool.map(end_next, range(len(crowd))))
    assert administrators() == 1


def test_of_many_who_save_the_same_page_at_once_one_saves(
    account: Account, administrator: Account, visitor: Visitor
) -> None:
    def save(number: int) -> bool:
        typed = Record("ann", f"Ann {number}", "ann@example.org", "+12025550142")
        try:
            account_records.save(account.id, typed, 1, Actor(administrator.id, visitor))
        except SavedMeanwhile as meanwhile:
            return meanwhile.version == 1
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, range(6))) == 1
    kept = accounts.by_id(account.id)
    assert kept is not None
    assert kept.version == 2


@ON_POSTGRESQL
def test_an_account_is_changed_while_an_event_about_it_is_being_written(account: Account, by: Actor) -> None:
    """Such an event holds on to two accounts: to wait for it could be to wait for who waits."""
    with extensions.database.transaction() as db:
        events.record_act(db, EventKind.DELIVERY_RETRIED, by, account.id, reference="BCDFGHJK")
        db.flush()
        account_records.set_active(account.id, False, by)
    with extensions.database.transaction() as db:
        assert not db.get_one(Account, account.id).active


def test_a_username_called_user_is_no_loss_of_administration(administrator: Account, visitor: Visitor) -> None:
    typed = Record("user", "user", "rosa@example.org", role=Role.ADMINISTRATOR)
    changes = account_records.save(administrator.id, typed, 1, Actor(administrator.id, visitor))
    assert {change.field for change in changes} == {"username", "name"}
