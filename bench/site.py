"""The servers a benchmark needs: a Redis, a database, gunicorn; and what they cost, read from /proc."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

from config import Settings
from neoserra import extensions, migrating
from tools.redis_server import RedisServer

Rows = Iterator[tuple[str, str]]
ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
ENVIRONMENT = {
    "NEOSERRA_ENV": "testing",
    "SECRET_KEY": "a key for the benchmarks alone, 0123456789",
    "DATABASE_NAME": "Bench SBDC",
    "SENDS_PER_ADDRESS_HOUR": "1000000",
    "SENDS_PER_ACCOUNT_HOUR": "1000000",
    "SENDS_PER_DESTINATION_HOUR": "1000000",
    "SENDS_PER_DATABASE_HOUR": "1000000",
    "SEND_GAP_SECONDS": "0",
}


@contextmanager
def servers(database_url: str = "") -> Iterator[dict[str, str]]:
    """A Redis and a migrated database, SQLite if no other is named, and this process connected to both; the environment
    that leads to them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RedisServer(Path(folder) / "redis") as redis,
        connected(redis, database_url or f"sqlite:///{folder}/neoserra.sqlite3", folder) as environment,
    ):
        yield environment


@contextmanager
def connected(redis: RedisServer, database_url: str, folder: str) -> Iterator[dict[str, str]]:
    """The same for a Redis that is there."""
    environment = ENVIRONMENT | {"DATABASE_URL": database_url, "REDIS_URL": redis.url, "DATA": folder}
    extensions.connect(Settings.from_environment(environment))
    migrating.upgrade()
    yield environment
    extensions.disconnect()


class Gunicorn:
    """A web server of two workers for `target`, like `wsgi:app`."""

    def __init__(self, target: str, environment: dict[str, str]) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        settings = [str(ROOT / "deploy" / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{self.port}"]
        command = [sys.executable, "-m", "gunicorn", "--log-level", "error", "--config", *settings, target]
        self._process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.get("/login")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise TimeoutError("gunicorn does not answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def get(self, path: str, headers: dict[str, str] | None = None, times: int = 1) -> bytes:
        """Ask over one kept-open connection, the last answer's body."""
        connection = self.connect()
        body = b""
        for _ in range(times):
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            body = answer.read()
        connection.close()
        return body

    def cpu_seconds(self) -> float:
        """User and system time of the workers so far."""
        return sum(_cpu_seconds(pid) for pid in self._workers())

    def memory_mib(self) -> float:
        """Proportional set size of the workers, in MiB."""
        return sum(pss_kib(pid) for pid in self._workers()) / 1024

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))


def settings_for(gunicorn: Gunicorn) -> Settings:
    return replace(extensions.settings, public_url=f"http://127.0.0.1:{gunicorn.port}")
