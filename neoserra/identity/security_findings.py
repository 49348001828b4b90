"""What the security panel says: how many accounts are in a state that somebody should look at, and what was dismissed.

A finding is shown while it concerns more accounts than when it was dismissed. The workers lower what was dismissed when
it shrinks, so that it comes back when it grows anew.
"""

from __future__ import annotations

from sqlalchemy import Select, func, select, update

from neoserra import clock, extensions
from neoserra.identity import account_list, events, shared_accounts
from neoserra.identity.account_list import Filter
from neoserra.identity.visitor import Actor
from neoserra.models import Account, Dismissal, EventKind, Finding

OF_STATES = {
    Finding.LOCKED: Filter.LOCKED,
    Finding.ABANDONED: Filter.ABANDONED,
    Finding.NEVER_USED: Filter.NEVER_USED,
    Finding.UNREACHABLE: Filter.UNREACHABLE,
}

_dismissal = Dismissal.__table__


def to_show() -> dict[Finding, int]:
    """The findings of the panel with how many accounts or browsers each concerns: two queries, both by index."""
    counts, dismissed = count(), {each.finding: each.count for each in dismissals().values()}
    return {finding: number for finding, number in counts.items() if number > dismissed.get(finding, 0)}


def count() -> dict[Finding, int]:
    """How many accounts or browsers each finding concerns, whether it was dismissed or not."""
    counts = [_number_of(finding).scalar_subquery().label(finding) for finding in Finding]
    with extensions.database.connection() as connection:
        row = connection.execute(select(*counts)).one()
    return dict(zip(Finding, row, strict=True))


def dismissals() -> dict[Finding, Dismissal]:
    with extensions.database.connection() as connection:
        found = [Dismissal(**row._mapping) for row in connection.execute(_dismissal.select())]
    return {each.finding: each for each in found}


def dismiss(finding: Finding, shown: int, reason: str, by: Actor) -> None:
    """Hide the finding until it concerns more than the administrator was shown."""
    number = min(shown, count()[finding])
    with extensions.database.transaction() as db:
        db.merge(Dismissal(finding=finding, count=number, reason=reason, account_id=by.account_id, at=clock.now()))
        events.record_act(db, EventKind.FINDING_DISMISSED, by, None, finding=finding, count=number, reason=reason)


def lower_dismissed() -> None:
    """What was dismissed and has shrunk since is dismissed for no more than it is now."""
    dismissed = dismissals()
    counts = count() if dismissed else {}
    for finding, each in dismissed.items():
        if counts[finding] < each.count:
            lower = update(Dismissal).where(_dismissal.c.finding == finding, _dismissal.c.count > counts[finding])
            with extensions.database.connection() as connection:
                connection.execute(lower.values(count=counts[finding]))


def _number_of(finding: Finding) -> Select[int]:
    if finding in OF_STATES:
        return select(func.count()).select_from(Account).where(account_list.in_state(OF_STATES[finding]))
    of_sharing = {
        Finding.MANY_BROWSERS: shared_accounts.with_many_browsers,
        Finding.TWO_NETWORKS: shared_accounts.in_two_networks,
        Finding.SHARED_BROWSER: shared_accounts.browsers_of_many,
    }
    return select(func.count()).select_from(of_sharing[finding]().subquery())
