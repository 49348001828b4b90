"""Counters and distributions for `/metrics`, of all processes together: fields of one hash in Redis.

What a worker counts is kept in the process and written in one go by `flush()`: a worker that is killed takes its last
seconds with it. Redis away costs the count, never the work.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError

from neoserra import extensions

DELIVERIES, ATTEMPTS, SIGN_INS = "deliveries", "attempts", "sign_ins"
DOOR, RECEIPT = "door_seconds", "receipt_seconds"
BOUNDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)

Field = tuple[str, ...]  # a name, the values of its labels, and for a distribution the bucket or "sum"

_pending: Counter[Field] = Counter()
_lock = threading.Lock()


def count(name: str, *labels: str) -> None:
    with _lock:
        _pending[name, *labels] += 1


def observe(name: str, label: str, seconds: float) -> None:
    """One more in the bucket that `seconds` falls into; sums are kept in milliseconds."""
    with _lock:
        _pending[name, label, str(bisect_left(BOUNDS, seconds))] += 1
        _pending[name, label, "sum"] += max(0, round(seconds * 1000))


def count_now(name: str, *labels: str) -> None:
    """For a process that does not call `flush()` again and again."""
    count(name, *labels)
    flush()


def flush() -> None:
    """Add what was counted here to what Redis has."""
    with _lock:
        counted = dict(_pending)
        _pending.clear()
    if not counted:
        return
    with suppress(RedisError), extensions.redis.pipeline(transaction=False) as pipeline:
        for field, number in counted.items():
            pipeline.hincrby(key(), json.dumps(field), number)
        pipeline.execute()


def key() -> str:
    return extensions.key("measures")


def parsed(raw: dict[bytes, bytes]) -> dict[Field, int]:
    """What `HGETALL` answered."""
    fields: dict[Field, int] = {}
    for field, number in raw.items():
        parts: list[Any] = json.loads(field)
        fields[tuple(map(str, parts))] = int(number)
    return fields
