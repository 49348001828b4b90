"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 180.0


def eventually(holds: Callable[[], object]) -> None:
    """Returns as soon as `holds()` is true; fails when it never becomes so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{holds} never held"
        time.sleep(0.05)
