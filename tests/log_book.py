"""What every logger wrote, in the form in which an operator reads it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from neoserra.logs import JsonLines


class LogBook:
    def __init__(self) -> None:
        self._written = StringIO()
        self.handler = logging.StreamHandler(self._written)
        self.handler.setFormatter(JsonLines())

    @property
    def text(self) -> str:
        return self._written.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line must be JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def kept(level: int = logging.INFO) -> Iterator[LogBook]:
    """Keep what is logged inside the block, from `level` on."""
    book, root = LogBook(), logging.getLogger()
    before = root.level
    root.addHandler(book.handler)
    root.setLevel(level)
    try:
        yield book
    finally:
        root.removeHandler(book.handler)
        root.setLevel(before)
