"""Kinds of browsers, and the steps that several journeys take in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.conftest import PASSWORD

KINDS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "small phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    "small phone, dark, without scripts": {
        "viewport": {"width": 320, "height": 640},
        "color_scheme": "dark",
        "java_script_enabled": False,
    },
}


@contextmanager
def opened(browser: Browser, site: str, kind: str = "desktop") -> Iterator[Page]:
    """A new browser of that kind, whose console stays silent."""
    complaints: list[str] = []
    with browser.new_context(base_url=site, **KINDS[kind]) as context:
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield page
    assert not [complaint for complaint in complaints if "422" not in complaint]


def sign_in(page: Page, account: Account, password: str = PASSWORD) -> None:
    """Go to the start page by the code that is sent."""
    to = account.mobile or account.email
    before = _codes(page, to)
    page.goto("/login")
    page.get_by_label("Username or email address").fill(account.username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign-in").click()
    expect_heading(page, "Enter your code")
    page.get_by_label("6-digit code").fill(newest_code(page, to, after=len(before)))
    page.get_by_role("button", name="Save").click()
    expect_heading(page, f"Welcome, {account.name}")


def enter_administrator_mode(page: Page) -> None:
    page.goto("/administration/enter")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Enter administrator mode").click()
    expect(page.get_by_role("status")).to_contain_text("You are in administrator mode.")


def expect_heading(page: Page, words: str) -> None:
    """The page is there, and nothing of it scrolls sideways but a table in its own box."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def tab_to(page: Page, name: str) -> None:
    """Press the Tab key until the field, link or button with this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()") == name:
            return
    raise AssertionError(f"the Tab key never gets to {name}")


def newest_code(page: Page, to: str, *, after: int = 0) -> str:
    """Read the code off the phone, or out of the mailbox, once more than `after` of them have come."""
    while len(codes := _codes(page, to)) <= after:
        page.wait_for_timeout(100)
    return codes[0]


def _codes(page: Page, to: str) -> list[str]:
    """What has been sent to this number or email address, newest first."""
    messages = page.request.get("/outbox.json").json()
    said = [f"{message['subject']} {message['text']}" for message in messages if message["to"] == to]
    return [found[0] for found in (re.search(r"\b[0-9]{6}\b", words) for words in said) if found]
