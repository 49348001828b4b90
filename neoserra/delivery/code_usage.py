"""How many messages went out and how many of their codes were entered, by day, country and provider.

A code that is sent and never entered did not arrive, or was read by somebody who is not signing in: where receipts are
missing or lie, and where numbers are pumped for money, this is what shows it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from neoserra import clock, extensions
from neoserra.models import Channel, Counted, Tally

DAYS = 31

_tally = Tally.__table__.c
_SHOWN = (Counted.ACCEPTED, Counted.CODE_SENT, Counted.CODE_USED)


@dataclass(frozen=True, slots=True)
class Line:
    """A day (UTC), a way and what went that way. `country` is empty for mail."""

    day: date
    channel: Channel
    country: str
    provider: str
    messages: int
    codes_sent: int
    codes_used: int

    @property
    def percent_used(self) -> int | None:
        """None where no code was sent."""
        return round(100 * self.codes_used / self.codes_sent) if self.codes_sent else None


def by_day() -> list[Line]:
    """The last `DAYS` days on which anything was sent, newest first."""
    today = clock.now().date()
    with extensions.database.connection() as connection:
        return [line for back in range(DAYS) for line in _lines(connection, today - timedelta(days=back))]


def _of(day: date) -> Select[Any]:
    """Read by the primary key, a day at a time: grouping by a day of UTC is another function in each database."""
    begin = datetime.combine(day, time(), UTC)
    return (
        select(_tally.channel, _tally.country, _tally.provider, _tally.counted, func.sum(_tally.number))
        .where(_tally.minute >= begin, _tally.minute < begin + timedelta(days=1))
        .where(_tally.counted.in_(_SHOWN), _tally.channel.in_(list(Channel)))
        .group_by(_tally.channel, _tally.country, _tally.provider, _tally.counted)
    )


def _lines(connection: Connection, day: date) -> list[Line]:
    numbers: defaultdict[tuple[str, str, str], Counter[Counted]] = defaultdict(Counter)
    for channel, country, provider, counted, number in connection.execute(_of(day)):
        numbers[channel, country, provider][counted] = number
    return [
        Line(day, Channel(way[0]), *way[1:], *(int(number[counted]) for counted in _SHOWN))
        for way, number in sorted(numbers.items())
    ]
