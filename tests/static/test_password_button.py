"""The button that shows what was typed as a password (ux.md, S8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.static.conftest import OpenLogin

pytestmark = pytest.mark.browser


def test_it_shows_and_hides_and_says_which(login_page: Page) -> None:
    field = login_page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("type", "password")
    login_page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    login_page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")


def test_what_was_shown_is_hidden_when_the_form_leaves(login_page: Page) -> None:
    login_page.get_by_role("button", name="Show password").click()
    login_page.evaluate("document.addEventListener('submit', event => event.preventDefault())")
    login_page.get_by_role("button", name="Sign-in").click()
    expect(login_page.get_by_label("Password", exact=True)).to_have_attribute("type", "password")


def test_it_is_not_there_without_scripts(open_login: OpenLogin) -> None:
    expect(open_login(java_script_enabled=False).locator(".password-toggle")).to_be_hidden()
