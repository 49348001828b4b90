"""Real servers for every test: a Redis, a PostgreSQL and a SQLite file, clean at the start of each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import Settings
from neoserra import create_app, extensions, migrating, translation
from neoserra.identity import accounts, passwords, trusted_browsers
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Base, Configuration, Role
from tests.client import CheckedClient
from tools.postgres_server import PostgresServer
from tools.redis_server import RedisServer

pytest_plugins = ["tests.chromium"]

PASSWORD = "Harbor-lantern-72"
ENVIRONMENT = {
    "NEOSERRA_ENV": "testing",
    "SECRET_KEY": "a key for the tests alone, 0123456789abcdef",
    "DATABASE_NAME": "Test SBDC",
    "PUBLIC_URL": "https://crm.example.org",
    "SEND_GAP_SECONDS": "30",
}


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database without tables: each test that uses it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'neoserra.sqlite3'}"
        return
    yield request.getfixturevalue("postgres_server").url


@pytest.fixture(scope="session")
def migrated(database_url: str, redis_server: RedisServer) -> Settings:
    """Settings for testing, with the tables in place."""
    settings = Settings.from_environment(
        ENVIRONMENT | {"DATABASE_URL": database_url, "REDIS_URL": redis_server.url, "DATA": os.devnull}
    )
    extensions.connect(settings)
    migrating.upgrade()
    extensions.disconnect()
    return settings


@pytest.fixture
def settings(migrated: Settings, tmp_path: Path) -> Settings:
    """The settings of this test; a test that needs others overrides this fixture."""
    return replace(migrated, data=tmp_path)


@pytest.fixture
def connected(settings: Settings) -> Iterator[Settings]:
    """This process connected to an empty database and an empty Redis."""
    extensions.connect(settings)
    translation.speak("en")  # the request of another test may have left its language
    empty()
    yield settings
    extensions.disconnect()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Each test makes an application of its own; compiling its pages each time took most of the time of a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(connected: Settings, compiled_templates: BytecodeCache) -> Flask:
    app = create_app(connected)
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    """A browser that checks every page it is shown."""
    return CheckedClient(app)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


@pytest.fixture
def account(connected: Settings, password_hash: str) -> Account:
    """Ann, who gets her codes by text message."""
    return accounts.create(
        username="ann", name="Ann Lee", email="ann@example.org", mobile="202-555-0142", password_hash=password_hash
    )


@pytest.fixture
def administrator(connected: Settings, password_hash: str) -> Account:
    """Rosa, who may enter administrator mode and gets her codes by email."""
    return accounts.create(
        username="rosa", name="Rosa Oot", email="rosa@example.org", role=Role.ADMINISTRATOR, password_hash=password_hash
    )


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(
        address="192.0.2.7",
        browser=trusted_browsers.digest(trusted_browsers.new_identity()),
        description="Chrome on Windows",
        request_id="0123456789abcdef",
    )


@pytest.fixture
def by(administrator: Account, visitor: Visitor) -> Actor:
    """Rosa in her browser."""
    return Actor(administrator.id, visitor)


def empty() -> None:
    """Delete everything a test left behind; the configuration goes back to its defaults."""
    extensions.redis.flushdb()
    with extensions.database.transaction() as db:
        with _events_can_be_deleted(db):
            for table in reversed(Base.metadata.sorted_tables):
                db.execute(table.delete())
        db.add(Configuration(id=1))


@contextmanager
def _events_can_be_deleted(db: Session) -> Iterator[None]:
    """Without the triggers that keep the audit log, for the length of this block."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        yield
        db.execute(text("ALTER TABLE events ENABLE TRIGGER USER"))
        return
    triggers = db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for trigger in triggers:
        db.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        db.execute(text(trigger.sql))
