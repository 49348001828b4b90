"""A real Chromium in front of the real site, for what the scripts do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from config import Settings
from neoserra.identity import codes
from neoserra.models import Account
from tests.chromium import give_password
from tests.journey import deliveries

OpenLogin = Callable[..., Page]


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """No script knows which database is behind the pages: one is enough here."""
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'neoserra.sqlite3'}"


@pytest.fixture
def settings(migrated: Settings, tmp_path: Path) -> Settings:
    return replace(migrated, data=tmp_path, public_url="http://localhost")


@pytest.fixture
def open_login(browser: Browser, site: str) -> Iterator[OpenLogin]:
    """`open_login(has_touch=True)` is the sign-in page in a browser of that kind."""

    def page(**options: Any) -> Page:
        opened = contexts.enter_context(browser.new_context(base_url=site, **options)).new_page()
        opened.goto("/login")
        return opened

    with ExitStack() as contexts:
        yield page


@pytest.fixture
def login_page(open_login: OpenLogin) -> Page:
    return open_login()


@pytest.fixture
def code_page(login_page: Page, account: Account) -> Page:
    """Ann has given her password and no worker sends her code; a test can make time on the page pass faster."""
    login_page.clock.install()
    with login_page.expect_response("**/verification/progress"):
        give_password(login_page, account)
    return login_page


@pytest.fixture
def start_page(login_page: Page, account: Account) -> Page:
    """Ann is signed in, and the pointer is away from the menu."""
    sign_in(login_page, account)
    return login_page


def sign_in(page: Page, account: Account) -> None:
    give_password(page, account)
    owner = codes.Owner(account.id, deliveries()[0].browser, codes.Purpose.SIGN_IN)
    page.get_by_label("6-digit code").fill(codes.current(owner) or "")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("/")
    page.mouse.move(0, 500)
