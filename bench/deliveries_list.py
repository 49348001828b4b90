"""The console's list of deliveries at 1,000,000 beside 1,000, in SQLite and PostgreSQL (goal: a ratio under 1.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import islice

from sqlalchemy import text

from bench.databases import of_both_kinds
from bench.site import ENVIRONMENT, Rows
from config import Settings
from neoserra import clock, extensions, migrating
from neoserra.database import Database
from neoserra.delivery import message_list
from neoserra.delivery.message_list import Search
from neoserra.identity import accounts
from neoserra.models import Channel, Message, State

FEW, MANY = 1_000, 1_000_000
ROUNDS = 40
PEOPLE = 20
SELDOM = "number % (:size / 125) = 0"  # one person's, and one number's: as many in either
DIGITS = f"CASE WHEN {SELDOM} THEN '7919' ELSE substr(CAST(10000 + number % 10000 * 7919 % 10000 AS text), 2) END"
COLUMNS = {
    "reference": "substr(CAST(100000000 + number AS text), 2)",
    "account_id": f"CASE WHEN {SELDOM} THEN 1 ELSE number % {PEOPLE - 1} + 2 END",
    "asked_for": "''",
    "message": "CASE number % 10 WHEN 0 THEN 'browser_trusted' WHEN 5 THEN 'reset_link' ELSE 'sign_in_code' END",
    "channel": "CASE WHEN number % 5 = 0 THEN 'email' ELSE 'sms' END",
    "destination": f"'+1202555' || {DIGITS}",
    "country": "CASE WHEN number % 5 = 0 THEN '' WHEN number % 3 = 0 THEN 'MX' ELSE 'US' END",
    "last_digits": DIGITS,
    "language": "'en'",
    "browser": "''",
    "browser_description": "'Chrome on Windows'",
    "address": "'192.0.2.7'",
    "state": "CASE number % 4 WHEN 0 THEN 'failed' WHEN 1 THEN 'accepted' ELSE 'delivered' END",
    "explanation": "''",
    "attempts": "1",
    "provider": "CASE WHEN number % 5 = 0 THEN 'smtp' WHEN number % 2 = 0 THEN 'sns' ELSE 'twilio' END",
    "reason": "CASE WHEN number % 4 > 0 THEN '' WHEN number % 8 = 0 THEN '30006' ELSE '21211' END",
    "worker": "'mill 17'",
}
TIMES = ("created_at", "next_at", "expires_at", "changed_at")
FILL = {
    "sqlite": (
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :size)"
        " INSERT INTO deliveries ({names}) SELECT {values} FROM numbers"
    ),
    "postgresql": (
        "INSERT INTO deliveries ({names}) SELECT {values} FROM generate_series(1, :size) AS numbers(number)"
    ),
}
AGO = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ((:size - number) * 20) || ' seconds')",
    "postgresql": "now() - (:size - number) * interval '20 seconds'",
}
EARLIER = clock.now() - timedelta(hours=2)
SEARCHES = {
    "all": Search(),
    "up to two hours ago": Search(until=EARLIER),
    "one state": Search({"state": State.FAILED}),
    "one kind": Search({"message": Message.BROWSER_TRUSTED}),
    "one channel": Search({"channel": Channel.SMS}),
    "one provider": Search({"provider": "sns"}),
    "one country": Search({"country": "MX"}),
    "one reason": Search({"reason": "30006"}),
    "one person": Search({"account_id": 1}),
    "one state, up to two hours ago": Search({"state": State.FAILED}, until=EARLIER),
    "failed text messages": Search({"state": State.FAILED, "channel": Channel.SMS}),
    "failed by one provider": Search({"state": State.FAILED, "provider": "sns"}),
    "one country, one provider": Search({"country": "MX", "provider": "sns"}),
    "one person's failed ones": Search({"state": State.FAILED, "account_id": 1}),
    "three people": Search(people=(2, 3, 4)),
    "failed ones of eight people": Search({"state": State.FAILED}, people=tuple(range(2, 10))),
    "twenty people": Search(people=tuple(range(1, 21))),
    "last four digits": Search(digits="7919"),
    "last seven digits": Search(digits="5557919"),
}

# Looked for in so many rows and no more, which a thousand are not; their files go through all.
RARE = {
    "last two digits (no goal)": Search(digits="19"),
    "what never goes together (no goal)": Search({"channel": Channel.EMAIL, "provider": "sns"}),
    "four filters, no match (no goal)": Search(
        {"state": State.DELIVERED, "message": Message.RESET_LINK, "country": "US", "provider": "twilio"}
    ),
}


def run() -> Rows:
    """Each search, first page, one in the middle and the first lines of its file, in turns on either database."""
    for kind, urls in of_both_kinds("deliveries", (FEW, MANY)):
        yield from _compare(kind, urls)


def _compare(name: str, urls: list[str]) -> Rows:
    with ExitStack() as stack:
        few, many = (stack.enter_context(_filled(url, size)) for url, size in zip(urls, (FEW, MANY), strict=True))
        for label, search in (SEARCHES | RARE).items():
            for place, ask in ASKED.items() if label in SEARCHES else PAGES.items():
                milliseconds = _milliseconds({few: FEW, many: MANY}, search, ask)
                ratio = milliseconds[1] / milliseconds[0]
                yield f"{name}, {label}, {place}", "{:6.2f} {:6.2f} ms, ratio {:.2f}".format(*milliseconds, ratio)


def _page(search: Search, after: int | None) -> float:
    message_list.page(search, after=after)
    return 1


def _file(search: Search) -> float:
    """The lines that are read at a time, in pages: the smaller database has fewer."""
    lines = islice(message_list.every(search), message_list.EXPORTED_AT_A_TIME)
    return len(list(lines)) / message_list.PER_PAGE


PAGES: dict[str, Callable[[Search, int], float]] = {
    "first page": lambda search, _: _page(search, None),
    "in the middle": lambda search, size: _page(search, size // 2),
}
ASKED = PAGES | {"50 lines of the file": lambda search, _: _file(search)}


def _milliseconds(databases: dict[Database, int], search: Search, ask: Callable[[Search, int], float]) -> list[float]:
    """The least of each: whatever else the machine does only adds."""
    times: list[list[float]] = [[] for _ in databases]
    for _ in range(ROUNDS):
        for each, (database, size) in zip(times, databases.items(), strict=True):
            extensions.database = database
            began = time.perf_counter()
            pages = ask(search, size)
            each.append((time.perf_counter() - began) * 1000 / pages)
    return [min(each) for each in times]


@contextmanager
def _filled(url: str, size: int) -> Iterator[Database]:
    extensions.connect(Settings.from_environment(ENVIRONMENT | {"DATABASE_URL": url, "REDIS_URL": "redis://localhost"}))
    migrating.upgrade()
    for number in range(PEOPLE):
        accounts.create(username=f"person{number}", email=f"person{number}@example.org")
    database = Database(url)
    backend = database.url.get_backend_name()
    values = COLUMNS | dict.fromkeys(TIMES, AGO[backend])
    fill = FILL[backend].format(names=", ".join(values), values=", ".join(values.values()))
    with database.transaction() as db:
        if backend == "postgresql":
            db.execute(text("SET LOCAL statement_timeout = 0"))
        db.execute(text(fill), {"size": size})
    with database.connection() as connection:
        connection.execute(text("VACUUM"))
        connection.execute(text("ANALYZE"))
    yield database
    database.dispose()
