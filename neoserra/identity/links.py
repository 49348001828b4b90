"""Links that let somebody choose a password: after "Forgot password?", or invited by an administrator.

Like a code, a link is recomputed rather than kept: Redis holds a random id with whose it is, and the 256 bits that
prove it are an HMAC over that. No copy of a link lies in Redis, the database, a queue or a log. An account has one
link at a time, the newest. Opening it consumes nothing, so that mail scanners may look; choosing a password does,
once.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from neoserra import clock, extensions
from neoserra.identity import keys, scripts

ID_LENGTH = 22


class Kind(StrEnum):
    RESET = "reset"
    INVITATION = "invitation"


LIFE_SECONDS = {Kind.RESET: 3600, Kind.INVITATION: 24 * 3600}


@dataclass(frozen=True, slots=True)
class Link:
    """`id` alone proves nothing: it may lie in a session or a delivery."""

    id: str
    kind: Kind
    account_id: int
    issued: int
    key_name: str

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.issued + LIFE_SECONDS[self.kind], UTC)

    @property
    def token(self) -> str:
        """What the mail carries: the id and its proof. Empty when its key is no longer accepted."""
        key = keys.derived("link").get(self.key_name)
        if key is None:
            return ""
        message = f"{self.id}|{self.kind}|{self.account_id}|{self.issued}"
        return self.id + keys.encoded(hmac.digest(key, message.encode(), "sha256"))


class Superseded(Exception):
    """A newer link of the account lives: that with this number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def issue(account_id: int, kind: Kind, number: int) -> Link:
    """A new link for the account; the one before it ends. Of two, that with the higher `number` was asked for later,
    whichever is made first.

    Raises:
        Superseded: nothing was made, and the newer one lives on.
    """
    link = Link(
        keys.encoded(secrets.token_bytes(16)),
        kind,
        account_id,
        int(clock.timestamp()),
        next(iter(keys.derived("link"))),
    )
    arguments = [link.id, number, _record(link), LIFE_SECONDS[kind], extensions.key("link", "")]
    if newer := scripts.run("issue_link", [_newest(account_id)], arguments):
        raise Superseded(newer)
    return link


def opened(token: str) -> Link | None:
    """The live link behind what stands in an address; None for a used, old, superseded or made-up one."""
    link = find(token[:ID_LENGTH])
    return link if link and hmac.compare_digest(link.token.encode(), token.encode()) else None


def find(link_id: str) -> Link | None:
    """The live link with this id."""
    return _read(link_id, extensions.redis.get(_key(link_id))) if len(link_id) == ID_LENGTH else None


def consume(link_id: str) -> Link | None:
    """Use the link up: of many that try at once, one gets it."""
    return _read(link_id, extensions.redis.getdel(_key(link_id)))


def end(account_id: int) -> None:
    """End the account's link, if one lives: what it rests on has changed."""
    newest: Any = extensions.redis.getdel(_newest(account_id))
    if newest:
        extensions.redis.delete(_key(newest.decode().partition(" ")[0]))


def give_back(link: Link) -> None:
    """Let a link that was consumed for nothing live to its end."""
    seconds = int((link.expires_at - clock.now()).total_seconds())
    if seconds > 0:
        extensions.redis.set(_key(link.id), _record(link), ex=seconds, nx=True)


def _record(link: Link) -> str:
    return f"{link.kind} {link.account_id} {link.issued} {link.key_name}"


def _read(link_id: str, record: Any) -> Link | None:
    if record is None:
        return None
    kind, account_id, issued, key_name = record.decode().split(" ")
    link = Link(link_id, Kind(kind), int(account_id), int(issued), key_name)
    return link if clock.now() < link.expires_at else None


def _key(link_id: str) -> str:
    return extensions.key("link", link_id)


def _newest(account_id: int) -> str:
    return extensions.key("newest-link", account_id)
