"""Which code this process runs, as eight hexadecimal digits: two processes with the same ones run the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("neoserra", "workers")


def _digest() -> str:
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8]


VERSION = _digest()  # when the process starts: the files may be newer later
