"""Passwords that were hashed elsewhere sign in once more, and are hashed anew then."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import bcrypt
import pytest
from argon2 import PasswordHasher
from sqlalchemy import update
from werkzeug.security import generate_password_hash

from neoserra import extensions
from neoserra.identity import accounts, passwords, sign_in
from neoserra.identity.visitor import Visitor
from neoserra.models import Account
from tests.conftest import PASSWORD


def django(password: str, rounds: int = 1000) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", rounds)
    return f"pbkdf2_sha256${rounds}$salt${base64.b64encode(digest).decode()}"


def by_bcrypt(password: str, name: str = "2b") -> str:
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    return made.replace("$2b$", f"${name}$")


MAKERS: dict[str, Callable[[str], str]] = {
    "argon2id": lambda password: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password),
    "bcrypt 2b": by_bcrypt,
    "bcrypt 2a": lambda password: by_bcrypt(password, "2a"),
    "bcrypt 2y": lambda password: by_bcrypt(password, "2y"),
    "scrypt": lambda password: generate_password_hash(password, "scrypt:1024:8:1"),
    "scrypt as Werkzeug makes it": lambda password: generate_password_hash(password),  # noqa: PLW0108  mypy
    "PBKDF2": lambda password: generate_password_hash(password, "pbkdf2:sha256:1000"),
    "PBKDF2 with SHA-512": lambda password: generate_password_hash(password, "pbkdf2:sha512:1000"),
    "Django": django,
}


@pytest.mark.parametrize("made_by", MAKERS)
def test_the_password_behind_it_and_no_other_is_right(made_by: str) -> None:
    for password in ("Harbor-lantern-72", "pässwörd mit ß", "п" * 30, "a b\tc"):
        kept = MAKERS[made_by](password)
        assert passwords.may_be_imported(kept), kept
        assert passwords.matches(password, kept)
        assert passwords.needs_rehash(kept)
        for other in (password + "x", password[:-1], password.upper(), ""):
            assert not passwords.matches(other, kept)


def test_either_way_to_type_an_accent_is_right() -> None:
    for typed in ("caf\u00e9", "cafe\u0301"):
        assert passwords.matches(typed, by_bcrypt("caf\u00e9"))
    assert passwords.matches("cafe\u0301", by_bcrypt("cafe\u0301"))


def test_bcrypt_looks_at_72_bytes_as_it_always_did() -> None:
    assert passwords.matches("x" * 80, by_bcrypt("x" * 72))


@pytest.mark.parametrize("made_by", MAKERS)
def test_the_next_sign_in_makes_it_anew(made_by: str, account: Account, visitor: Visitor) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(password_hash=MAKERS[made_by](PASSWORD)))
    with pytest.raises(sign_in.SignInRefused):
        sign_in.with_password("ann", "wrong", visitor)
    sign_in.with_password("ann", PASSWORD, visitor)
    kept = accounts.by_id(account.id)
    assert kept is not None
    assert (kept.password_hash or "").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    sign_in.with_password("ann", PASSWORD, visitor)


DIGEST = "0" * 128


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain text",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SSHA}MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2b$20$" + "a" * 53,
        "$2b$12$short",
        f"scrypt:1048576:8:4$salt${DIGEST}",
        f"scrypt:99999999:999:99$salt${DIGEST}",
        f"pbkdf2:sha256:99999999$salt${DIGEST[:64]}",
        f"pbkdf2:md5:1000$salt${DIGEST[:64]}",
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
        "$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
        "$argon2id$v=19$m=65536,t=999,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
        "$argon2id$m=x",
        "$argon2id$v=19$m=8,t=1,p=1$$",
        "$argon2id$v=19$m=8,t=0,p=0$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
        "$argon2id$v=19$m=8,t=1,p=1$###########$######",
        f"scrypt:999:8:1$salt${DIGEST}",
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 255,
    ],
)
def test_what_is_unknown_or_takes_too_much_is_refused_and_matches_nothing(kept: str) -> None:
    assert not passwords.may_be_imported(kept)
    if not kept.startswith("$argon2"):
        assert not passwords.matches("password", kept)


def test_numbers_that_scrypt_does_not_take_match_nothing() -> None:
    assert not passwords.matches("x", f"scrypt:1000:8:1$salt${DIGEST}")
