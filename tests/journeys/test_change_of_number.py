"""A person changes their mobile number the way people do: two phones, light and dark, small, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.chromium import give_password
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

KINDS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "small phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    "without scripts": {"java_script_enabled": False},
}


@pytest.fixture(params=KINDS)
def page(request: pytest.FixtureRequest, browser: Browser, site: str, account: Account) -> Iterator[Page]:
    """Ann's Preferences in a browser whose console stays silent."""
    complaints: list[str] = []
    with browser.new_context(base_url=site, **KINDS[request.param]) as context:
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto("/login?next=/preferences")
        give_password(page, account)
        enter(page, text_to(page, "+12025550142"))
        yield page
    assert not [complaint for complaint in complaints if "422" not in complaint]


def text_to(page: Page, number: str) -> str:
    """Read the code of the newest text message on the phone with this number."""
    outbox = page.context.new_page()
    outbox.goto("/outbox")
    messages = outbox.locator(".outbox-text").filter(has_text=number)
    while not messages.count():
        outbox.reload()
    found = re.search(r"\b[0-9]{6}\b", messages.first.locator(".outbox-bubble").inner_text())
    outbox.close()
    assert found
    return found[0]


def enter(page: Page, code: str) -> None:
    page.get_by_label("6-digit code").fill(code)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Preferences")


def ask(page: Page, number: str) -> None:
    page.get_by_role("link", name="Change mobile number").click()
    page.get_by_label("Mobile number").fill(number)
    page.get_by_role("textbox", name="Current password").fill(PASSWORD)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your mobile number")


def fits(page: Page) -> bool:
    """Nothing scrolls sideways but a table in its own box."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_code_on_the_new_phone_changes_the_number(page: Page) -> None:
    assert fits(page)
    ask(page, "202-555-0143")
    assert fits(page)
    page.goto("/preferences")
    expect(page.get_by_text("is not confirmed yet")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Enter the code").click()
    enter(page, text_to(page, "+12025550143"))
    expect(page.get_by_role("status")).to_contain_text("Your mobile number is now (202) 555-0143.")
    page.get_by_role("link", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change your password")
    assert fits(page)


def test_a_number_is_taken_back_and_a_wrong_password_is_told_with_the_focus_on_the_summary(page: Page) -> None:
    ask(page, "202-555-0143")
    page.get_by_role("button", name="Take this number back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back: nothing has changed.")
    page.get_by_role("link", name="Change email address").click()
    page.get_by_label("New email address").fill("lee@example.org")
    page.get_by_role("textbox", name="Current password").fill("wrong")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not your current password")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("New email address")).to_have_value("lee@example.org")
    assert fits(page)
