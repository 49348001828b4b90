"""The SQL database: SQLite for one machine, PostgreSQL beyond.

Two engines share one URL. Reading happens in autocommit, so that a query costs one round trip; writing happens in
`transaction()`. On SQLite a transaction takes the write lock at its beginning: a reader that later turns writer would
be refused with "database is locked" instead of waiting its turn.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

LOCK_SECONDS = 5
LOCK_PAUSE_SECONDS = 0.001
STATEMENT_MILLISECONDS = 10_000


class Database:
    """Connections to the database of this deployment. Safe to share between threads, not between processes."""

    def __init__(self, address: str) -> None:
        url = make_url(address)
        self.url = url
        self._reader = _engine(url, isolation_level="AUTOCOMMIT")
        self.engine = _engine(url)
        if url.get_backend_name() == "sqlite":
            event.listen(self.engine, "begin", _take_write_lock)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for reading, and for single statements that are whole in themselves."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when an exception passes. Loaded rows stay readable
        after."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        self._reader.dispose()
        self.engine.dispose()


class _Cursor(sqlite3.Cursor):
    """Waits for the write lock by looking every millisecond. SQLite's own pauses grow up to 100 ms: who has waited long
    is passed over again and again by those who come."""

    def execute(self, *statement: Any) -> Self:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                return super().execute(*statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname not in _BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(LOCK_PAUSE_SECONDS)


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_RECOVERY"}


def _engine(url: URL, **options: Any) -> Engine:
    options["hide_parameters"] = True  # errors are logged, and would tell numbers and addresses
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 0, "factory": _Connection}, **options)
        event.listen(engine, "connect", _set_up_sqlite)
        return engine
    arguments = {"connect_timeout": 3, "options": f"-c statement_timeout={STATEMENT_MILLISECONDS}"}
    engine = create_engine(url, connect_args=arguments, pool_timeout=LOCK_SECONDS, **options)
    event.listen(engine, "checkout", _refuse_dropped)
    return engine


def _refuse_dropped(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool connect anew after PostgreSQL restarted: a connection that lay idle has something to read then,
    which is the end. Asking the server (SQLAlchemy's pre-ping) would cost every request a round trip."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """WAL lets readers and one writer work side by side; NORMAL loses nothing when a process dies."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _take_write_lock(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
