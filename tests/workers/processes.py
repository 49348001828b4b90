"""Real processes of `python -m workers` for tests, and waiting for what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config import Settings
from neoserra import extensions
from neoserra.delivery import queues
from tests.conftest import ENVIRONMENT

LONGEST_SECONDS = 60.0  # only a test that fails waits so long


def until(happened: Callable[[], object]) -> None:
    """Return once `happened` is true."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Process:
    """A process under test; `output()` is all that it has printed so far."""

    def __init__(self, settings: Settings, folder: Path, *arguments: str) -> None:
        self._log = folder / f"{'-'.join(arguments) or 'workers'}-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers", *arguments],
                env=os.environ | environment(settings) | {"TRAP": str(folder / "trap")},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def output(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def ended(self) -> int:
        """The exit status, once there is one."""
        return self._process.wait(LONGEST_SECONDS)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(LONGEST_SECONDS)


def environment(settings: Settings) -> dict[str, str]:
    return ENVIRONMENT | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA": str(settings.data),
    }


def _listens(queue: str) -> bool:
    """Whether a worker waits for a job: it is registered then, and handles signals."""
    workers = extensions.redis.smembers(f"rq:workers:{queue}")
    return any(extensions.redis.hget(worker, "state") == b"idle" for worker in workers)


@contextmanager
def running(settings: Settings, folder: Path, *arguments: str) -> Iterator[Process]:
    """A process until the end of the block; a worker has begun to listen when the block is entered."""
    process = Process(settings, folder, *arguments)
    try:
        if arguments and arguments[0] in queues.NAMES:
            until(lambda: _listens(arguments[0]))
        yield process
    finally:
        process.stop()
