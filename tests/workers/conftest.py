"""Processes that work for the test's database and Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config import Settings
from tests.workers.processes import Process, running

Start = Callable[..., Process]


@pytest.fixture
def start(connected: Settings, tmp_path: Path) -> Iterator[Start]:
    """`start("codes")` runs `python -m workers codes` until the end of the test."""
    with ExitStack() as processes:
        yield lambda *arguments: processes.enter_context(running(connected, tmp_path, *arguments))
