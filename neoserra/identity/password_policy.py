"""Which passwords are taken: one rule book for every place where one is chosen.

Letters, digits and special characters are the mission's demand (against ASVS 6.2.5). Any script counts as letters and
anything else as special, 256 characters are taken and none cut off. What keeps guessable ones out is the rest:
well-known words under their decoration, the person's and the product's own words, and a zxcvbn score under 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from zxcvbn_rs_py import zxcvbn

from neoserra import clock
from neoserra.identity import configuration
from neoserra.identity.passwords import LONGEST
from neoserra.models import Account, Configuration
from neoserra.translation import gettext as _

SHORTEST_MINIMUM = 10
LEET = str.maketrans("013457$@!", "oieastsai")
PRODUCT_WORDS = ("neoserra", "crm")
SHORTEST_OWN_WORD = 4
EXAMINED = 100  # zxcvbn needs no more to know that a password is strong


class Rule(StrEnum):
    LENGTH = "length"
    LONGEST = "longest"
    LETTERS = "letters"
    DIGITS = "digits"
    SPECIALS = "specials"
    COMMON = "common"
    OWN_WORDS = "own words"
    GUESSABLE = "guessable"


class Due(StrEnum):
    """Why a password that was right must be changed."""

    TOO_OLD = "too old"
    TOO_SHORT = "too short"


class WeakPassword(ValueError):
    """`broken` are the rules it breaks, all of them."""

    def __init__(self, broken: list[Rule]) -> None:
        super().__init__()
        self.broken = broken


def checked(password: str, own_words: Iterable[str]) -> str:
    """`password` when it keeps every rule. `own_words` are the person's names and addresses.

    Raises:
        WeakPassword: names every broken rule.
    """
    own = _parts(own_words)
    tests = {
        Rule.LENGTH: len(password) >= minimum_length(),
        Rule.LONGEST: len(password) <= LONGEST,
        Rule.LETTERS: any(character.isalpha() for character in password),
        Rule.DIGITS: any(character.isdigit() for character in password),
        Rule.SPECIALS: any(not character.isalnum() for character in password),
        Rule.COMMON: _stem(password[:LONGEST]) not in _common_stems(),
        Rule.OWN_WORDS: not any(word in password.casefold() for word in own),
        Rule.GUESSABLE: int(zxcvbn(password[:EXAMINED], own).score) >= 3,
    }
    broken = [rule for rule, kept in tests.items() if not kept]
    if broken:
        raise WeakPassword(broken)
    return password


def due(account: Account) -> Due | None:
    """Whether the account's password must be changed at the next sign-in, as the administrator decided."""
    saved = configuration.current()
    if saved.minimum_applies_at_sign_in and account.password_minimum < _minimum(saved):
        return Due.TOO_SHORT
    oldest = clock.now() - timedelta(days=saved.password_expiration_days)
    if saved.password_expiration_days and account.password_changed_at and account.password_changed_at < oldest:
        return Due.TOO_OLD
    return None


def minimum_length() -> int:
    """What the administrator chose, and never under ten, whatever the database says."""
    return _minimum(configuration.current())


def _minimum(saved: Configuration) -> int:
    return max(SHORTEST_MINIMUM, saved.minimum_password_length)


def sentence(rule: Rule) -> str:
    """The rule as an instruction; shown before typing and, when it was broken, beside the field."""
    return {
        Rule.LENGTH: _("Use at least %(number)s characters.", number=minimum_length()),
        Rule.LONGEST: _("Use at most %(number)s characters.", number=LONGEST),
        Rule.LETTERS: _("Use a letter."),
        Rule.DIGITS: _("Use a digit."),
        Rule.SPECIALS: _("Use a special character; a space counts."),
        Rule.COMMON: _("Use something else than a well-known password with decoration."),
        Rule.OWN_WORDS: _("Leave out your own names and addresses, and the words Neoserra and CRM."),
        Rule.GUESSABLE: _("Use something that is harder to guess: more words, in an order of your own."),
    }[rule]


def _parts(own_words: Iterable[str]) -> list[str]:
    words = re.split(r"[\W_]+", " ".join(own_words).casefold())
    return [word for word in words if len(word) >= SHORTEST_OWN_WORD] + list(PRODUCT_WORDS)


def _stem(password: str) -> str:
    """What remains when decoration at both ends is taken off and look-alike digits are read as letters.

    Takes a time that grows with the square of the length.
    """
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password.casefold())
    return re.sub(r"[\W\d_]", "", bare.translate(LEET))


@cache
def _common_stems() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_stems.txt").read_text("utf-8").split())
