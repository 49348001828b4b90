"""A real Chromium in front of the real site. Folders with tests that drive it name the one database they need."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from neoserra.models import Account
from tests.conftest import PASSWORD
from tools import chromium

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is no failure


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address at which the site answers."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": chromium.find(), "chromium_sandbox": False}


def give_password(page: Page, account: Account) -> None:
    """Go as far as the code page."""
    page.get_by_label("Username or email address").fill(account.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign-in").click()
    page.wait_for_url("/verification")
