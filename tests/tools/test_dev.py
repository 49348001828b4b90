"""dev.py itself."""

import os
import subprocess
import sys

from tools.environment import ROOT

OLDER = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path('dev.py', run_name='__main__')"


def dev(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_an_older_python_is_told_which_one_is_needed() -> None:
    done = dev("-c", OLDER)
    assert (done.returncode, done.stderr) == (1, "dev.py needs Python 3.11 or newer; this is Python 3.9.\n")


def test_an_unknown_command_is_answered_with_the_known_ones() -> None:
    done = dev("dev.py", "walk")
    assert (done.returncode, done.stderr) == (
        1,
        "Usage: python3 dev.py run | test | lint | translate | bench | fault\n",
    )


def test_browser_tests_are_left_out_only_when_asked_and_told() -> None:
    done = dev("dev.py", "test", "--no-browser", "-n", "0", "--collect-only", "-q", "tests/tools")
    assert "dev.py: leaving out the browser tests, as --no-browser asks" in done.stdout
    assert done.returncode == 0


def test_a_browser_that_cannot_be_had_fails_the_tests() -> None:
    done = subprocess.run(
        [sys.executable, "dev.py", "test", "--collect-only", "tests/tools"],
        cwd=ROOT,
        env={**os.environ, "NEOSERRA_CHROMIUM": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "NEOSERRA_CHROMIUM names /nowhere, which does not start.\n")
