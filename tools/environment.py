"""The virtualenv `.venv`, and in it what the hash-locked requirements name.

Stamps remember what is installed, so that a second start installs nothing.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_LOCK = ROOT / "tools" / "requirements-uv.txt"


class Unavailable(Exception):
    """Something this machine lacks; the message is the sentence that says how to get it."""


def say(sentence: str) -> None:
    print(f"dev.py: {sentence}", flush=True)


def prepare(lock: str) -> None:
    """Makes `.venv` when this Python has none here, and installs the lock file unless it already did."""
    with _one_at_a_time():
        maker = VENV / "made-by"
        if _read(maker) != _identity():
            _make()
            maker.write_text(_identity())
        stamp = VENV / f"{lock}.sha256"
        digest = hashlib.sha256((_identity() + _read(ROOT / lock)).encode()).hexdigest()
        if _read(stamp) != digest:
            _install(ROOT / lock)
            stamp.write_text(digest)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keeps a second dev.py waiting while this one installs."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _identity() -> str:
    """A virtualenv works with the Python, and at the place, that it was made for."""
    return f"{sys.version}\n{VENV}\n"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Unavailable("This Python cannot make virtual environments; Debian: sudo apt install python3-venv")
    if VENV.is_symlink():
        raise Unavailable(f"{VENV} is a link: making a virtual environment there would empty the one it leads to.")
    say("making .venv")
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def _install(lock: Path) -> None:
    """Installs with uv, which takes seconds, or with pip, which takes a minute, where uv does not run."""
    say(f"installing {lock.name}")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes"]
    uv: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "--require-hashes", "--python", PYTHON]
    if _succeeds([*pip, "--quiet", "-r", UV_LOCK]) and _succeeds([*uv, "--compile-bytecode", "-r", lock]):
        return
    say("uv did not do it; installing with pip instead")
    if not _succeeds([*pip, "-r", lock]):
        raise Unavailable(f"{lock.name} could not be installed; the reason is above. A network connection is needed.")


def _succeeds(command: list[str | Path]) -> bool:
    try:
        return subprocess.run(command, check=False).returncode == 0
    except OSError:
        return False
