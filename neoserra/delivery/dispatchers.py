"""The dispatchers of all machines, each by the time of its last sweep: without one nothing is tried a second time."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from neoserra import clock, extensions
from neoserra.delivery import queues, worker_states
from neoserra.delivery.worker_states import Pulse

KEPT_SECONDS = 90  # as long as RQ knows a worker that was killed


@dataclass(frozen=True, slots=True)
class DispatcherState:
    host: str
    process: int
    version: str
    heard_from_at: datetime
    pulse: Pulse


def swept(version: str) -> None:
    """This process, which runs the code `version`, has swept just now; who has not for long is forgotten."""
    with extensions.redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(key(), {_entry(version): clock.timestamp()})
        pipeline.zremrangebyscore(key(), "-inf", clock.timestamp() - KEPT_SECONDS)
        pipeline.execute()


def left(version: str) -> None:
    """This process sweeps no more."""
    extensions.redis.zrem(key(), _entry(version))


def everyone() -> list[DispatcherState]:
    """By host and process; who was killed stays for a minute or so."""
    entries: Any = extensions.redis.zrange(key(), 0, -1, withscores=True)
    return sorted((_state(*entry) for entry in entries), key=lambda each: (each.host, each.process))


def key() -> str:
    return extensions.key("dispatchers")


def lately() -> float:
    """Who has swept since this time, in seconds of the epoch, is alive."""
    return clock.timestamp() - queues.SILENT_SECONDS


def _entry(version: str) -> str:
    return json.dumps({"host": socket.gethostname(), "process": os.getpid(), "version": version})


def _state(entry: bytes, at: float) -> DispatcherState:
    heard_from_at = datetime.fromtimestamp(at, UTC)
    told, pulse = json.loads(entry), worker_states.pulse(heard_from_at)
    return DispatcherState(told["host"], told["process"], told["version"], heard_from_at, pulse)
