"""Wrong passwords, codes, captchas and links from one client address, over all names together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager

from neoserra import extensions
from neoserra.identity import events, scripts
from neoserra.models import EventKind


class Failure(Exception):
    """A wrong guess: a password, code, captcha or link that was not right."""


class TooManyFailures(Exception):
    """The address has to wait; `retry_in` in seconds."""

    def __init__(self, retry_in: int) -> None:
        super().__init__()
        self.retry_in = retry_in


@contextmanager
def counting_failures(address: str) -> Iterator[None]:
    """Count a failure before the try inside the block, and take it back unless the block raises a `Failure`.

    Raises:
        TooManyFailures: the block is not entered.
    """
    settings = extensions.settings
    key = extensions.key("failures-from", network(address))
    count, seconds = scripts.run("count_in_window", [key], [settings.failures_per_address_seconds])
    if count > settings.failures_per_address:
        if count == settings.failures_per_address + 1:
            _tell(address)
        raise TooManyFailures(retry_in=seconds)
    try:
        yield
    except Failure:
        raise
    except BaseException:
        _take_back(key)
        raise
    _take_back(key)


def take(what: str, address: str, most: int, seconds: int) -> None:
    """Count one more of `what` for a client address, whether right or wrong: for what is costly to make.

    Raises:
        TooManyFailures: it has had `most` of them within `seconds`.
    """
    count, retry_in = scripts.run("count_in_window", [extensions.key(f"{what}-to", network(address))], [seconds])
    if count > most:
        raise TooManyFailures(retry_in)


def _take_back(key: str) -> None:
    """A window that ended meanwhile stays ended: a count made by taking one from nothing would last for ever."""
    scripts.run("take_back", [key], [])


def _tell(address: str) -> None:
    """Once in a window: an event for each refusal would let anybody fill the audit log."""
    with extensions.database.transaction() as db:
        events.record(db, EventKind.TOO_MANY_FAILURES).address = address


def network(address: str) -> str:
    """The unit that is counted: an IPv4 address, or the /64 that one IPv6 customer has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
