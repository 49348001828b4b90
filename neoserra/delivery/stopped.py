"""The deliveries of a filter that can be tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from neoserra import clock
from neoserra.delivery import acts, history, message_list
from neoserra.delivery.message_list import Search
from neoserra.models import Delivery

LONGEST_LIFE = timedelta(days=1)  # of codes, links and news: what is older is over
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Stopped:
    """`alive` can be sent again; of `over` the code, link or news is not good any more. `more` may be behind them."""

    alive: list[Delivery]
    over: int
    more: bool


def of_filter(search: Search) -> Stopped:
    """Of the last day, newest first, so many as are retried at once."""
    since = max(search.since or clock.now() - LONGEST_LIFE, clock.now() - LONGEST_LIFE)
    wanted = search.values.get("state")
    states = [state for state in acts.STOPPED if wanted in (None, state)]
    found: list[Delivery] = []
    for state in states:
        narrowed = replace(search, values={**search.values, "state": state}, since=since)
        found += (line.delivery for line in islice(message_list.every(narrowed), AT_ONCE + 1 - len(found)))
    shown = found[:AT_ONCE]
    alive = [each for each in shown if acts.why_dead(each) is None]
    return Stopped(alive, len(shown) - len(alive), len(found) > AT_ONCE)


def still(seen: dict[int, int]) -> list[Delivery]:
    """Of deliveries that were seen after so many attempts, those that can still be sent again."""
    row = Delivery.__table__
    rows = history.found(row.select().where(row.c.id.in_(list(seen))))
    return [each for each in rows if _was_seen(each, seen) and acts.why_dead(each) is None]


def _was_seen(delivery: Delivery, seen: dict[int, int]) -> bool:
    return delivery.state in acts.STOPPED and delivery.attempts == seen[delivery.id]
