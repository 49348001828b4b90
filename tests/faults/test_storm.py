"""A short storm; `python3 dev.py fault` makes a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import storm
from tools.postgres_server import PostgresServer


@pytest.mark.fault
def test_every_code_arrives_in_a_storm_and_none_twice_without_a_lost_answer_on_sqlite(tmp_path: Path) -> None:
    report = storm.blow(f"sqlite:///{tmp_path}/neoserra.sqlite3", tmp_path, 150, 1.5)
    check(report)


@pytest.mark.fault
def test_every_code_arrives_in_a_storm_and_none_twice_without_a_lost_answer_on_postgresql(tmp_path: Path) -> None:
    with PostgresServer() as server:
        check(storm.blow(server.url, tmp_path, 150, 1.5))


def check(report: storm.Report) -> None:
    print(report)
    assert report.kills > 0
    assert (report.never, report.twice_without_reason) == ([], [])
    assert report.once > 0
