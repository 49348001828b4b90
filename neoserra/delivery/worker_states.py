"""The workers as they stand in RQ's list, with what ours write there besides."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from neoserra import clock, extensions
from neoserra.delivery import queues

LATE_SECONDS = 6  # three beats
_STATM = Path("/proc/self/statm")


class Pulse(StrEnum):
    ALIVE = "alive"
    LATE = "late"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class WorkerState:
    """`done` and `failed` are counted since it started; `memory` in bytes, 0 where the system does not tell."""

    host: str
    process: int
    version: str
    queues: list[str]
    heard_from_at: datetime
    pulse: Pulse
    carrying: int
    done: int
    failed: int
    memory: int


def told(carrying: int, version: str) -> dict[Any, Any]:
    """What a worker writes with each beat. RQ's own `version` is that of RQ."""
    return {"carrying": carrying, "memory": _memory(), "code": version}


def everyone() -> list[WorkerState]:
    """Every worker that RQ still knows, by queue and host. Who was killed stays for a minute or so."""
    from rq.worker_registration import REDIS_WORKER_KEYS

    with extensions.redis.pipeline(transaction=False) as pipeline:
        for worker in extensions.redis.smembers(REDIS_WORKER_KEYS):
            pipeline.hgetall(worker)
        found = [_state(each) for each in pipeline.execute() if each.get(b"last_heartbeat")]
    order = {name: place for place, name in enumerate(queues.NAMES)}
    return sorted(found, key=lambda each: ([order.get(name, 9) for name in each.queues], each.host, each.process))


def _state(raw: dict[bytes, bytes]) -> WorkerState:
    entry: dict[str, Any] = {name.decode(): value.decode(errors="replace") for name, value in raw.items()}
    beat = datetime.fromisoformat(entry["last_heartbeat"])
    return WorkerState(
        host=entry.get("hostname", ""),
        process=int(entry.get("pid", 0)),
        version=entry.get("code", ""),
        queues=entry.get("queues", "").split(","),
        heard_from_at=beat,
        pulse=pulse(beat),
        carrying=int(entry.get("carrying", 0)),
        done=int(entry.get("successful_job_count", 0)),
        failed=int(entry.get("failed_job_count", 0)),
        memory=int(entry.get("memory", 0)),
    )


def pulse(heard_from_at: datetime) -> Pulse:
    silent = clock.now() - heard_from_at
    if silent > timedelta(seconds=queues.SILENT_SECONDS):
        return Pulse.DEAD
    return Pulse.LATE if silent > timedelta(seconds=LATE_SECONDS) else Pulse.ALIVE


def _memory() -> int:
    """Of this process, what is resident."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
