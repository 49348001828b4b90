"""Bringing the database schema up to date, with Alembic, without a file of settings."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parent.parent / "migrations"


def upgrade(revision: str = "head") -> None:
    """Migrate the database of this process; nothing happens when it is up to date."""
    command.upgrade(alembic_config(), revision)


def alembic_config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.set_main_option("path_separator", "os")
    return settings
