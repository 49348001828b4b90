"""The same list in two databases of each kind, one small and one large."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory

from sqlalchemy import text

from neoserra.database import Database
from tools.postgres_server import PostgresServer


def of_both_kinds(name: str, sizes: tuple[int, int]) -> Iterator[tuple[str, list[str]]]:
    """Of each kind, what it is called, and a URL for each size of a database that nothing is in."""
    with TemporaryDirectory() as folder:
        yield "SQLite", [f"sqlite:///{folder}/{size}.sqlite3" for size in sizes]
    with PostgresServer() as server:
        yield "PostgreSQL", [_new_database(server, f"{name}_{size}") for size in sizes]


def _new_database(server: PostgresServer, name: str) -> str:
    database = Database(server.url)
    with database.connection() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    database.dispose()
    return server.url.replace("/postgres?", f"/{name}?")
