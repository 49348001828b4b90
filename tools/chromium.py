"""A Chromium for the browser tests: one that this machine has, or else one that can be installed without asking."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import npm_chromium
from tools.environment import Unavailable, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_APPLICATIONS = ("Chromium", "Google Chrome")
PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
ADVICE = (
    "The browser tests need Chromium: install it (Debian: sudo apt install chromium), or name it in NEOSERRA_CHROMIUM. "
    "`python3 dev.py test --no-browser` leaves these tests out."
)


def find() -> Path:
    """The first Chromium that starts; where there is none, one is installed.

    Raises:
        Unavailable: none could be.
    """
    if named := os.environ.get("NEOSERRA_CHROMIUM"):
        if _starts(Path(named)):
            return Path(named)
        raise Unavailable(f"NEOSERRA_CHROMIUM names {named}, which does not start.")
    for path in _candidates():
        if _starts(path):
            return path
    raise Unavailable(ADVICE)


def _candidates() -> Iterator[Path]:
    """Goes on to the next way of getting one only when the caller asks for more."""
    yield from _on_path()
    yield from (Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in MACOS_APPLICATIONS)
    yield _of_playwright()
    yield npm_chromium.START
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Chromium with apt")
        if _succeeds("apt-get", "update") and _succeeds("apt-get", "install", "--yes", "chromium"):
            yield from _on_path()
    say("installing Chromium with playwright")
    if _succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        yield _of_playwright()
    say("installing Chromium with npm")
    if npm_chromium.install():
        yield npm_chromium.START


def _on_path() -> Iterator[Path]:
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))


def _of_playwright() -> Path:
    """Where playwright keeps, or would keep, the Chromium that it installs."""
    return Path(subprocess.check_output([sys.executable, "-c", PLAYWRIGHT_PATH], text=True).strip())


def _starts(path: Path) -> bool:
    return path.exists() and not subprocess.run([path, "--version"], capture_output=True, check=False).returncode


def _succeeds(*command: str) -> bool:
    return not subprocess.run(command, check=False).returncode
