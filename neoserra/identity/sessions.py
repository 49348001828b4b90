"""Sessions in Redis: what the server knows about a browser between two requests.

The cookie holds 256 random bits; Redis knows the session under a hash of them, so that whoever reads Redis cannot use
it. A value is `<idle seconds> <JSON>`: reading it prolongs it by that much in the same step. An account's sessions
are listed in an index, which ends the oldest when there are more than ten (ASVS 7.1.2) and lets all of them be ended.
A second index names the accounts that have such a list, so that nobody ever has to search Redis for sessions.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from neoserra import clock, extensions
from neoserra.identity import keys, scripts

IDLE_SECONDS = 3600
ADMINISTRATOR_IDLE_SECONDS = 1800
LONGEST_SECONDS = 12 * 3600
MOST_PER_ACCOUNT = 10

SIGNED_IN = "s"
ID = re.compile(r"[sv][A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A signed-in session as lists show it. `name` does not let anybody use it; `event_id` is of its sign-in."""

    account_id: int
    name: str
    began_at: datetime
    last_seen_at: datetime
    proof: str
    event_id: int


def new_id(*, signed_in: bool = False) -> str:
    """256 random bits. The first letter tells a session that ended from a visitor who only looked: neither is in
    Redis."""
    return (SIGNED_IN if signed_in else "v") + secrets.token_urlsafe(32)


def load(session_id: str, *, prolong: bool = True) -> dict[str, Any] | None:
    """What was kept under this id; None when there is no such session any more."""
    key = _key(session_id)
    value: Any = scripts.run("read_session", [key], []) if prolong else extensions.redis.get(key)
    return json.loads(value.partition(b" ")[2]) if value else None


def keep(session_id: str, data: dict[str, Any], *, new: bool, idle_seconds: int = IDLE_SECONDS) -> None:
    """Keep `data`. One that is not new is changed only while it exists: a late request revives no ended session."""
    value = f"{idle_seconds} {json.dumps(data, separators=(',', ':'))}"
    extensions.redis.set(_key(session_id), value, ex=idle_seconds, nx=new, xx=not new)


def end(session_id: str) -> None:
    extensions.redis.delete(_key(session_id))


def enlist(account_id: int, session_id: str) -> None:
    """Add the session to those of the account, and end the oldest beyond ten."""
    prefix = extensions.key("session", "")
    arguments = [name(session_id), clock.timestamp(), MOST_PER_ACCOUNT, LONGEST_SECONDS, prefix, account_id]
    scripts.run("enlist_session", [_index(account_id), _accounts()], arguments)


def end_all(account_id: int) -> None:
    """Delete every session of the account. Raise its epoch as well: that holds even for one being written right now."""
    names: Any = extensions.redis.zrange(_index(account_id), 0, -1)
    extensions.redis.delete(_index(account_id), *(extensions.key("session", name.decode()) for name in names))


def accounts_with_sessions() -> list[int]:
    """The accounts that may have a session open: those for which one began in the last twelve hours."""
    account_ids: Any = extensions.redis.zrange(_accounts(), 0, -1)
    return [int(account_id) for account_id in account_ids]


def open_sessions(account_ids: Iterable[int]) -> list[OpenSession]:
    """The sessions of these accounts that have not ended, in two round trips for any number of them."""
    wanted = list(account_ids)
    listed = _pipelined([("zrange", _index(account_id), 0, -1) for account_id in wanted])
    found = [(whose, each.decode()) for whose, names in zip(wanted, listed, strict=True) for each in names]
    keys_found = [extensions.key("session", each) for _, each in found]
    answers = _pipelined([(command, key) for key in keys_found for command in ("get", "pttl")])
    values = zip(found, answers[::2], answers[1::2], strict=True)
    opened = [_opened(whose, each, value, left) for (whose, each), value, left in values if value]
    return [one for one in opened if clock.now() - one.began_at < timedelta(seconds=LONGEST_SECONDS)]


def end_named(account_id: int, session_name: str) -> bool:
    """End the session that Redis knows by this name, if it is one of the account's; False when there is none."""
    if not extensions.redis.zrem(_index(account_id), session_name):
        return False
    return bool(extensions.redis.delete(extensions.key("session", session_name)))


def csrf_token(session_id: str) -> str:
    """The secret behind a session's form tokens. Derived, so that a visitor who only looks costs Redis nothing; and
    without a key, so that an open form outlives a change of `SECRET_KEY` (the form gets it signed)."""
    return keys.digest(f"csrf {session_id}")


def name(session_id: str) -> str:
    """What Redis, and a list of sessions, knows a session by."""
    return keys.digest(session_id)[:22]


def _key(session_id: str) -> str:
    return extensions.key("session", name(session_id))


def _index(account_id: int) -> str:
    return extensions.key("sessions", account_id)


def _accounts() -> str:
    return extensions.key("accounts-with-sessions")


def _pipelined(commands: list[tuple[Any, ...]]) -> list[Any]:
    pipeline = extensions.redis.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
    return pipeline.execute()


def _opened(account_id: int, session_name: str, value: bytes, milliseconds_left: int) -> OpenSession:
    idle, _, text = value.decode().partition(" ")
    data = json.loads(text)
    began_at = datetime.fromtimestamp(data.get("at", 0), UTC)
    last_seen_at = clock.now() - timedelta(seconds=int(idle), milliseconds=-milliseconds_left)
    return OpenSession(account_id, session_name, began_at, last_seen_at, data.get("proof", ""), data.get("event", 0))
