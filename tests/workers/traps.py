"""What no job may run. Each call leaves a file behind."""

from __future__ import annotations

import os
from pathlib import Path


def spring(*_: object) -> None:
    Path(os.environ["TRAP"]).touch()
