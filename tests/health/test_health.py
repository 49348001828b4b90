"""What machines ask: alive, and able to serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Settings
from tests.client import CheckedClient
from tests.one_database import ON_SQLITE
from tests.workers.processes import running, until

pytestmark = ON_SQLITE

NOBODY_LISTENS = [f"no worker listens to {name}" for name in ("codes", "links", "notices")]


def test_alive(client: CheckedClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_once_a_worker_listens_to_each_queue(client: CheckedClient, connected: Settings, tmp_path: Path) -> None:
    assert client.get("/readyz").json == {"status": "not ready", "problems": NOBODY_LISTENS}
    with running(connected, tmp_path):
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/readyz").json == {"status": "ok", "problems": []}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "problems": NOBODY_LISTENS})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_machine_that_watches_gets_no_cookie(client: CheckedClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers
    assert client.head(path).data == b""
