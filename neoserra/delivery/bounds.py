"""Sending is bounded: no account, destination, client address or database is flooded (ASVS 2.4.1, 6.6.3).

Every bound is a sliding window. All are looked at in one atomic script, and a sending counts only when all of them have
room. No name, number or email address gets into Redis.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from neoserra import clock, extensions
from neoserra.identity import codes, keys, limits, scripts
from neoserra.models import Channel

HOUR = 3600
OTHERWISE_SECONDS = 30  # so that a double click sends one
ROUNDING = 0.001  # a wait of 30.0000001 s is one of 30 s


class Reason(StrEnum):
    """Which bound has no room."""

    GAP = "gap"
    ACCOUNT = "account"
    DESTINATION = "destination"
    ADDRESS = "address"
    DATABASE = "database"
    NAME = "name"


class Full(Exception):
    """Nothing was counted: the bound `reason` has no room for another `retry_in` seconds."""

    def __init__(self, reason: Reason, retry_in: int) -> None:
        super().__init__()
        self.reason = reason
        self.retry_in = retry_in


@dataclass(frozen=True, slots=True)
class _Window:
    key: str
    most: int
    seconds: int = HOUR


def take(owner: codes.Owner, channel: Channel, destination: str, address: str) -> None:
    """Count one sending of the live code.

    Raises:
        Full: the bound that stays full longest. `DATABASE` is raised for text messages alone.
    """
    settings = extensions.settings
    windows = {
        Reason.GAP: _gap(owner),
        Reason.ACCOUNT: _of_account(owner.account_id),
        Reason.ADDRESS: _window("address", limits.network(address), settings.sends_per_address_hour),
    }
    _take_all(windows | _of_destination(channel, destination))


def take_asking(name: str, address: str) -> None:
    """Count that a client address asked for a link for what was typed as a name. Codes have windows of their own, so
    that nobody is kept from signing in by links that somebody else asks for.

    Raises:
        Full: by `NAME`, which tells nothing about accounts but is not told either, or by `ADDRESS`.
    """
    settings = extensions.settings
    windows = {
        Reason.NAME: _window("name", _digest(name), settings.sends_per_account_hour),
        Reason.ADDRESS: _window("asking", limits.network(address), settings.sends_per_address_hour),
    }
    _take_all(windows)


def take_link(account_id: int) -> None:
    """Count one link that goes to the account, because somebody typed one of its names.

    Raises:
        Full: it has had enough of them.
    """
    _take_all({Reason.ACCOUNT: _window("link", account_id, extensions.settings.sends_per_account_hour)})


def take_test(channel: Channel, destination: str) -> None:
    """Count a test message to a number or address that an administrator typed.

    Raises:
        Full: as many messages as may go there in an hour went there, or as many texts as the database may send.
    """
    _take_all(_of_destination(channel, destination))


def take_otherwise(owner: codes.Owner, channel: Channel, destination: str) -> None:
    """Count that an administrator sends a live code by the other channel, for somebody who waits for it.

    Raises:
        Full: by `GAP` when it went there a moment ago.
    """
    key = extensions.key("sent", "otherwise", owner.account_id, owner.field, channel)
    windows = {
        Reason.GAP: _Window(key, most=1, seconds=OTHERWISE_SECONDS),
        Reason.ACCOUNT: _of_account(owner.account_id),
    }
    _take_all(windows | _of_destination(channel, destination))


def counted(channel: Channel, destination: str, account_id: int | None) -> dict[Reason, tuple[int, int]]:
    """How many were sent in the last hour, and how many may be, by the bounds that another code would meet."""
    windows = _of_destination(channel, destination)
    if account_id:
        windows[Reason.ACCOUNT] = _of_account(account_id)
    since = clock.timestamp() - HOUR
    with extensions.redis.pipeline(transaction=False) as pipeline:
        for window in windows.values():
            pipeline.zcount(window.key, since, "+inf")
        numbers = pipeline.execute()
    return {reason: (number, windows[reason].most) for reason, number in zip(windows, numbers, strict=True)}


def gap_left(owner: codes.Owner) -> int:
    """Seconds since this code was last sent that are still to go by; 0 when it may be sent now."""
    return _wait([_gap(owner)])


def wait(owner: codes.Owner) -> int:
    """Seconds until this account may have this code sent again; 0 means now."""
    return _wait([_gap(owner), _of_account(owner.account_id)])


def open_gap(owner: codes.Owner) -> None:
    """Let this code be sent again at once."""
    extensions.redis.delete(_gap(owner).key)


def first_this_hour(name: str) -> bool:
    """True for the first call in an hour: for what is worth telling once."""
    return first_in(HOUR, name)


def first_in(seconds: int, name: str) -> bool:
    """True unless it was called for `name` less than so many seconds ago."""
    return bool(_take([_Window(extensions.key("sent", "told", name), most=1, seconds=seconds)])[0] == 0)


def _wait(windows: list[_Window]) -> int:
    """Until each has room: when the oldest of as many as fit leaves it."""
    with extensions.redis.pipeline(transaction=False) as pipeline:
        for window in windows:
            pipeline.zrange(window.key, -window.most, -window.most, withscores=True)
        found = pipeline.execute()
    now = clock.timestamp() + ROUNDING
    ends = [last[0][1] + window.seconds - now for window, last in zip(windows, found, strict=True) if last]
    return max(0, *(ceil(end) for end in ends)) if ends else 0


def _of_destination(channel: Channel, destination: str) -> dict[Reason, _Window]:
    settings = extensions.settings
    most = settings.sends_per_destination_hour
    windows = {Reason.DESTINATION: _window("destination", _digest(destination), most)}
    if channel == Channel.SMS:
        windows[Reason.DATABASE] = _window("database", "texts", settings.sends_per_database_hour)
    return windows


def _gap(owner: codes.Owner) -> _Window:
    """It lies between two sendings of one code, so another code has another."""
    key = extensions.key("sent", "code", owner.account_id, owner.field, codes.serial(owner))
    return _Window(key, most=1, seconds=extensions.settings.send_gap_seconds)


def _of_account(account_id: int) -> _Window:
    return _window("account", account_id, extensions.settings.sends_per_account_hour)


def _window(kind: str, whose: object, most: int) -> _Window:
    return _Window(extensions.key("sent", kind, whose), most)


def _digest(destination: str) -> str:
    return keys.sign("destination", destination.casefold())


def _take_all(windows: dict[Reason, _Window]) -> None:
    number, retry_in = _take(list(windows.values()))
    if number:
        raise Full(list(windows)[number - 1], retry_in)


def _take(windows: list[_Window]) -> tuple[int, int]:
    """The number of the window that stays full longest, counted from 1, and for how long; 0 and 0 when all had room."""
    sizes = [size for window in windows for size in (window.most, window.seconds)]
    arguments = [clock.timestamp(), secrets.token_hex(8), *sizes]
    number, seconds = scripts.run("take_from_windows", [window.key for window in windows], arguments)
    return number, seconds
