"""Deliveries in a storm: workers, dispatcher, web and Redis are killed at random while a provider has a bad day.

In the end every code was taken by the provider once, or oftener only because an answer was lost.
"""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import func, select

from config import Settings
from neoserra import extensions, migrating
from neoserra.delivery import queues
from neoserra.identity import accounts
from neoserra.models import Attempt, Channel, Delivery, Outcome, State
from tests.conftest import ENVIRONMENT
from tests.faults.provider import BadProvider
from tests.servers.twilio_server import ACCOUNT, SENDER, TOKEN
from tools.environment import ROOT
from tools.redis_server import RedisServer

STORM_SECONDS = 180.0
OF_WEB = 0.1  # of the kills; besides it dies by itself
CALM_SECONDS = 90.0  # after the last kill, for what hangs, waits or lies with a dead worker
UNDER_WAY = (State.QUEUED, State.SENDING, State.RETRYING)
NO_BOUNDS = {
    "SEND_GAP_SECONDS": "0",
    "SENDS_PER_ACCOUNT_HOUR": "1000000",
    "SENDS_PER_DESTINATION_HOUR": "1000000",
    "SENDS_PER_ADDRESS_HOUR": "1000000",
    "SENDS_PER_DATABASE_HOUR": "1000000",
}


@dataclass
class Report:
    deliveries: int
    kills: int
    once: int = 0
    twice_after_lost_answer: int = 0
    twice_without_reason: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    notices_given_up: int = 0
    delays: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        delays = sorted(self.delays) or [0.0]
        return (
            f"{self.deliveries} deliveries, {self.kills} kills: {self.once} sent once, "
            f"{self.twice_after_lost_answer} sent twice after a lost answer, "
            f"{len(self.twice_without_reason)} without one, {len(self.never)} never sent, "
            f"{self.notices_given_up} notices given up when their worker died; "
            f"delay mean {sum(delays) / len(delays):.2f} s, median {delays[len(delays) // 2]:.2f} s, "
            f"worst {delays[-1]:.1f} s"
        )


def blow(
    database_url: str, folder: Path, deliveries: int, seconds_between_kills: float, life_seconds: float = 0.0
) -> Report:
    """So many text messages through such a storm, in which nothing but the web process dies younger than
    `life_seconds`."""
    with RedisServer(folder / "redis") as redis, BadProvider() as provider:
        environment = _environment(database_url, redis.url, provider.url, folder)
        extensions.connect(Settings.from_environment(environment))
        migrating.upgrade()
        for number in range(20):
            name = f"p{number}"
            accounts.create(username=name, email=f"{name}@example.org", mobile=f"+120255501{number:02}")
        with _engine(environment, folder) as pid, _Web(environment) as web:
            kills = _kill_at_random(pid, web, deliveries, seconds_between_kills, life_seconds)
        with _engine(environment, folder):
            _wait_for_calm()
        report = _judged(provider, kills)
        extensions.disconnect()
        return report


def _environment(database_url: str, redis_url: str, provider_url: str, folder: Path) -> dict[str, str]:
    return (
        ENVIRONMENT
        | NO_BOUNDS
        | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DATA": str(folder),
            "SMS_PROVIDERS": "twilio",
            "TWILIO_API_BASE": provider_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
        }
    )


class _Web:
    """The web process, started again when it died."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def keep(self) -> None:
        if self.process.poll() is not None:
            self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.faults.web"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | self._environment)


@contextmanager
def _engine(environment: dict[str, str], folder: Path) -> Iterator[int]:
    """`python -m workers`; its process id."""
    with ExitStack() as stack:
        log = stack.enter_context((folder / "workers.log").open("ab"))
        command = [sys.executable, "-m", "workers"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        while not _attended():
            time.sleep(0.1)
        yield process.pid


def _attended() -> bool:
    try:
        return not queues.unattended()
    except RedisError:
        return False


def _kill_at_random(engine: int, web: _Web, deliveries: int, seconds: float, life_seconds: float) -> int:
    """Until so many deliveries have been written; how many processes were killed."""
    kills, next_kill = 0, time.monotonic() + seconds
    deadline = time.monotonic() + STORM_SECONDS
    seen: dict[int, float] = {}
    while _written() < deliveries and time.monotonic() < deadline:
        time.sleep(0.1)
        web.keep()
        for pid in _mortals(engine):
            seen.setdefault(pid, time.monotonic())
        if time.monotonic() > next_kill:
            next_kill = time.monotonic() + random.uniform(0.5, 1.5) * seconds
            grown_up = [pid for pid in _mortals(engine) if seen.get(pid, math.inf) < time.monotonic() - life_seconds]
            if random.random() < OF_WEB and web.process.poll() is None:  # once reaped, its number may be anybody's
                grown_up = [web.process.pid]
            kills += sum(_kill(pid) for pid in random.sample(grown_up, min(1, len(grown_up))))
    return kills


def _mortals(engine: int) -> list[int]:
    """Of the processes below this one, and no others: the workers, the dispatcher and Redis."""
    ours = _children(os.getpid())
    redis = f"127.0.0.1:{urlsplit(extensions.settings.redis_url).port}".encode()
    below = [child for child in ours if _is(child, redis)]
    return below + [child for child in _children(engine) if engine in ours and _is(child, b"workers")]


def _kill(pid: int) -> int:
    """Never 0 or less: that is not one process but many, up to all there are (kill(2))."""
    assert pid > 1
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _children(pid: int) -> list[int]:
    return [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in _words(file)]


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except FileNotFoundError:  # the thread has ended
        return []


def _is(pid: int, *names: bytes) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return False
    return any(name in command for name in names)


def _written() -> int:
    query = select(func.count()).select_from(Delivery).where(Delivery.channel == Channel.SMS)
    with extensions.database.connection() as connection:
        return connection.execute(query).scalar_one()


def _wait_for_calm() -> None:
    deadline = time.monotonic() + CALM_SECONDS
    query = select(func.count()).select_from(Delivery).where(Delivery.state.in_(UNDER_WAY))
    while time.monotonic() < deadline:
        with extensions.database.connection() as connection:
            if connection.execute(query).scalar_one() == 0:
                return
        time.sleep(0.2)


def _judged(provider: BadProvider, kills: int) -> Report:
    with extensions.database.transaction() as db:
        rows = db.scalars(select(Delivery).where(Delivery.channel == Channel.SMS)).all()
        query = select(Attempt.delivery_id, func.count().label("number")).where(Attempt.outcome == Outcome.UNKNOWN)
        lost = {row.delivery_id: row.number for row in db.execute(query.group_by(Attempt.delivery_id))}
    report = Report(len(rows), kills)
    for row in rows:
        times = provider.taken.get(row.reference, [])
        if times:
            report.delays.append(min(times) - row.created_at.timestamp())
        if len(times) == 1:
            report.once += 1
        elif len(times) > 1 and lost.get(row.id, 0) >= len(times) - 1:
            report.twice_after_lost_answer += 1
        elif len(times) > 1:
            report.twice_without_reason.append(row.reference)
        elif row.state == State.FAILED and row.id in lost and not queues.is_waited_for(row.message):
            report.notices_given_up += 1
        else:
            report.never.append(f"{row.reference} {row.state} {row.explanation}")
    return report
