"""The words under which an account is found, in a table, because only an index stays fast at 100,000 accounts.

Somebody types the beginnings of words, or the last digits of a mobile number. The words of an account are its username
and email address, whole and in parts, the parts of the name, and the mobile number backwards behind a plus sign, so
that its last digits are a beginning too. Case and accents do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, insert, or_
from sqlalchemy.orm import Session

from neoserra.identity import names
from neoserra.models import Account, AccountWord
from neoserra.models.account_word import LONGEST_WORD

BETWEEN_PARTS = re.compile(r"[\s._@'\u2019-]+")
NUMBER = re.compile(r"[+0-9 ().\-/\u00a0]+")
BACKWARDS = "+"
MOST_WORDS = 8
LAST = "\U0010ffff"  # stands behind every other character

word = AccountWord.__table__.c


def note(db: Session, accounts: Iterable[Account]) -> None:
    """Write down the words of accounts that are new or were changed; they have their ids already."""
    changed = list(accounts)
    db.execute(delete(AccountWord).where(word.account_id.in_([account.id for account in changed])))
    db.execute(insert(AccountWord), [{"word": each, "account_id": a.id} for a in changed for each in words_of(a)])


def words_of(account: Account) -> set[str]:
    local, _, domain = account.email.rpartition("@")
    whole = (account.username, account.email, domain, *account.name.split())
    parts = BETWEEN_PARTS.split(f"{account.username} {local} {account.name}")
    words = {_folded(each) for each in (*whole, *parts)}
    if account.mobile:
        words.add(_backwards(account.mobile))
    return {each for each in words if not _begins_another(each, words)}


def conditions(typed: str) -> list[ColumnElement[bool]]:
    """For each thing that was typed, the condition on a word to begin so. An account needs a word for each of them."""
    together = [typed.strip()] if _is_number(typed) else typed.split()[:MOST_WORDS]
    return [or_(*map(_begins, _beginnings(each))) for each in together]


def _begins_another(each: str, words: set[str]) -> bool:
    """Then every beginning of it is one of the other's too, and it finds nothing more."""
    return any(other != each and other.startswith(each) for other in words)


def _beginnings(typed: str) -> list[str]:
    if not _is_number(typed):
        return [_folded(typed)]
    return [_backwards(typed), typed] if typed.isdigit() else [_backwards(typed)]


def _is_number(typed: str) -> bool:
    return bool(NUMBER.fullmatch(typed) and re.search("[0-9]", typed))


def _begins(beginning: str) -> ColumnElement[bool]:
    """One stretch of the index. Without LIKE, so that no character is a wildcard."""
    return and_(word.word >= beginning, word.word < beginning + LAST)


def _folded(typed: str) -> str:
    """Without case and accents, and no longer than is kept: one letter may become eighteen."""
    apart = unicodedata.normalize("NFKD", names.key(typed))
    return "".join(character for character in apart if not unicodedata.combining(character))[:LONGEST_WORD]


def _backwards(mobile: str) -> str:
    return BACKWARDS + re.sub(r"\D", "", mobile)[::-1]
