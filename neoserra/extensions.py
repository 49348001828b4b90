"""The shared objects: the settings, the database and Redis of this process.

`connect()` fills them in. The web process, a worker, a command and a test each call it once before anything
else; code reads them as `extensions.database` and so on at the moment of use.
"""

from __future__ import annotations

import os

from redis import Redis

from config import Settings
from neoserra import redis_client
from neoserra.database import Database

settings: Settings
database: Database
redis: Redis


def connect(to: Settings) -> None:
    """Make `to` the settings of this process and open its database and Redis (both connect at first use)."""
    global settings, database, redis
    disconnect()
    os.environ["RQ_KEY_PREFIX"] = to.rq_key_prefix  # RQ reads it once, when it is first imported
    settings, database, redis = to, Database(to.database_url), redis_client.connect(to.redis_url)


def disconnect() -> None:
    """Close what `connect()` opened, if it did."""
    if "database" in globals():
        database.dispose()
        redis.close()


def key(*parts: object) -> str:
    """The Redis key for `parts`, under the prefix of this deployment."""
    return ":".join((settings.redis_prefix, *map(str, parts)))
