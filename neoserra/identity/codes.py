"""Six-digit codes, recomputed rather than kept.

Redis holds a record for each live code: the tries left, when it was first issued, which key makes it and a random
nonce. The code itself is the RFC 4226 truncation of an HMAC-SHA-256 over that record under a key derived from
`SECRET_KEY`. So any process can say the same code again, and nobody who reads Redis, a queue or a log learns it.

One hash a person: `codes:<account>`, a field for each browser and purpose, `<tries> <issued> <key> <nonce>`. A code
lives one hour from its first sending; a resend does not prolong it. The hour is the mission's; `docs/security.md`
says what makes up for the ten minutes of NIST SP 800-63B-4, 3.1.3.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from neoserra import clock, extensions
from neoserra.identity import keys, limits, scripts

LIFE_SECONDS = 3600
TRIES = 5
WRONG_CODES = 10
DIGITS = 6


class Purpose(StrEnum):
    """A code for one purpose is wrong for every other."""

    SIGN_IN = "sign-in"
    MOBILE = "mobile"
    EMAIL = "email"


class CodeRefused(Exception):
    """The code did not count; the subclasses say why."""


class CodeExpired(CodeRefused):
    """No such code lives: its hour is over, it has been used, or a change of the account burned it."""


class CodeUsedUp(CodeRefused, limits.Failure):
    """Tried wrongly too often; only a new code helps."""


class TooManyWrongCodes(CodeRefused, limits.Failure):
    """Too many wrong codes in a row over all codes of the account: lock it."""


class WrongCode(CodeRefused, limits.Failure):
    """Not the code that was sent; `tries_left` more may be made."""

    def __init__(self, tries_left: int) -> None:
        super().__init__()
        self.tries_left = tries_left


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a code belongs to: one account, one browser (its digest) and one purpose.

    `to` is the number or address that the code confirms: a code sent to one is wrong for another. It is empty for a
    sign-in, where the same code may go both ways.
    """

    account_id: int
    browser: str
    purpose: Purpose
    to: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        return extensions.key("codes", self.account_id)

    @property
    def field(self) -> str:
        return f"{self.purpose}:{self.browser[:22]}"


@dataclass(frozen=True, slots=True)
class _Record:
    tries: int
    issued: int
    key_name: str
    nonce: str

    @classmethod
    def read(cls, value: bytes) -> _Record:
        tries, issued, key_name, nonce = value.decode().split(" ")
        return cls(int(tries), int(issued), key_name, nonce)

    @property
    def live(self) -> bool:
        return self.tries > 0 and clock.timestamp() < self.issued + LIFE_SECONDS and self.key_name in _keys()


def issue(owner: Owner) -> datetime:
    """Make a code, or keep the one that lives; when it expires (UTC)."""
    now = int(clock.timestamp())
    accepted = list(_keys())
    fresh = f"{TRIES} {now} {accepted[0]} {keys.encoded(secrets.token_bytes(16))}"
    value = scripts.run("issue_code", [owner.key], [owner.field, fresh, now, LIFE_SECONDS, f" {' '.join(accepted)} "])
    return _expiry(_Record.read(value))


def current(owner: Owner) -> str | None:
    """The digits of the live code, for the message that carries them; None when there is none."""
    record = _record(owner)
    return _digits(owner, record) if record and record.live else None


def expiry(owner: Owner) -> datetime | None:
    """When the live code expires (UTC); None when there is none."""
    record = _record(owner)
    return _expiry(record) if record and record.live else None


def serial(owner: Owner) -> str:
    """What tells the live code from those before it, and not what it is; empty when none lives."""
    record = _record(owner)
    return record.nonce if record and record.live else ""


def check(owner: Owner, typed: str) -> None:
    """Use the code. Returns when `typed` is right; that burns every live code of the account.

    Raises:
        CodeRefused: a subclass says why.
    """
    record = _record(owner)
    if record is None or record.key_name not in _keys():
        raise CodeExpired
    right = hmac.compare_digest(_digits(owner, record).encode(), typed.encode())
    arguments = [owner.field, record.nonce, int(right), int(clock.timestamp()), LIFE_SECONDS, WRONG_CODES]
    answer = scripts.run("try_code", [owner.key, extensions.key("failures", owner.account_id)], arguments).decode()
    _raise_unless_right(answer)


def withdraw(owner: Owner) -> None:
    """End a code that was never sent."""
    extensions.redis.hdel(owner.key, owner.field)


def burn(account_id: int) -> None:
    """End every live code of the account."""
    extensions.redis.delete(extensions.key("codes", account_id))


def end(account_id: int, purpose: Purpose) -> None:
    """End the live codes of the account for this purpose: what they were to confirm is asked for no more."""
    key = extensions.key("codes", account_id)
    fields: Any = extensions.redis.hkeys(key)
    if ended := [each for each in fields if each.startswith(f"{purpose}:".encode())]:
        extensions.redis.hdel(key, *ended)


def truncated(digest: bytes, digits: int = DIGITS) -> str:
    """RFC 4226, section 5.3: a decimal code out of an HMAC."""
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def _raise_unless_right(answer: str) -> None:
    refusals = {"expired": CodeExpired, "used_up": CodeUsedUp, "locked": TooManyWrongCodes}
    if answer in refusals:
        raise refusals[answer]
    if answer != "right":
        raise WrongCode(tries_left=int(answer))


def _record(owner: Owner) -> _Record | None:
    value: Any = extensions.redis.hget(owner.key, owner.field)
    return _Record.read(value) if value else None


def _digits(owner: Owner, record: _Record) -> str:
    key = _keys()[record.key_name]
    message = f"{owner.purpose}|{owner.account_id}|{owner.browser}|{owner.to}|{record.issued}|{record.nonce}"
    return truncated(hmac.digest(key, message.encode(), "sha256"))


def _expiry(record: _Record) -> datetime:
    return datetime.fromtimestamp(record.issued + LIFE_SECONDS, UTC)


def _keys() -> dict[str, bytes]:
    return keys.derived("code")
