"""Password hashes: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), on the NFC form of the whole text.

Hashes that other systems made are checked too, and made anew at the first sign-in: see `foreign_hashes`.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from neoserra.identity import foreign_hashes

LONGEST = 256
HASHES_AT_A_TIME = 2
LONGEST_HASH = 255
ARGON2ID = "$argon2id$"
SALT_AND_TAG = re.compile(r"\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{6,}$")
MOST_KIB = 256 * 1024
MOST_PASSES = 40

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turn = BoundedSemaphore(HASHES_AT_A_TIME)


def hashed(password: str) -> str:
    with _turn:
        return _hasher.hash(_canonical(password))


def matches(password: str, password_hash: str | None) -> bool:
    """True when `password` is the one behind `password_hash`.

    Without a hash (unknown name, invited account) a dummy is checked, so that the answer takes the same time.
    """
    if password_hash is None or len(password) > LONGEST:
        _verifies(_dummy(), "")
        return False
    if password_hash.startswith(ARGON2ID):
        return _verifies(password_hash, _canonical(password))
    with _turn:  # whoever made the hash took the text as it was typed
        return any(foreign_hashes.verifies(password_hash, text) for text in {password, _canonical(password)})


def _verifies(password_hash: str, candidate: str) -> bool:
    with _turn:
        try:
            return _hasher.verify(password_hash, candidate)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """True when it was made elsewhere, or the parameters have changed since."""
    return not password_hash.startswith(ARGON2ID) or _hasher.check_needs_rehash(password_hash)


def may_be_imported(password_hash: str) -> bool:
    """Whether it has a form that can be checked, and takes no more memory and time than a sign-in may."""
    if len(password_hash) > LONGEST_HASH:
        return False
    if not password_hash.startswith(ARGON2ID):
        return foreign_hashes.is_known(password_hash)
    try:
        made_with = extract_parameters(password_hash)
    except ValueError:
        return False
    kib, passes, lanes = made_with.memory_cost, made_with.time_cost, made_with.parallelism
    possible = min(passes, lanes) > 0 and kib >= 8 * lanes and SALT_AND_TAG.search(password_hash)  # RFC 9106, 3.1
    return bool(possible) and kib <= MOST_KIB and passes * lanes <= MOST_PASSES


def _canonical(password: str) -> str:
    """Two ways to type the same character are one password; nothing is trimmed or cut (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


@cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe())
