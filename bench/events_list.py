"""The audit log at 1,000,000 events beside 1,000, in SQLite and PostgreSQL (goal: a ratio under 1.2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from sqlalchemy import text

from bench.databases import of_both_kinds
from bench.site import ENVIRONMENT, Rows
from config import Settings
from neoserra import clock, extensions, migrating
from neoserra.database import Database
from neoserra.identity import accounts, event_log
from neoserra.identity.event_log import Search
from neoserra.models import EventKind

FEW, MANY = 1_000, 1_000_000
ROUNDS = 40
PEOPLE = 4
COLUMNS = "at, kind, account_id, actor_id, address, browser, request_id, details"
KINDS = "CASE number % 5 WHEN 0 THEN 'code_sent' ELSE 'signed_in' END"
ACTOR = f"CASE number % 8 WHEN 0 THEN {PEOPLE + 1} END"
VALUES = f"{KINDS}, number % {PEOPLE} + 1, {ACTOR}, '192.0.2.7', 'Chrome on Windows', '', '{{}}'"
FILL = {
    "sqlite": (
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :size)"
        f" INSERT INTO events ({COLUMNS}) SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (number * 20) ||"
        f" ' seconds'), {VALUES} FROM numbers"
    ),
    "postgresql": (
        f"INSERT INTO events ({COLUMNS}) SELECT now() - number * interval '20 seconds', {VALUES}"
        " FROM generate_series(1, :size) AS numbers(number)"
    ),
}
SEARCHES = {
    "all": Search(),
    "one kind": Search(kind=EventKind.CODE_SENT),
    "one person": Search(person=1),
    "one administrator": Search(person=PEOPLE + 1),
    "one kind for one person": Search(person=1, kind=EventKind.CODE_SENT),
    "up to two hours ago": Search(until=clock.now() - timedelta(hours=2)),
    "one kind up to two hours ago": Search(kind=EventKind.CODE_SENT, until=clock.now() - timedelta(hours=2)),
}


def run() -> Rows:
    """Each search, first page and a later one, in turns on the small and the large database."""
    for kind, urls in of_both_kinds("events", (FEW, MANY)):
        yield from _compare(kind, urls)


def _compare(name: str, urls: list[str]) -> Rows:
    with ExitStack() as stack:
        databases = [stack.enter_context(_filled(url, size)) for url, size in zip(urls, (FEW, MANY), strict=True)]
        for label, search in SEARCHES.items():
            for place, deep in (("first page", False), ("a later page", True)):
                few, many = _milliseconds(databases, search, deep=deep)
                yield f"{name}, {label}, {place}", f"{few:6.2f} {many:6.2f} ms, ratio {many / few:.2f}"


def _milliseconds(databases: list[Database], search: Search, *, deep: bool) -> list[float]:
    """The lower quartile of a page each: whatever else the machine does only adds."""
    starts = [_later(database, search) if deep else None for database in databases]
    times: list[list[float]] = [[] for _ in databases]
    for _ in range(ROUNDS):
        for each, database, start in zip(times, databases, starts, strict=True):
            extensions.database = database
            began = time.perf_counter()
            event_log.page(search, after=start)
            each.append((time.perf_counter() - began) * 1000)
    return [sorted(each)[ROUNDS // 4] for each in times]


def _later(database: Database, search: Search) -> int | None:
    """The event behind which the next page begins."""
    extensions.database = database
    return event_log.page(search).older


@contextmanager
def _filled(url: str, size: int) -> Iterator[Database]:
    extensions.connect(Settings.from_environment(ENVIRONMENT | {"DATABASE_URL": url, "REDIS_URL": "redis://localhost"}))
    migrating.upgrade()
    for number in range(PEOPLE + 1):
        accounts.create(username=f"person{number}", email=f"person{number}@example.org")
    backend = extensions.database.url.get_backend_name()
    with extensions.database.transaction() as db:
        if backend == "postgresql":
            db.execute(text("SET LOCAL statement_timeout = 0"))
        db.execute(text(FILL[backend]), {"size": size})
    with extensions.database.connection() as connection:
        connection.execute(text("ANALYZE"))
    database = Database(url)
    yield database
    database.dispose()
