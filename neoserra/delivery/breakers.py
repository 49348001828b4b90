"""A breaker for each provider, shared by all workers: who fails again and again is not asked for a while.

It opens after five failures in a row, or when half of ten calls or more went badly, within 30 seconds; slow counts as
badly. 5 seconds later one caller may probe; when that fails, too, the pause doubles, up to a minute. What must be
decided once for all workers is decided in `break_circuit.lua`. A worker looks there once a second, and tells of
failures at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError

from neoserra import clock, extensions
from neoserra.identity import scripts

SLOW_SECONDS = 5.0
LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


def breaker(name: str) -> Breaker:
    """The breaker of the provider called `name`, one for all threads of this process."""
    key = name, extensions.redis
    return _known.get(key) or _known.setdefault(key, Breaker(name))


def key(name: str) -> str:
    return extensions.key("breaker", name)


def open_until(names: Iterable[str]) -> dict[str, float]:
    """When somebody may probe, of those whose breaker is open: seconds since 1970, gone by when the next message is the
    probe."""
    asked = list(names)
    with extensions.redis.pipeline(transaction=False) as pipeline:
        for name in asked:
            pipeline.hget(key(name), "until")
        return {name: float(until) for name, until in zip(asked, pipeline.execute(), strict=True) if until}


def try_now(name: str) -> bool:
    """Let the next message probe the provider, however long its pause would last. False when it is in no pause."""
    return bool(scripts.run("probe_now", [key(name)], [clock.timestamp()]))


@dataclass(slots=True)
class Breaker:
    """What this process knows of it. Without Redis every provider may be asked."""

    name: str
    _state: str = "closed"
    is_probing: bool = False
    _looked_at: float = float("-inf")
    _calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lets_through(self) -> bool:
        """Whether the provider may be asked now. Who is let through counts what came of it."""
        with self._lock:
            if self._looked_long_ago():
                self._exchange(asks=True)
            if self._state == "probe":
                self.is_probing, self._state = True, "open"
                return True
            return self._state == "closed"

    def count(self, *, failed: bool, seconds: float) -> None:
        badly = failed or seconds >= SLOW_SECONDS
        with self._lock:
            self._calls += 1
            if badly or self.is_probing or self._looked_long_ago():
                self._exchange(bad=int(badly))

    def _looked_long_ago(self) -> bool:
        return time.monotonic() - self._looked_at > LOOK_SECONDS

    def _exchange(self, *, bad: int = 0, asks: bool = False) -> None:
        """Tell what happened here since the last time, and learn how things stand."""
        probed = self.is_probing and self._calls > 0
        arguments = [clock.timestamp(), self._calls, bad, int(probed), int(asks)]
        before = self._state
        try:
            self._state = scripts.run("break_circuit", [key(self.name)], arguments).decode()
        except RedisError:
            self._state = "closed"
        self._looked_at, self._calls = time.monotonic(), 0
        self.is_probing = self.is_probing and not probed
        if self._state != before and "open" in (self._state, before):
            log.warning("breaker", extra={"provider": self.name, "state": self._state})


_known: dict[tuple[str, Redis], Breaker] = {}
