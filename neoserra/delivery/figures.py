"""What became of deliveries lately, added up from the tallies: by provider, by channel, by hour and by queue.

A tally has one row for a minute and kind, however many deliveries it counts, so this costs the same at any size. The
last hour is added up every five seconds at most, the whole day once a minute, for all web processes together.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select

from neoserra import clock, extensions, measures
from neoserra.models import Counted, Outcome, Tally

MINUTE, QUARTER, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24)
TO_ENTER = timedelta(minutes=10)  # younger codes are still being typed
KEPT_SECONDS, LATELY_SECONDS = 60, 5

_tally = Tally.__table__.c


@dataclass(slots=True)
class Sums:
    """`door` and `receipt` count by place in `measures.BOUNDS`."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0
    undelivered: int = 0
    tried: int = 0
    tried_badly: int = 0
    codes_sent: int = 0
    codes_used: int = 0
    door: Counter[int] = field(default_factory=Counter)
    receipt: Counter[int] = field(default_factory=Counter)

    def add(self, counted: str, detail: str, number: int) -> None:
        match counted:
            case Counted.ACCEPTED:
                self.sent += number
                self.door[int(detail)] += number
            case Counted.DELIVERED:
                self.delivered += number
                self.receipt[int(detail)] += number
            case Counted.FAILED:
                self.failed += number
            case Counted.UNDELIVERED:
                self.undelivered += number
            case Counted.TRIED:
                self.tried += number
                self.tried_badly += number if detail != Outcome.ACCEPTED else 0
            case Counted.CODE_SENT:
                self.codes_sent += number
            case Counted.CODE_USED:
                self.codes_used += number

    def failed_share(self) -> float:
        """Of what was tried, the part that came to nothing, at once or by a receipt. Receipts may be of tries before
        these; what expired was tried badly or not at all."""
        return min(1.0, (self.tried_badly + self.undelivered) / self.tried) if self.tried else 0.0


Way = tuple[str, str]  # channel and provider


@dataclass(frozen=True, slots=True)
class Lately:
    """The last 15 minutes by channel and provider, the last hour by channel, and the codes that could have been
    entered: those asked for in an hour, ten minutes ago or before."""

    quarter: dict[Way, Sums]
    hour: dict[str, Sums]
    codes: Sums


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours: by channel and provider, and by hour and channel (oldest first, the last one under way)."""

    ways: dict[Way, Sums]
    hours: list[tuple[datetime, dict[str, Sums]]]


def percentile(buckets: Counter[int], share: float) -> float | None:
    """The bound in seconds that so large a share of the durations is under: infinite beyond the last bound, None when
    there are no durations."""
    total = sum(buckets.values())
    if not total:
        return None
    places = sorted(buckets)
    reached = accumulate(buckets[place] for place in places)
    place = next(place for place, number in zip(places, reached, strict=True) if number >= share * total)
    return measures.BOUNDS[place] if place < len(measures.BOUNDS) else float("inf")


def lately() -> Lately:
    """As of at most `LATELY_SECONDS` ago."""
    quarter: defaultdict[Way, Sums] = defaultdict(Sums)
    hour: defaultdict[str, Sums] = defaultdict(Sums)
    codes = Sums()
    for counted, channel, provider, detail, in_quarter, in_hour, settled in _kept(
        lately_key(), LATELY_SECONDS, _lately
    ):
        quarter[channel, provider].add(counted, detail, in_quarter)
        hour[channel].add(counted, detail, in_hour)
        if counted in (Counted.CODE_SENT, Counted.CODE_USED):
            codes.add(counted, detail, settled)
    return Lately(dict(quarter), dict(hour), codes)


def day() -> Day:
    """As of at most a minute ago."""
    first, rows = _kept(day_key(), KEPT_SECONDS, _day)
    began = datetime.fromisoformat(first)
    ways: defaultdict[Way, Sums] = defaultdict(Sums)
    hours: list[defaultdict[str, Sums]] = [defaultdict(Sums) for _ in range(24)]
    for period, counted, channel, provider, detail, number in rows:
        ways[channel, provider].add(counted, detail, number)
        hours[period][channel].add(counted, detail, number)
    return Day(dict(ways), [(began + place * HOUR, dict(each)) for place, each in enumerate(hours)])


def failed_in(cached: bytes | None) -> dict[str, int]:
    """How many failed in the last 24 hours by queue; `cached` is what Redis has under `failed_in_key()`."""
    if cached:
        return dict(json.loads(cached))
    query = (
        select(_tally.detail, func.sum(_tally.number))
        .where(_tally.counted == Counted.FAILED_IN, _tally.minute > clock.now() - DAY)
        .group_by(_tally.detail)
    )
    with extensions.database.connection() as connection:
        found = {queue: int(number) for queue, number in connection.execute(query)}
    extensions.redis.set(failed_in_key(), json.dumps(found), ex=KEPT_SECONDS)
    return found


def failed_in_key() -> str:
    return extensions.key("figures", "failed-in")


def lately_key() -> str:
    return extensions.key("figures", "lately")


def day_key() -> str:
    return extensions.key("figures", "day")


def _kept(key: str, seconds: int, read: Callable[[], list[Any]]) -> list[Any]:
    """What was read so many seconds ago at most, by any web process."""
    cached: Any = extensions.redis.get(key)
    if cached:
        return list(json.loads(cached))
    found = read()
    extensions.redis.set(key, json.dumps(found), ex=seconds)
    return found


def _sum_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, _tally.number), else_=0))


_KIND = (_tally.counted, _tally.channel, _tally.provider, _tally.detail)
_LATELY = (
    select(
        *_KIND,
        _sum_of(_tally.minute > bindparam("quarter")),
        _sum_of(_tally.minute > bindparam("hour")),
        _sum_of(_tally.minute <= bindparam("settled")),
    )
    .where(_tally.minute > bindparam("since"))
    .group_by(*_KIND)
)


def _lately() -> list[Any]:
    """What was counted by kind in the last 15 minutes, in the last hour, and in the hour until ten minutes ago."""
    now = clock.now()
    bounds = {"quarter": now - QUARTER, "hour": now - HOUR, "settled": now - TO_ENTER - MINUTE}
    with extensions.database.connection() as connection:
        found = connection.execute(_LATELY, bounds | {"since": now - HOUR - TO_ENTER})
        return [(*kind, int(a), int(b), int(c)) for *kind, a, b, c in found]


def _day() -> list[Any]:
    """When the first of 24 hours began, and what was counted by the number of the hour and by kind."""
    first = clock.now().replace(minute=0, second=0, microsecond=0) - 23 * HOUR
    place = case(*((_tally.minute >= first + number * HOUR, number) for number in range(23, 0, -1)), else_=0)
    query = select(place, *_KIND, func.sum(_tally.number)).where(_tally.minute >= first).group_by(place, *_KIND)
    with extensions.database.connection() as connection:
        return [first.isoformat(), [(*kind, int(number)) for *kind, number in connection.execute(query)]]
