"""The schema that the migrations make, step by step up and down, is the one that the models describe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from config import Settings
from neoserra import extensions, migrating
from neoserra.identity import accounts, configuration
from neoserra.models import Base


@pytest.fixture
def blank(migrated: Settings, tmp_path: Path) -> Iterator[None]:
    """This process connected to a database without tables, of the same kind as the other tests' one."""
    if migrated.database_url.startswith("sqlite"):
        extensions.connect(replace(migrated, database_url=f"sqlite:///{tmp_path / 'blank.sqlite3'}"))
        yield
    else:
        _in_postgres(migrated, "CREATE DATABASE blank")
        extensions.connect(replace(migrated, database_url=migrated.database_url.replace("/postgres?", "/blank?")))
        yield
        extensions.disconnect()
        _in_postgres(migrated, "DROP DATABASE blank")
    extensions.disconnect()


def _in_postgres(settings: Settings, statement: str) -> None:
    extensions.connect(settings)
    with extensions.database.connection() as connection:
        connection.execute(text(statement))
    extensions.disconnect()


def tables() -> set[str]:
    return set(inspect(extensions.database.engine).get_table_names()) - {"alembic_version"}


def differences() -> list[object]:
    """What a migration would have to change to make the database what the models say."""
    with extensions.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


@pytest.mark.usefixtures("blank")
def test_migrations_make_what_the_models_describe_from_nothing() -> None:
    assert tables() == set()
    migrating.upgrade()
    assert tables() == set(Base.metadata.tables)
    assert differences() == []


@pytest.mark.usefixtures("blank")
def test_a_new_database_has_its_configuration_and_nobody_in_it() -> None:
    """ASVS 6.3.2: no default accounts."""
    migrating.upgrade()
    assert configuration.current().minimum_password_length == 12
    assert configuration.current().trusted_browser_days == 90
    assert not accounts.any_exist()


@pytest.mark.usefixtures("blank")
def test_every_step_can_be_taken_back_and_taken_again() -> None:
    scripts = ScriptDirectory.from_config(migrating.alembic_config())
    steps = [script.revision for script in scripts.walk_revisions()][::-1]
    for step in steps:
        migrating.upgrade(step)
    for step in [*steps[:-1][::-1], "base"]:
        command.downgrade(migrating.alembic_config(), step)
    assert tables() == set()
    migrating.upgrade()
    assert differences() == []


@pytest.mark.usefixtures("blank")
def test_an_upgrade_keeps_what_is_there() -> None:
    migrating.upgrade()
    accounts.create(username="ann", email="ann@example.org")
    migrating.upgrade()
    assert accounts.find("ann") is not None


def test_migrations_follow_one_another_in_one_line() -> None:
    scripts = ScriptDirectory.from_config(migrating.alembic_config())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
