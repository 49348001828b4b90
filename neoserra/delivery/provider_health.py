"""How each provider does: what became of the last try, and of those in the last hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from neoserra import clock, extensions
from neoserra.delivery import routing
from neoserra.models import Attempt, Channel, Outcome

LATELY = timedelta(hours=1)

_attempt = Attempt.__table__.c


@dataclass(frozen=True, slots=True)
class LastTry:
    at: datetime
    outcome: Outcome
    provider_code: str
    explanation: str


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """`channels` are those that it is set up for; none when it only carried messages before."""

    name: str
    channels: list[Channel]
    last: LastTry | None
    tried: int
    failed: int


def each() -> list[ProviderHealth]:
    """Every provider that there is, those that are set up first."""
    from neoserra.delivery.providers import PROVIDERS  # which the web process needs nowhere else

    channels = {name: [channel for channel in Channel if name in routing.names_for(channel)] for name in PROVIDERS}
    with extensions.database.connection() as connection:
        return [_health(connection, name, channels[name]) for name in sorted(PROVIDERS, key=lambda n: not channels[n])]


def _health(connection: Connection, name: str, channels: list[Channel]) -> ProviderHealth:
    own = _attempt.provider == name
    shown = (_attempt.finished_at, _attempt.outcome, _attempt.provider_code, _attempt.explanation)
    last = connection.execute(select(*shown).where(own).order_by(_attempt.finished_at.desc()).limit(1)).one_or_none()
    outcomes = (
        select(_attempt.outcome, func.count())
        .where(own, _attempt.finished_at > clock.now() - LATELY)
        .group_by(_attempt.outcome)
    )
    counts = {row[0]: row[1] for row in connection.execute(outcomes)}
    tried = sum(counts.values())
    failed = tried - counts.get(Outcome.ACCEPTED, 0)
    return ProviderHealth(name, channels, LastTry(*last) if last else None, tried, failed)
