"""How the database and Redis do, and what about them may cost somebody their session."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from neoserra import extensions
from neoserra.translation import gettext as _

FULL = 0.8  # of the memory that Redis may use
VERSION = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    name: str
    version: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class RedisHealth:
    """Memory in bytes, `most_memory` 0 for no bound; `warnings` are sentences that say what to do."""

    name: str
    version: str
    milliseconds: float
    memory: int
    most_memory: int
    eviction: str
    appends: bool
    warnings: list[str]


def database() -> DatabaseHealth:
    backend = extensions.database.url.get_backend_name()
    with extensions.database.connection() as connection:
        began = time.perf_counter()
        version = connection.execute(text(VERSION[backend])).scalar_one()
    return DatabaseHealth(NAMES[backend], str(version).split()[0], _milliseconds_since(began))


def redis() -> RedisHealth:
    began = time.perf_counter()
    told: Any = extensions.redis.info()
    milliseconds = _milliseconds_since(began)
    return RedisHealth(
        name="Valkey" if told.get("server_name") == "valkey" else "Redis",
        version=told.get("valkey_version") or told["redis_version"],
        milliseconds=milliseconds,
        memory=told["used_memory"],
        most_memory=told["maxmemory"],
        eviction=told["maxmemory_policy"],
        appends=bool(told["aof_enabled"]),
        warnings=warnings(told),
    )


def warnings(told: dict[str, Any]) -> list[str]:
    """What Redis tells about itself that endangers what it keeps for us."""
    dangers = {
        _(
            "When its memory is full, Redis throws away sessions, codes and counts of wrong tries. "
            "Set maxmemory-policy to noeviction."
        ): told["maxmemory_policy"] != "noeviction",
        _("More than 80 % of the memory that Redis may use is in use. Give it more."): (
            0 < told["maxmemory"] * FULL < told["used_memory"]
        ),
        _(
            "Redis keeps no log of its writes on disk: when it starts anew, everybody is signed out and wrong tries "
            "are forgotten. Set appendonly to yes."
        ): not told["aof_enabled"],
        _("Redis could not write to its disk. Look at its log."): (
            told["aof_last_write_status"] != "ok" or told["rdb_last_bgsave_status"] != "ok"
        ),
    }
    return [sentence for sentence, present in dangers.items() if present]


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
