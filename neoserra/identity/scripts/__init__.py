"""What must happen in one step in Redis: a Lua script in a file of its own, loaded once a process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from neoserra import extensions


def run(name: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """Run `<name>.lua`; its answer, texts as bytes. A Redis that has restarted knows no scripts and is sent it anew."""
    source, digest = _script(name)
    try:
        return extensions.redis.evalsha(digest, len(keys), *keys, *arguments)
    except NoScriptError:
        return extensions.redis.eval(source, len(keys), *keys, *arguments)


@cache
def _script(name: str) -> tuple[str, str]:
    source = Path(__file__).with_name(f"{name}.lua").read_text("utf-8")
    return source, sha1(source.encode(), usedforsecurity=False).hexdigest()
