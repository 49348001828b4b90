"""`python3 dev.py fault`: 1,000 deliveries through a storm on each kind of database, and what became of them."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults import storm
from tools.postgres_server import PostgresServer

DELIVERIES = 1000
SECONDS_BETWEEN_KILLS = 1.5
LIFE_SECONDS = 16.0  # what dies younger makes its supervisor wait longer and longer (`workers/supervisor.py`)


def main() -> int:
    bad = 0
    for name in ("SQLite", "PostgreSQL"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder}/neoserra.sqlite3"
            if name == "PostgreSQL":
                url = stack.enter_context(PostgresServer()).url
            report = storm.blow(url, folder, DELIVERIES, SECONDS_BETWEEN_KILLS, LIFE_SECONDS)
            print(f"{name}: {report}", flush=True)
            for line in report.never + report.twice_without_reason:
                print(f"  {line}", flush=True)
            bad += len(report.never) + len(report.twice_without_reason)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
