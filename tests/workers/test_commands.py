"""`python -m workers`: what it starts, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from config import Settings
from neoserra.delivery import queues, sending
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, State
from tests.delivery import rows
from tests.workers.conftest import Start
from tests.workers.processes import environment, until
from workers.jobs import JOBS


def test_one_command_runs_all_that_a_machine_needs(start: Start, account: Account, visitor: Visitor) -> None:
    all_of_it = start()
    until(lambda: not queues.unattended())
    until(lambda: "the dispatcher sweeps" in all_of_it.output())
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    until(lambda: rows.delivery(sent.reference).state == State.ACCEPTED)
    until(lambda: rows.delivery(notice.reference).state == State.ACCEPTED)
    all_of_it.ask_to_stop()
    assert all_of_it.ended() == 0
    assert queues.unattended() == list(queues.NAMES)


def test_every_message_has_a_queue_and_every_queue_a_worker() -> None:
    assert {queues.name_for(message) for message in Message} <= set(queues.NAMES)


def test_the_job_in_the_queue_is_one_that_may_run() -> None:
    assert set(JOBS) == {queues.JOB}


@pytest.mark.parametrize("arguments", [["nonsense"], ["codes", "notices"]])
def test_an_unknown_queue_is_refused(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "workers", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Usage: python -m workers [codes | links | notices | dispatcher]")


@pytest.mark.parametrize("arguments", [[], ["codes"]])
def test_a_setting_that_is_missing_is_named(arguments: list[str], connected: Settings) -> None:
    settings = environment(connected) | {"SECRET_KEY": "short"}
    command = [sys.executable, "-m", "workers", *arguments]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr
