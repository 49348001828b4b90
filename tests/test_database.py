"""Waiting for SQLite's write lock."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from neoserra import database
from neoserra.database import Database

PUT = text("INSERT INTO numbers VALUES (1)")


@pytest.fixture
def file(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path}/numbers.sqlite3")
    with made.transaction() as db:
        db.execute(text("CREATE TABLE numbers (number INTEGER)"))
    return made


@pytest.mark.parametrize("in_autocommit", [True, False])
def test_who_finds_the_lock_taken_waits_for_it(in_autocommit: bool, file: Database) -> None:
    waits = threading.Event()

    def put() -> None:
        waits.set()
        with file.connection() if in_autocommit else file.transaction() as writer:
            writer.execute(PUT)

    with file.transaction() as db:
        db.execute(PUT)
        other = threading.Thread(target=put)
        other.start()
        waits.wait()
        other.join(0.1)
        assert other.is_alive()
    other.join()
    with file.connection() as connection:
        assert connection.execute(text("SELECT count(*) FROM numbers")).scalar() == 2


def test_who_waits_looks_again_at_even_intervals(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    class Clock:
        """A second passes with each look."""

        @staticmethod
        def monotonic() -> float:
            return len(pauses)

        sleep = pauses.append

    monkeypatch.setattr(database, "time", Clock)
    with file.transaction() as db:
        db.execute(PUT)
        with file.connection() as connection, pytest.raises(OperationalError, match="locked"):
            connection.execute(PUT)
    assert pauses == [database.LOCK_PAUSE_SECONDS] * (database.LOCK_SECONDS + 1)
