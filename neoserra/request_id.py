"""The id of the request being answered: in the log, in the audit log and, as the reference, on error pages."""

from __future__ import annotations

import secrets

from flask import g


def current() -> str:
    """Made when it is first asked for, which may be before any rule for every request was followed."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)
