"""Whole journeys: a browser, the site, a worker that delivers, and the outbox as the person's phone and mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config import Settings
from tests.workers.processes import running


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The rooms below are tested on both databases; a journey needs one."""
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'neoserra.sqlite3'}"


@pytest.fixture
def settings(migrated: Settings, tmp_path: Path) -> Settings:
    return replace(migrated, data=tmp_path, public_url="http://localhost", send_gap_seconds=1)


@pytest.fixture(autouse=True)
def workers(connected: Settings, tmp_path: Path) -> Iterator[None]:
    """A real worker sends the codes."""
    with running(connected, tmp_path, "codes"):
        yield
