"""What follows when a message did not reach its person: where codes do not arrive is noted, and a code may be asked for
again at once, by the other channel. So may one that was canceled."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from redis.exceptions import RedisError

from neoserra.delivery import bounds, texts
from neoserra.identity import codes, reachability
from neoserra.models import Delivery


def follow(failed: Iterable[Delivery]) -> None:
    """To be called once their failure is committed."""
    ids = set()
    for delivery in failed:
        if delivery.account_id:
            ids.add(delivery.account_id)
            with suppress(RedisError):  # it opens by itself in half a minute
                _open_the_gap(delivery)
    reachability.examine(ids)


def open_the_gaps(canceled: Iterable[Delivery]) -> None:
    """To be called once it is committed that these are not sent any more."""
    owners = {(each.account_id, each.browser, each.message, each.destination): each for each in canceled}
    with suppress(RedisError):
        for delivery in owners.values():
            _open_the_gap(delivery)


def _open_the_gap(delivery: Delivery) -> None:
    """The wait between two sendings is for those that arrive. The bounds of the hour hold all the same."""
    if delivery.message not in texts.PURPOSES:
        return
    owner = texts.owner(delivery)
    if codes.expiry(owner) == delivery.expires_at:  # and no later code lives
        bounds.open_gap(owner)
