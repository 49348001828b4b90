"""The delivery engine beside RQ's stock worker, with a provider that answers in 50 ms (goals: performance.md)."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from bench.site import ROOT, Rows, connected, pss_kib, servers
from neoserra import clock, extensions
from neoserra.delivery import outbox, queues, sending
from neoserra.identity import accounts, codes
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, Message, State
from tools.postgres_server import PostgresServer
from tools.redis_server import RedisServer

DELIVERIES, OF_STOCK, ONE_BY_ONE, NOTICES, PEOPLE = 3000, 60, 200, 10_000, 100


def run() -> Rows:
    with servers() as environment, _provider() as provider:
        environment.update(provider.settings)
        people = [_person(number) for number in range(PEOPLE)]
        codes_worker = [sys.executable, "-m", "workers", queues.CODES]
        stock = _rate(provider, environment, [sys.executable, "-m", "bench.stock_worker"], people, OF_STOCK)
        ours = _rate(provider, environment, codes_worker, people, DELIVERIES)
        yield "stock RQ worker, deliveries/s", f"{stock.rate:.1f}"
        yield "our worker, deliveries/s (goal 400)", f"{ours.rate:.0f}"
        yield "our worker / stock (goal 40)", f"{ours.rate / stock.rate:.0f}"
        yield "worker CPU a delivery, ms: stock, ours (goal 1.5)", f"{stock.cpu_ms:.1f}, {ours.cpu_ms:.2f}"
        yield "Redis commands a delivery: stock, ours (goal 10)", f"{stock.commands:.1f}, {ours.commands:.1f}"
        with _process(environment, codes_worker) as worker:
            yield "idle worker, MiB PSS: new, after deliveries (goal 45)", _memory(worker, provider, people)
            yield from _waits("SQLite", environment, provider, people)
    with PostgresServer() as postgres, servers(postgres.url) as environment, _provider() as provider:
        environment.update(provider.settings)
        people = [_person(number) for number in range(PEOPLE)]
        with _process(environment, codes_worker):
            yield from _waits("PostgreSQL", environment, provider, people)
    with (
        tempfile.TemporaryDirectory() as folder,
        RedisServer(Path(folder) / "redis") as redis,
        connected(redis, f"sqlite:///{folder}/neoserra.sqlite3", folder) as environment,
        _provider() as provider,
    ):
        recoveries = _recoveries(environment | provider.settings, redis, provider)
        yield "Redis back to a code at the door, s: worst of 5 (goal 2)", f"{max(recoveries):.2f}"


def _waits(database: str, environment: dict[str, str], provider: _Provider, people: list[Account]) -> Rows:
    """How long codes wait for a worker that is there already."""
    label = f"commit to door, {database}, ms: p50, p99"
    yield f"{label} (goals 5, 20)", _quantiles(_delays(provider, people))
    with _process(environment, [sys.executable, "-m", "workers", queues.NOTICES]):
        _put_notices(people)
        yield f"{label}, 10,000 notices", _quantiles(_delays(provider, people))
        yield "  of them still waiting at the end", str(len(queues.waiting(queues.NOTICES)))


def _recoveries(environment: dict[str, str], redis: RedisServer, provider: _Provider) -> list[float]:
    """Seconds from a Redis that answers again to the provider's door, for a code that is asked for at once."""
    seconds, person = [], _person(0)
    with _process(environment, [sys.executable, "-m", "workers", queues.CODES]):
        for away in (0.5, 1, 2, 3, 4):
            redis.stop()
            time.sleep(away)
            redis.start()
            back = time.time()
            visitor = Visitor("192.0.2.1", secrets.token_urlsafe(32), "Firefox on Linux", "")
            sent = sending.send_code(person, codes.Purpose.SIGN_IN, visitor)
            seconds.append(provider.wait_for([sent.reference])[sent.reference] - back)
    return seconds


class _Provider:
    """The provider's process, as the engine and the benchmark see it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.settings = {
            "SMS_PROVIDERS": "twilio",
            "TWILIO_API_BASE": f"http://127.0.0.1:{port}",
            "TWILIO_ACCOUNT_SID": "AC0",
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_FROM": "+12025550100",
        }

    def doors(self) -> dict[str, float]:
        """When each message came since this was last asked."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request("GET", "/doors")
        doors = json.loads(connection.getresponse().read())
        connection.close()
        return {reference: times[0] for reference, times in doors.items()}

    def wait_for(self, references: Sequence[str]) -> dict[str, float]:
        """When each of these came."""
        doors: dict[str, float] = {}
        deadline = time.monotonic() + 120
        while not doors.keys() >= set(references):
            assert time.monotonic() < deadline, f"{len(doors)} of {len(references)} messages arrived"
            time.sleep(0.05)
            doors |= self.doors()
        return doors


