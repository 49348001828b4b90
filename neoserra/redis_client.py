"""One way to reach Redis, for web and worker processes alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from redis.sentinel import Sentinel

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0


def connect(address: str, answer_seconds: float = ANSWER_SECONDS) -> Redis:
    """A client for a `REDIS_URL`; `redis+sentinel://host:port[,host:port]/service[/db]` follows a failover.

    One immediate retry covers a connection that Redis closed while it lay in the pool. More of them, or one after an
    answer that did not come in time, would keep a person waiting for the page that says Redis is away.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": answer_seconds,
        "retry": Retry(NoBackoff(), 1, (RedisConnectionError,)),
    }
    if not address.startswith("redis+sentinel://"):
        return Redis.from_url(address, **options)
    return _by_sentinel(address, options)


def _by_sentinel(address: str, options: dict[str, Any]) -> Redis:
    url = urlsplit(address)
    credentials, _, hosts = url.netloc.rpartition("@")
    service, _, number = url.path.strip("/").partition("/")
    username, _, password = credentials.partition(":")
    sentinels = [(host, int(port or 26379)) for host, _, port in (item.partition(":") for item in hosts.split(","))]
    login = {"username": username or None, "password": password or None}
    timeouts = {name: options[name] for name in ("socket_connect_timeout", "socket_timeout")}
    found = Sentinel(sentinels, sentinel_kwargs=timeouts)  # type: ignore[no-untyped-call]
    master: Redis = found.master_for(service, db=int(number or 0), **login, **options)  # type: ignore[no-untyped-call]
    return master
