"""What the console asks every two seconds, at 1,000,000 deliveries beside 1,000 (goal: under 5 ms of CPU a call)."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import text

from bench.databases import of_both_kinds
from bench.site import ENVIRONMENT, Rows
from config import Settings
from neoserra import clock, create_app, extensions, measures, migrating
from neoserra.administration import deliveries_now
from neoserra.database import Database
from neoserra.delivery import figures, tallies
from neoserra.identity import accounts
from neoserra.models import Counted
from tools.redis_server import RedisServer

FEW, MANY = 1_000, 1_000_000
ROUNDS = 200
WAITING = 5_000  # of the many, so that a flood is part of it
COLUMNS = (
    "reference, account_id, asked_for, message, channel, destination, country, last_digits, language, browser,"
    " browser_description, address, state, explanation, attempts, provider, reason, worker, created_at, next_at,"
    " changed_at"
)
STATE = (
    f"CASE WHEN number <= :size / {MANY // WAITING} THEN 'queued'"
    " WHEN number % 40 = 0 THEN 'failed' ELSE 'delivered' END"
)
MESSAGE = "CASE number % 3 WHEN 0 THEN 'sign_in_code' ELSE 'browser_trusted' END"
VALUES = f"1, '', {MESSAGE}, 'sms', '+12025550142', 'US', '0142', 'en', '', '', '', {STATE}, '', 1, 'twilio', '', ''"
FILL = {
    "sqlite": (
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :size)"
        f" INSERT INTO deliveries ({COLUMNS}) SELECT printf('%08d', number), {VALUES}, moment, moment, moment FROM"
        " (SELECT number, strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (number * 5) || ' seconds') AS moment"
        " FROM numbers)"
    ),
    "postgresql": (
        f"INSERT INTO deliveries ({COLUMNS}) SELECT lpad(number::text, 8, '0'), {VALUES}, moment, moment, moment FROM"
        " (SELECT number, now() - number * interval '5 seconds' AS moment"
        " FROM generate_series(1, :size) AS numbers(number)) AS deliveries"
    ),
}


def run() -> Rows:
    """In turns on the small and the large database, each with a day of tallies as many kinds of messages leave them."""
    with TemporaryDirectory() as folder, RedisServer(Path(folder) / "redis") as redis:
        for kind, urls in of_both_kinds("live", (FEW, MANY)):
            yield from _compare(kind, urls, redis.url)


def _compare(name: str, urls: list[str], redis: str) -> Rows:
    with ExitStack() as stack:
        sizes = zip(urls, (FEW, MANY), strict=True)
        databases = [stack.enter_context(_filled(url, size, redis)) for url, size in sizes]
        app = create_app(extensions.settings)
        for label, view, rounds in (
            ("the JSON", deliveries_now.deliveries_live, ROUNDS),
            ("the JSON with its figures, every 5 s", _lately_too, ROUNDS),
            ("a day's figures, once a minute", _day, ROUNDS // 10),
        ):
            few, many = _milliseconds(app, databases, view, rounds)
            yield f"{name}, {label}", f"{few:6.2f} {many:6.2f} ms of CPU, ratio {many / few:.2f}"


def _lately_too() -> None:
    extensions.redis.delete(figures.lately_key())
    deliveries_now.deliveries_live()


def _day() -> None:
    extensions.redis.delete(figures.day_key(), figures.failed_in_key())
    figures.day()
    figures.failed_in(None)


def _milliseconds(app: Flask, databases: list[Database], view: Any, rounds: int) -> list[float]:
    """The median CPU of this process; SQLite's is in it, PostgreSQL's own is not."""
    times: list[list[float]] = [[] for _ in databases]
    with app.test_request_context("/administration/deliveries/live"):
        for _ in range(rounds):
            for each, database in zip(times, databases, strict=True):
                extensions.database = database
                began = time.process_time()
                view()
                each.append((time.process_time() - began) * 1000)
    return [sorted(each)[rounds // 2] for each in times]


@contextmanager
def _filled(url: str, size: int, redis: str) -> Iterator[Database]:
    extensions.connect(Settings.from_environment(ENVIRONMENT | {"DATABASE_URL": url, "REDIS_URL": redis}))
    migrating.upgrade()
    accounts.create(username="ann", email="ann@example.org")
    backend = extensions.database.url.get_backend_name()
    with extensions.database.transaction() as db:
        if backend == "postgresql":
            db.execute(text("SET LOCAL statement_timeout = 0"))
        db.execute(text(FILL[backend]), {"size": size})
        tallies.add(db, _counted())
    with extensions.database.connection() as connection:
        connection.execute(text("ANALYZE"))
    database = Database(url)
    yield database
    database.dispose()


def _counted() -> Counter[tallies.Key]:
    """Each minute of a day: two providers, two countries, five durations, failures of three kinds."""
    generator = random.Random(1)
    now = clock.now().replace(second=0, microsecond=0)
    counted: Counter[tallies.Key] = Counter()
    for minute in (now - timedelta(minutes=each) for each in range(24 * 60)):
        for provider, country in (("twilio", "US"), ("twilio", "CA"), ("smtp", "")):
            way = "email" if provider == "smtp" else "sms", provider, country
            for what in (Counted.ACCEPTED, Counted.DELIVERED):
                for bucket in generator.sample(range(len(measures.BOUNDS)), 5):
                    counted[minute, what, *way, str(bucket)] += 3
            for what, detail in ((Counted.FAILED, "30006"), (Counted.FAILED_IN, "codes"), (Counted.CODE_SENT, "")):
                counted[minute, what, *way, detail] += 1
            for outcome in ("accepted", "temporary", "permanent"):
                counted[minute, Counted.TRIED, *way, outcome] += 2
    return counted