@contextmanager
def _provider() -> Iterator[_Provider]:
    command = [sys.executable, "-m", "bench.provider", "50"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield _Provider(int(process.stdout.readline()))
    process.terminate()
    process.wait()


@contextmanager
def _process(environment: dict[str, str], command: list[str]) -> Iterator[int]:
    """Runs until the end of the block; it listens when the block begins."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=subprocess.DEVNULL)
    while str(process.pid).encode() not in _listening():
        time.sleep(0.05)
    yield process.pid
    process.terminate()
    process.wait()


def _listening() -> list[Any]:
    """The process ids of the workers in RQ's list."""
    workers: Any = extensions.redis.smembers("rq:workers")
    return [extensions.redis.hget(worker, "pid") for worker in workers]


def _person(number: int) -> Account:
    name = f"p{number}"
    return accounts.create(username=name, email=f"{name}@example.org", mobile=f"+1202555{number:04}")


class _Figures:
    def __init__(self, rate: float, cpu_ms: float, commands: float) -> None:
        self.rate, self.cpu_ms, self.commands = rate, cpu_ms, commands


def _rate(
    provider: _Provider, environment: dict[str, str], command: list[str], people: list[Account], number: int
) -> _Figures:
    """Deliver so many codes that wait already."""
    with _process(environment, command) as worker:
        warm = _put_codes(people, 10)
        provider.wait_for(warm)
        time.sleep(1)
        calls, cpu = _calls(), _cpu(worker)
        references = _put_codes(people, number)
        put = _calls() - calls
        doors = provider.wait_for(references)
        _wait_until_recorded()
        times = sorted(doors.values())
        done = _calls() - calls - put
        return _Figures((number - 1) / (times[-1] - times[0]), (_cpu(worker) - cpu) / number * 1000, done / number)


def _put_codes(people: list[Account], number: int) -> list[str]:
    """Codes of so many browsers, written and then queued all at once."""
    rows = []
    for n in range(number):
        account, browser = people[n % len(people)], secrets.token_urlsafe(32)
        expires_at = codes.issue(codes.Owner(account.id, browser, codes.Purpose.SIGN_IN))
        rows.append(_row(account, Message.SIGN_IN_CODE) | {"browser": browser, "expires_at": expires_at})
    return _put(queues.CODES, rows)


def _put_notices(people: list[Account]) -> None:
    _put(queues.NOTICES, [_row(people[n % len(people)], Message.PASSWORD_RESET) for n in range(NOTICES)])


def _put(queue: str, rows: list[dict[str, Any]]) -> list[str]:
    with extensions.database.transaction() as db:
        db.execute(insert(Delivery), rows)
    references = [row["reference"] for row in rows]
    queues.put(queue, references)
    return references


def _row(account: Account, message: Message) -> dict[str, Any]:
    now = clock.now()
    return {
        "reference": outbox.new_reference(),
        "account_id": account.id,
        "message": message,
        "channel": Channel.SMS,
        "destination": account.mobile,
        "language": "en",
        "next_at": now,
        "expires_at": now + timedelta(hours=1),
    }


def _wait_until_recorded() -> None:
    while True:
        with extensions.database.connection() as connection:
            query = Delivery.__table__.select().where(Delivery.state != State.ACCEPTED).limit(1)
            if connection.execute(query).first() is None:
                return
        time.sleep(0.05)


def _delays(provider: _Provider, people: list[Account]) -> list[float]:
    """Milliseconds from the commit of a code to the provider's door, one code after the other."""
    committed: list[float] = []
    stamp: Callable[[Session], None] = lambda _: committed.append(time.time())  # noqa: E731
    delays = []
    provider.doors()
    event.listen(Session, "after_commit", stamp)
    for n in range(ONE_BY_ONE):
        committed.clear()
        visitor = Visitor("192.0.2.1", secrets.token_urlsafe(32), "Firefox on Linux", "")
        sent = sending.send_code(people[n % len(people)], codes.Purpose.SIGN_IN, visitor)
        at_door = provider.wait_for([sent.reference])[sent.reference]
        delays.append((at_door - committed[-1]) * 1000)
    event.remove(Session, "after_commit", stamp)
    return delays


def _quantiles(delays: list[float]) -> str:
    ordered = sorted(delays)
    return f"{ordered[len(ordered) // 2]:.1f}, {ordered[len(ordered) * 99 // 100]:.1f}"


def _memory(worker: int, provider: _Provider, people: list[Account]) -> str:
    new = pss_kib(worker) / 1024
    provider.wait_for(_put_codes(people, 200))
    time.sleep(2)
    return f"{new:.1f}, {pss_kib(worker) / 1024:.1f}"


def _cpu(worker: int) -> float:
    """Of the process and of the children that it has waited for (a stock worker forks for each job)."""
    fields = (ROOT / f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _calls() -> int:
    statistics: Any = extensions.redis.info("commandstats")
    return sum(int(command["calls"]) for command in statistics.values())
