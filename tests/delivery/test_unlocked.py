"""Many rows changed at a time while others change the same ones: on PostgreSQL nobody waits for somebody who waits."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from neoserra import clock, extensions
from neoserra.delivery import acts, leases, pauses, recording
from neoserra.delivery.recording import Carried, Try
from neoserra.identity.visitor import Actor
from neoserra.models import Account, Delivery, Outcome, State
from tests.administration.deliveries_pages import write
from tests.delivery import rows
from tests.test_outages import ON_POSTGRESQL

pytestmark = ON_POSTGRESQL
ROUNDS = 3


def together(*acts: Callable[[], object]) -> list[SQLAlchemyError]:
    """What the database refused of these, done at the same time."""
    barrier, refused = Barrier(len(acts)), list[SQLAlchemyError]()

    def do(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except SQLAlchemyError as error:
            refused.append(error)

    threads = [Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def carry(references: list[str]) -> None:
    """Claim and record, the last first and each by a statement of its own, since each has another provider."""
    for first in range(0, len(references), 50):
        now, claimed = clock.now(), leases.claim(references[first : first + 50])
        by = ((Try(f"provider {place}", now, now, Outcome.ACCEPTED), each) for place, each in enumerate(claimed))
        recording.record([Carried(each, [tried]) for tried, each in reversed(list(by))])


def test_a_queue_is_drained_while_a_worker_sends_from_it(account: Account, by: Actor) -> None:
    for _ in range(ROUNDS):
        references = write(2000, account_id=account.id, state=State.QUEUED)
        assert together(lambda: pauses.drain("notices", by), lambda: carry(references[1000:])) == []  # noqa: B023
        assert {each.state for each in rows.all_of(account)} <= {State.CANCELED, State.ACCEPTED}


def test_what_another_transaction_changes_is_passed_over(account: Account, by: Actor) -> None:
    references = write(3, account_id=account.id, state=State.RETRYING)
    with extensions.database.transaction() as db:
        db.scalars(select(Delivery.id).where(Delivery.reference == references[1]).with_for_update()).one()
        assert len(acts.retry(rows.all_of(account), by)) == 2
        assert pauses.drain("notices", by) == 2
    assert pauses.drain("notices", by) == 1


def test_a_worker_holds_what_it_sends_without_waiting_for_what_is_recorded(account: Account) -> None:
    first, second = leases.claim(write(2, account_id=account.id, state=State.QUEUED))
    ends = {each.reference: each.next_at for each in (first, second)}
    with extensions.database.transaction() as db:
        db.scalars(select(Delivery.id).where(Delivery.id == first.id).with_for_update()).one()
        leases.prolong([first.id, second.id])
    assert rows.delivery(first.reference).next_at == ends[first.reference]
    assert rows.delivery(second.reference).next_at > ends[second.reference]
