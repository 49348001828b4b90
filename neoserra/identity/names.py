"""Usernames and email addresses: their canonical keys, and which are taken at all."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

USERNAME = re.compile(r"[A-Za-z0-9._@-]{1,150}")
LONGEST_NAME = 150
JOINERS = "\u200c\u200d"  # Persian and Indian names are written with them
PRINTABLE = re.compile(r"[!-~]{1,254}")


class BadUsername(ValueError):
    """Not made of ASCII letters, digits and `._-@`."""


class BadEmail(ValueError):
    """Not one address that mail can reach."""


class BadName(ValueError):
    """A person's name that is too long, or holds something that cannot be seen."""


def key(typed: str) -> str:
    """The form under which usernames and email addresses are unique and looked up."""
    return unicodedata.normalize("NFKC", typed.strip()).casefold()


def could_exist(name_key: str) -> bool:
    """False for a key that no account can have, so that nothing odd ever reaches the database."""
    return PRINTABLE.fullmatch(name_key) is not None


def username(typed: str) -> str:
    """A username to keep.

    Raises:
        BadUsername: with a character outside ASCII, where look-alikes would come in.
    """
    name = typed.strip()
    if not USERNAME.fullmatch(name):
        raise BadUsername
    return name


def email(typed: str) -> str:
    """An email address to keep: exactly one, without a display name.

    Raises:
        BadEmail: when it is not an address.
    """
    try:
        found = validate_email(typed.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise BadEmail from error
    return found.ascii_email or found.normalized


def person(typed: str) -> str:
    """A person's name to keep, any script.

    Raises:
        BadName: over 150 characters, or with a line break or the like.
    """
    spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in typed)
    name = unicodedata.normalize("NFC", spaced).strip()
    if len(name) > LONGEST_NAME or not _without_joiners(name).isprintable():
        raise BadName
    return name


def _without_joiners(name: str) -> str:
    """`name` but for the joiners between two letters, where alone they belong."""
    around = zip(name, name[1:], name[2:], strict=False)
    inner = "".join(each for before, each, after in around if not (each in JOINERS and _letters(before, after)))
    return name[:1] + inner + name[1:][-1:]


def _letters(*characters: str) -> bool:
    """Marks belong to the letter before them."""
    return all(unicodedata.category(each)[0] in "LM" for each in characters)


def masked_email(address: str) -> str:
    """`ann.lee@example.org` as `a***@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
