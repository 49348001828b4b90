"""Whoever can write into Redis can put jobs there; none of them may run (security.md, Rules)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rq import Callback, Queue, Retry, Webhook
from rq.serializers import JSONSerializer, PickleSerializer

from neoserra import extensions
from neoserra.delivery import queues, sending
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, State
from tests.delivery import rows
from tests.one_database import ON_SQLITE
from tests.workers.conftest import Start
from tests.workers.processes import until
from tests.workers.traps import spring

TRAP = "tests.workers.traps.spring"

Forge = Callable[..., str]


@pytest.fixture
def forge(start: Start, account: Account, visitor: Visitor) -> Forge:
    """Puts a job into the queue of the codes and waits until a worker has gone past it; what the worker printed."""
    worker = start("codes")

    def put(function: str, *arguments: object, pickled: bool = False, **options: Any) -> str:
        serializer = PickleSerializer if pickled else JSONSerializer
        queue = Queue(queues.CODES, connection=extensions.redis, serializer=serializer)
        queue.enqueue_call(function, args=arguments, job_id="forged", **options)
        sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
        until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
        return worker.output()

    return put


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return tmp_path / "trap"


def is_gone() -> bool:
    return not extensions.redis.exists("rq:job:forged")


def has_failed() -> bool:
    listed = extensions.redis.zscore("rq:failed:codes", "forged") is not None
    return listed and extensions.redis.hget("rq:job:forged", "status") == b"failed"


@pytest.mark.parametrize("function", ["os.system", TRAP, "workers.jobs.JOBS", "neoserra.delivery.dispatch.deliver"])
def test_a_function_that_is_not_listed_does_not_run(function: str, forge: Forge, trap: Path) -> None:
    printed = forge(function, f"touch {trap}")
    assert not trap.exists()
    assert has_failed()
    assert "ForgedJob" in printed


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"5", b"{}", b"[]", b'["workers.jobs.deliver", null, 5, {}]', b'[["a"], null, [], {}]', b"[" * 9999],
)
@pytest.mark.parametrize("job_id", [b"forged", b"\xff\xfe"])
@ON_SQLITE
def test_whatever_a_job_holds_the_worker_goes_past_it(data: bytes, job_id: bytes, forge: Forge) -> None:
    extensions.redis.hset(b"rq:job:" + job_id, mapping={"data": data, "origin": "codes"})
    extensions.redis.lpush("rq:queue:codes", job_id)
    printed = forge("os.getcwd")
    assert "Traceback" not in printed.partition("a worker listens")[0]
    assert '"the worker' not in printed
    assert extensions.redis.scard("rq:workers:codes") == 1


def test_a_pickle_is_not_read(forge: Forge, trap: Path) -> None:
    printed = forge("workers.jobs.deliver", Bomb(), pickled=True)
    assert not trap.exists()
    assert has_failed()
    assert "DeserializationError" in printed


def test_callbacks_do_not_run(forge: Forge, trap: Path) -> None:
    on = Callback(TRAP)
    forge("workers.jobs.deliver", "BCDFGHJK", on_success=on, on_failure=on, on_stopped=on)
    assert is_gone()
    assert not trap.exists()


def test_callbacks_of_what_fails_do_not_run(forge: Forge, trap: Path) -> None:
    forge("os.getcwd", on_failure=Callback(TRAP))
    assert has_failed()
    assert not trap.exists()


def test_what_fails_is_not_repeated(forge: Forge) -> None:
    forge("os.getcwd", retry=Retry(max=5))
    assert has_failed()


def test_webhooks_are_not_called(forge: Forge, listener: tuple[str, list[str]]) -> None:
    address, calls = listener
    forge("workers.jobs.deliver", "BCDFGHJK", webhooks=[Webhook(address, "finished"), Webhook(address, "failed")])
    assert is_gone()
    assert calls == []


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", calls
    server.shutdown()
    thread.join()
    server.server_close()


class Bomb:
    """Runs the trap when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[()]]:
        return spring, ()
