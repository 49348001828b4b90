"""The commands of dev.py: what each needs installed, and the module of `.venv` that carries it out."""

import os
import sys
from typing import NoReturn

from tools import environment
from tools.environment import PYTHON, ROOT, Unavailable

COMMANDS = {
    "run": ("requirements.txt", ["tools.run"]),
    "test": ("requirements-dev.txt", ["tools.test"]),
    "lint": ("requirements-dev.txt", ["tools.lint"]),
    "translate": ("requirements.txt", ["tools.translations"]),
    "bench": ("requirements-dev.txt", ["bench"]),
    "fault": ("requirements-dev.txt", ["tests.faults"]),
}


def main(arguments: list[str]) -> NoReturn:
    """Becomes the command, or exits with the sentence that says why not."""
    if not arguments or arguments[0] not in COMMANDS:
        sys.exit(f"Usage: python3 dev.py {' | '.join(COMMANDS)}")
    lock, module = COMMANDS[arguments[0]]
    try:
        environment.prepare(lock)
    except Unavailable as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", *module, *arguments[1:]])
