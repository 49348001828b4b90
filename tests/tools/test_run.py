"""`dev.py run` as a newcomer sees it: one command, one address, one Ctrl-C."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.tools.waiting import eventually
from tools.environment import ROOT


class Run:
    """A running `dev.py run`, on a free port and with a folder of its own."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.settings = settings
        self.data = data
        self.log = data.with_suffix(".log")
        self.port = free_port()

    def start(self) -> None:
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*COMMAND, "run"], env=self.environment(), stdout=log, stderr=log)
        eventually(lambda: "Ctrl-C stops it." in self.printed() or self.process.poll() is not None)
        assert self.process.poll() is None, self.printed()

    def environment(self, **changed: str) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "PORT": str(self.port), "DATA": str(self.data)}
        return kept | self.settings | changed

    def printed(self) -> str:
        return self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://localhost:{self.port}{path}") as response:
            return str(response.read().decode())

    def answers(self, path: str) -> bool:
        try:
            return bool(self.get(path))
        except (URLError, ConnectionError):
            return False

    def child(self, words: str) -> int:
        """The process id of the program that has these words in its command, or 0."""
        table = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid=,args="], text=True)
        rows = [row.split(None, 2) for row in table.splitlines()]
        return next((int(pid) for pid, parent, args in rows if int(parent) == self.process.pid and words in args), 0)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


COMMAND = (sys.executable, str(ROOT / "dev.py"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = Run(tmp_path_factory.mktemp("run") / "data")
    try:
        run.start()
        yield run
    finally:
        run.stop()


def refusal(run: Run, **changed: str) -> str:
    """What a second one says, which cannot start."""
    done = subprocess.run(
        [*COMMAND, "run"], env=run.environment(**changed), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return done.stderr


def test_it_prints_the_address_the_accounts_and_where_messages_are_seen(run: Run) -> None:
    printed = run.printed()
    assert f"http://localhost:{run.port} is ready." in printed
    assert re.search("^ann +password", printed, re.MULTILINE)
    assert f"seen at http://localhost:{run.port}/outbox" in printed
    assert "Sign-in" in run.get("/login")
    assert run.get("/outbox")


def test_what_it_keeps_is_closed_to_other_users(run: Run) -> None:
    assert run.data.stat().st_mode & 0o077 == 0
    assert (run.data / "secret_key").stat().st_mode & 0o077 == 0


def test_a_second_one_names_the_port_that_is_taken(run: Run) -> None:
    assert refusal(run) == f"Port {run.port} cannot be used (Address already in use); choose another with PORT.\n"


def test_a_second_one_keeps_off_the_data_of_the_first(run: Run) -> None:
    assert "Another `dev.py run`" in refusal(run, PORT=str(free_port()))


def test_a_port_that_is_no_number_is_told() -> None:
    assert refusal(Run(Path("unused")), PORT="http") == "PORT must be a number from 1 to 65535, not 'http'.\n"


def test_outside_development_it_makes_no_demonstration_accounts(tmp_path: Path) -> None:
    run = Run(tmp_path / "data", NEOSERRA_ENV="testing")
    run.start()
    assert run.stop() == 0
    assert "is ready." in run.printed()
    assert "password" not in run.printed()


@pytest.mark.parametrize("program", ["-server", "gunicorn", "-m workers"])
def test_a_part_that_is_killed_comes_back(run: Run, program: str) -> None:
    killed = run.child(program)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: run.child(program) not in (0, killed))
    eventually(lambda: run.answers("/readyz"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_told_and_keeps_the_data_for_the_next_start(run: Run, number: signal.Signals) -> None:
    secret = (run.data / "secret_key").read_text()
    assert run.stop(number) == 0
    assert not run.answers("/healthz")
    run.start()
    assert (run.data / "secret_key").read_text() == secret
    assert run.answers("/login")


def test_nothing_stays_when_it_is_killed(run: Run) -> None:
    run.process.kill()
    run.process.wait()
    eventually(lambda: not run.answers("/healthz"))
    eventually(lambda: is_unused(run.data))


def is_unused(data: Path) -> bool:
    """Every program that `run` started holds a lock on the folder."""
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(folder)
    return True
