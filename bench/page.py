"""A signed-in page beside bare Flask and plain WSGI: CPU, Redis round trips, memory (goal: 1.6 times bare Flask)."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any

from bench.site import Gunicorn, Rows, servers
from neoserra import clock, extensions
from neoserra.identity import accounts, sessions

REQUESTS, ROUNDS = 1500, 5


def run() -> Rows:
    with (
        servers() as environment,
        Gunicorn("bench.floors:plain_wsgi", environment) as wsgi,
        Gunicorn("bench.floors:bare_flask", environment) as flask,
        Gunicorn("wsgi:app", environment) as ours,
    ):
        signed_in = {"Cookie": f"session={_session()}"}
        assert b"Ann Lee" in ours.get("/", signed_in)
        asks = [(wsgi, "/login", {}), (flask, "/login", {}), (ours, "/", signed_in), (ours, "/login", {})]
        costs: list[list[float]] = [[] for _ in asks]
        for _ in range(ROUNDS):
            for cost, (server, path, headers) in zip(costs, asks, strict=True):
                cost.append(_microseconds(server, path, headers))
        yield "plain WSGI, µs of CPU", f"{median(costs[0]):.0f}"
        yield "bare Flask with a small page, µs", f"{median(costs[1]):.0f}"
        yield "signed-in page, µs", f"{median(costs[2]):.0f}"
        yield "login page, µs", f"{median(costs[3]):.0f}"
        ratios = sorted(page / bare for page, bare in zip(costs[2], costs[1], strict=True))
        yield "signed-in page / bare Flask", f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        yield "Redis round trips a signed-in page", f"{_round_trips(ours, signed_in):.2f}"
        yield "memory of 2 workers, MiB PSS", f"{ours.memory_mib():.0f} (bare Flask {flask.memory_mib():.0f})"


def _session() -> str:
    """A signed-in session, put where the site looks for it."""
    ann = accounts.create(username="ann", name="Ann Lee", email="ann@example.org")
    session_id = sessions.new_id(signed_in=True)
    data = {"_user_id": f"{ann.id}.0", "_fresh": True, "at": int(clock.timestamp()), "proof": "code", "event": 1}
    sessions.keep(session_id, data, new=True)
    return session_id


def _microseconds(server: Gunicorn, path: str, headers: dict[str, str]) -> float:
    before = server.cpu_seconds()
    server.get(path, headers, REQUESTS)
    return (server.cpu_seconds() - before) / REQUESTS * 1e6


def _round_trips(server: Gunicorn, headers: dict[str, str], times: int = 200) -> float:
    """Commands that the site sent; the two that the script for reading a session runs inside Redis do not count."""
    before = _calls()
    server.get("/", headers, times)
    after = _calls()
    scripts = after["cmdstat_evalsha"] - before["cmdstat_evalsha"]
    return (sum(after.values()) - sum(before.values()) - 2 * scripts - 1) / times


def _calls() -> Counter[str]:
    statistics: Any = extensions.redis.info("commandstats")
    return Counter({name: int(command["calls"]) for name, command in statistics.items()})
