"""Password hashes that other systems made: checked once more, at the next sign-in, then made anew with argon2id.

The forms are those of bcrypt's own programs (`$2b$…`), of Werkzeug (`scrypt:…`, `pbkdf2:…`) and of Django
(`pbkdf2_sha256$…`); argon2id that was made elsewhere is read by `passwords` itself. A hash that would take too much
memory or time to check is refused when it is imported: otherwise who writes the file decides how much a sign-in costs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

import bcrypt

MOST_BYTES = 256 * 1024 * 1024  # of memory for one check
BCRYPT_BYTES = 72  # bcrypt never looks at more


@dataclass(frozen=True, slots=True)
class _Form:
    """`affordable` and `verifies` are asked about what the pattern found."""

    pattern: Pattern[str]
    affordable: Callable[[Match[str]], bool]
    verifies: Callable[[Match[str], bytes], bool]


def is_known(password_hash: str) -> bool:
    """Whether it has one of the forms, and may be checked at a sign-in."""
    return _found(password_hash) is not None


def verifies(password_hash: str, password: str) -> bool:
    found = _found(password_hash)
    return found is not None and found[0].verifies(found[1], password.encode())


def _found(password_hash: str) -> tuple[_Form, Match[str]] | None:
    for form in _FORMS:
        match = form.pattern.fullmatch(password_hash)
        if match:
            return (form, match) if form.affordable(match) else None
    return None


def _bcrypt(match: Match[str], password: bytes) -> bool:
    return bcrypt.checkpw(password[:BCRYPT_BYTES], match[0].encode())


def _scrypt(match: Match[str], password: bytes) -> bool:
    n, r, p = (int(match[name]) for name in ("n", "r", "p"))
    try:
        digest = hashlib.scrypt(password, salt=match["salt"].encode(), n=n, r=r, p=p, maxmem=132 * n * r * p)
    except ValueError:  # numbers that scrypt itself does not take
        return False
    return hmac.compare_digest(digest.hex(), match["digest"])


def _pbkdf2(match: Match[str], password: bytes) -> bool:
    return hmac.compare_digest(_pbkdf2_digest(match, password).hex(), match["digest"])


def _django(match: Match[str], password: bytes) -> bool:
    return hmac.compare_digest(base64.b64encode(_pbkdf2_digest(match, password)).decode(), match["digest"])


def _pbkdf2_digest(match: Match[str], password: bytes) -> bytes:
    return hashlib.pbkdf2_hmac(match["name"], password, match["salt"].encode(), int(match["rounds"]))


def _is_power_of_two(number: int) -> bool:
    """What RFC 7914 asks of scrypt's N, which is more than 1."""
    return number > 1 and number & (number - 1) == 0


def _few_rounds(match: Match[str]) -> bool:
    return 0 < int(match["rounds"]) <= 5_000_000


_FORMS = (
    _Form(
        re.compile(r"\$2[aby]\$(?P<rounds>[0-9]{2})\$[./A-Za-z0-9]{53}"),
        lambda match: 4 <= int(match["rounds"]) <= 15,  # powers of two
        _bcrypt,
    ),
    _Form(
        re.compile(
            r"scrypt:(?P<n>[0-9]{1,8}):(?P<r>[0-9]{1,3}):(?P<p>[0-9]{1,2})\$(?P<salt>[^$]+)\$(?P<digest>[0-9a-f]{128})"
        ),
        lambda match: (
            _is_power_of_two(n := int(match["n"])) and 128 * n * int(match["r"]) * int(match["p"]) <= MOST_BYTES
        ),
        _scrypt,
    ),
    _Form(
        re.compile(
            r"pbkdf2:(?P<name>sha256|sha512):(?P<rounds>[0-9]{1,8})\$(?P<salt>[^$]+)\$(?P<digest>[0-9a-f]{64,128})"
        ),
        _few_rounds,
        _pbkdf2,
    ),
    _Form(
        re.compile(r"pbkdf2_(?P<name>sha256)\$(?P<rounds>[0-9]{1,8})\$(?P<salt>[^$]+)\$(?P<digest>[A-Za-z0-9+/]{43}=)"),
        _few_rounds,
        _django,
    ),
)
