"""The page somebody wanted before signing in."""

from __future__ import annotations

import re

# Matched before anything parses it: `//evil.test`, `/\evil.test` and control characters never get that far.
LOCAL = re.compile(r"/[A-Za-z0-9][!-\[\]-~]*")
LONGEST = 512


def safe(wanted: str | None) -> str:
    """`wanted` when it is a page of this site, else the start page."""
    if wanted and len(wanted) <= LONGEST and LOCAL.fullmatch(wanted):
        return wanted
    return "/"
