"""The list of accounts at 100,000 beside 1,000, in SQLite and PostgreSQL (goal: a ratio under 1.2)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from bench.databases import of_both_kinds
from bench.site import ENVIRONMENT, Rows
from config import Settings
from neoserra import clock, extensions, migrating
from neoserra.database import Database
from neoserra.identity import account_list, account_search
from neoserra.identity.account_list import Filter, Order, Search
from neoserra.models import Account, AccountWord, ReachProblem, Role

FEW, MANY = 1_000, 100_000
ROUNDS = 40
AT_A_TIME = 5_000
SYLLABLES = ("an", "be", "ca", "do", "el", "fi", "go", "ha", "il", "jo", "ka", "le", "mo", "ne", "os", "pi")
TABLES = "('accounts', 'account_words')"
NOT_VISIBLE = f"SELECT count(*) FROM pg_class WHERE relname IN {TABLES} AND relallvisible < relpages"
NAMESAKES = 60  # in each database, so that a search for them finds as much in either
SEARCHES = {
    "all, by name": Search(),
    "all, latest sign-in first": Search(order=Order.LAST_SIGN_IN, descending=True),
    "never used, by username": Search(state=Filter.NEVER_USED, order=Order.USERNAME),
    "active, by name": Search(state=Filter.ACTIVE),
    "abandoned, by name": Search(state=Filter.ABANDONED),
    "unreachable, by name": Search(state=Filter.UNREACHABLE),
    "locked, by last sign-in": Search(state=Filter.LOCKED, order=Order.LAST_SIGN_IN),
    "two words": Search("zoe qu"),
    "last digits of a mobile": Search("555 0142"),
    "one letter": Search("a"),
    "two words many have (no goal)": Search("an le"),
    "locked, a word many have (no goal)": Search("an", state=Filter.LOCKED),
}


def run() -> Rows:
    """Each search, first page and a page in the middle, in turns on the small and the large database."""
    for kind, urls in of_both_kinds("accounts", (FEW, MANY)):
        yield from _compare(kind, urls)


def _compare(name: str, urls: list[str]) -> Rows:
    with ExitStack() as stack:
        few, many = (stack.enter_context(_filled(url, size)) for url, size in zip(urls, (FEW, MANY), strict=True))
        for label, search in SEARCHES.items():
            for place, start in (("first page", False), ("in the middle", True)):
                milliseconds = _milliseconds([few, many], search, in_the_middle=start)
                ratio = milliseconds[1] / milliseconds[0]
                yield f"{name}, {label}, {place}", "{:6.2f} {:6.2f} ms, ratio {:.2f}".format(*milliseconds, ratio)


def _milliseconds(databases: list[Database], search: Search, *, in_the_middle: bool) -> list[float]:
    """The lower quartile of a page each: whatever else the machine does only adds."""
    starts = [_middle(database, search) if in_the_middle else None for database in databases]
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for each, database, start in zip(times, databases, starts, strict=True):
            extensions.database = database
            began = time.perf_counter()
            account_list.page(search, after=start)
            each.append((time.perf_counter() - began) * 1000)
    return [sorted(each)[ROUNDS // 4] for each in times]


def _middle(database: Database, search: Search) -> int | None:
    """The row behind which half of what is found lies."""
    extensions.database = database
    ids = [row.id for row in account_list.every(search)]
    return ids[len(ids) // 2] if len(ids) > 1 else None


@contextmanager
def _filled(url: str, size: int) -> Iterator[Database]:
    extensions.connect(Settings.from_environment(ENVIRONMENT | {"DATABASE_URL": url, "REDIS_URL": "redis://localhost"}))
    migrating.upgrade()
    generator = random.Random(size)
    for start in range(0, size, AT_A_TIME):
        _insert([_person(number, generator) for number in range(start, min(start + AT_A_TIME, size))])
    with extensions.database.connection() as connection:
        _tend(connection)
    database = Database(url)
    yield database
    database.dispose()


def _tend(connection: Connection) -> None:
    """What PostgreSQL does by itself in time. A table's pages are only known to be visible to all, so that an index
    alone can answer, once no other transaction is under way, like PostgreSQL's own ANALYZE."""
    while True:
        for upkeep in ("VACUUM", "ANALYZE"):
            connection.execute(text(upkeep))
        if connection.dialect.name == "sqlite" or not connection.scalar(text(NOT_VISIBLE)):
            return


def _person(number: int, generator: random.Random) -> Account:
    first, last = ("".join(generator.choices(SYLLABLES, k=2)) for _ in range(2))
    if number < NAMESAKES:
        first, last = "zoe", "quill"
    used, now = generator.random() < 0.7, clock.now()
    return Account(
        id=number + 1,
        username=f"{first}{number}",
        name=f"{first} {last}".title(),
        email=f"{last}.{number}@example.org",
        mobile=f"+1{2_002_000_000 + number * 7919}" if generator.random() < 0.9 else None,
        active=generator.random() < 0.9,
        locked_at=now if generator.random() < 0.1 else None,
        last_sign_in_at=now - timedelta(minutes=generator.randrange(200_000)) if used else None,
        reach_problem=ReachProblem.UNCONFIRMED_MOBILE if generator.random() < 0.3 else None,
    )


def _insert(people: list[Account]) -> None:
    always = {"role": Role.USER, "password_minimum": 0, "session_epoch": 0, "language": "", "time_zone": ""}
    always |= {"created_at": clock.now(), "version": 1}
    rows = [_row(person) | always for person in people]
    words = [{"word": word, "account_id": each.id} for each in people for word in account_search.words_of(each)]
    with extensions.database.transaction() as db:
        db.execute(insert(Account), rows)
        db.execute(insert(AccountWord), words)


def _row(person: Account) -> dict[str, Any]:
    names = ("id", "username", "name", "email", "mobile", "active", "locked_at", "last_sign_in_at", "reach_problem")
    keys = {"username_key": person.username, "email_key": person.email}
    return {name: getattr(person, name) for name in names} | keys
