"""Logs: one line of JSON an event on standard error, every outside value escaped (ASVS 16.2.4, 16.4.1)."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

# What every LogRecord has anyway; the rest was passed as `extra` and is written out.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if request := _request():
            line["request"] = request
        line |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _request() -> str:
    """The id of the request being answered; empty where there is none. A worker never loads Flask for it."""
    if "flask" not in sys.modules:
        return ""
    from flask import has_request_context

    from neoserra import request_id

    return request_id.current() if has_request_context() else ""


def set_up() -> None:
    """Write everything from INFO on as lines of JSON; safe to call again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
