"""Keys for one purpose each, all derived from `SECRET_KEY` and its fallbacks (ASVS 11.1.2)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from neoserra import extensions


def derived(purpose: str) -> dict[str, bytes]:
    """The key for `purpose` under every accepted secret, the one in use first, each by a short name of its own."""
    keys = (hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in extensions.settings.secret_keys)
    return {hashlib.sha256(key).hexdigest()[:4]: key for key in keys}


def sign(purpose: str, value: str) -> str:
    """A keyed digest of `value`, 128 bits in 22 characters: neither guessed nor reversed without the key."""
    key = next(iter(derived(purpose).values()))
    return encoded(hmac.digest(key, value.encode(), "sha256"))[:22]


def encoded(digest: bytes) -> str:
    """`digest` in base64url without padding."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest(token: str) -> str:
    """SHA-256 of a random token, 43 characters: what is kept instead of the token."""
    return encoded(hashlib.sha256(token.encode()).digest())
