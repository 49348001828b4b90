"""The supervisor on real processes; they write down what happens to them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.waiting import eventually
from tools.environment import ROOT
from workers import supervisor
from workers.supervisor import Program, Supervisor

STEADY = """
import os, signal, sys, time
def note(text):
    with open("notes", "a") as notes:
        notes.write(text + "\\n")
def end(*_):
    time.sleep(0.3)
    note("finished")
    sys.exit()
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, lambda *_: note("interrupted"))
note(f"began {os.getpid()}")
while True:
    time.sleep(60)
"""
SUPERVISE = f"""
import sys
from workers.supervisor import Program, supervise
supervise(Program("steady", [sys.executable, "-c", {STEADY!r}]))
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the steady program writes down."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "notes"
    path.touch()
    return path


class Printed:
    """All that was printed so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def __contains__(self, words: str) -> bool:
        return words in str(self)

    def __str__(self) -> str:
        self._text += self._capsys.readouterr().out
        return self._text


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return Printed(capsys)


@pytest.fixture
def supervising(notes: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own, as in a terminal, with the steady program begun."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SUPERVISE]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, process_group=0) as process:
        eventually(lambda: "began" in notes.read_text())
        yield process
        process.kill()


def steady() -> Program:
    return Program("steady", [sys.executable, "-c", STEADY])


def beginnings(notes: Path) -> list[int]:
    return [int(line.split()[1]) for line in notes.read_text().splitlines() if line.startswith("began")]


def test_what_a_program_prints_is_passed_on_under_its_name(printed: Printed) -> None:
    with Supervisor(Program("speaker", ["sh", "-c", "echo to one; echo to the other >&2; sleep 60"])):
        eventually(lambda: "other" in printed)
    assert str(printed) == "  speaker | to one\n  speaker | to the other\n"


def test_a_program_that_dies_starts_again(notes: Path, printed: Printed) -> None:
    with Supervisor(steady()):
        eventually(lambda: len(beginnings(notes)) == 1)
        os.kill(beginnings(notes)[0], signal.SIGKILL)
        eventually(lambda: len(beginnings(notes)) == 2)
    assert "steady | ended by SIGKILL; it starts again in 0.5 s" in printed


def test_the_pause_grows_while_a_program_does_nothing_but_end(
    monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)
    with Supervisor(Program("brief", ["sh", "-c", "exit 3"])):
        eventually(lambda: "0.08 s" in printed)
    ends = [f"    brief | ended with status 3; it starts again in {pause} s" for pause in (0.01, 0.02, 0.04, 0.08)]
    assert str(printed).splitlines()[:4] == ends


def test_a_program_that_cannot_be_started_is_tried_again(tmp_path: Path, notes: Path, printed: Printed) -> None:
    late = tmp_path / "late"
    with Supervisor(Program("late", [late])):
        eventually(lambda: "could not start" in printed)
        late.with_suffix(".new").write_text("#!/bin/sh\necho began 1 >>notes\nsleep 60\n")
        late.with_suffix(".new").chmod(0o700)
        late.with_suffix(".new").rename(late)
        eventually(lambda: beginnings(notes))


def test_standard_input_is_given_at_every_start_and_seen_in_no_list_of_processes(notes: Path) -> None:
    reader = Program(
        "reader", ["sh", "-c", "read word; echo began $$ $word >>notes; sleep 60"], standard_input="hidden\n"
    )
    with Supervisor(reader):
        eventually(lambda: beginnings(notes))
        processes = subprocess.check_output(["ps", "-A", "-o", "args"], text=True)
        os.kill(beginnings(notes)[0], signal.SIGKILL)
        eventually(lambda: notes.read_text().count("hidden") == 2)
    assert "hidden" not in processes


def test_stopping_waits_for_a_graceful_end(notes: Path) -> None:
    with Supervisor(steady()):
        eventually(lambda: beginnings(notes))
    assert notes.read_text().splitlines()[1:] == ["finished"]


def test_what_outlives_the_grace_is_killed_with_all_that_it_started(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.1)
    deaf = "trap '' TERM; sleep 60 & echo began $! >>notes; wait; sleep 60"
    with Supervisor(Program("deaf", ["sh", "-c", deaf])):
        eventually(lambda: beginnings(notes))
    eventually(lambda: not runs(beginnings(notes)[0]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_in_peace(notes: Path, supervising: subprocess.Popen[str], number: signal.Signals) -> None:
    """To its whole process group, as a terminal sends it."""
    os.killpg(supervising.pid, number)
    assert supervising.wait() == 0
    assert notes.read_text().splitlines()[1:] == ["finished"]


def test_the_programs_end_when_the_supervisor_is_killed(notes: Path, supervising: subprocess.Popen[str]) -> None:
    supervising.kill()
    eventually(lambda: "finished" in notes.read_text())
    eventually(lambda: not runs(beginnings(notes)[0]))


def runs(pid: int) -> bool:
    """Whether the process is there, and not merely unburied."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")
