"""Signing in the way people do: with a mouse, with the keyboard alone, without scripts, on a small phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.identity import accounts
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


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """`opened(kind)` is a new browser of that kind that minds what its console says."""

    def page(kind: str = "desktop") -> Page:
        new = browser.new_context(base_url=site, **KINDS[kind]).new_page()
        new.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        return new

    complaints: list[str] = []
    yield page
    assert not [text for text in complaints if "422" not in text]


def code_from_outbox(page: Page, channel: str) -> str:
    """Read the newest message off the phone, or out of the mailbox, in a tab of its own."""
    outbox = page.context.new_page()
    outbox.goto("/outbox")
    message = outbox.locator(".outbox-text" if channel == "sms" else ".outbox-mail").first
    while not message.count():
        outbox.reload()
    found = re.search(r"\b[0-9]{6}\b", message.inner_text())
    outbox.close()
    assert found
    return found[0]


@pytest.mark.parametrize("kind", ["desktop", "dark", "small phone", "without scripts"])
def test_somebody_signs_in_with_the_code_on_their_phone(
    opened: Callable[..., Page], account: Account, kind: str
) -> None:
    page = opened(kind)
    page.goto("/")
    give_password(page, account)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("6-digit code").fill(code_from_outbox(page, "sms"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ann Lee")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_somebody_without_a_mobile_reads_the_code_in_their_mail(
    opened: Callable[..., Page], connected: object, password_hash: str
) -> None:
    ben = accounts.create(username="ben", name="Ben Moss", email="ben@example.org", password_hash=password_hash)
    page = opened()
    page.goto("/login")
    give_password(page, ben)
    expect(page.get_by_text("No mobile number is on file")).to_be_visible()
    page.get_by_label("6-digit code").fill(code_from_outbox(page, "email"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ben Moss")


def test_the_keyboard_alone_is_enough(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")

    def tab_to(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if (
                page.evaluate("document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText")
                == name
            ):
                return
        raise AssertionError(f"the Tab key never gets to {name}")

    tab_to("Username or email address")
    page.keyboard.type("ann")
    tab_to("Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/verification")
    code = code_from_outbox(page, "sms")
    tab_to("6-digit code")
    page.keyboard.type(code)
    tab_to("Save")
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    tab_to("Log out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")


def test_the_page_shows_by_itself_that_the_message_left(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")
    give_password(page, account)
    expect(page.locator("[data-state=accepted]")).to_be_visible()


def test_a_resend_by_email_brings_the_same_code(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")
    give_password(page, account)
    code = code_from_outbox(page, "sms")
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Resend by email").click()
    expect(page.get_by_role("status").first).to_contain_text("We sent the code by email to a***@example.org")
    assert code_from_outbox(page, "email") == code


def test_a_wrong_code_is_told_and_the_summary_has_the_focus(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")
    give_password(page, account)
    right = code_from_outbox(page, "sms")
    page.get_by_label("6-digit code").fill(f"{(int(right) + 1) % 1_000_000:06}")
    page.get_by_role("button", name="Save").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("That is not the code we sent")
    expect(summary).to_be_focused()


def test_after_logging_out_the_back_button_shows_nothing(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")
    give_password(page, account)
    page.get_by_label("6-digit code").fill(code_from_outbox(page, "sms"))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("/")
    page.get_by_role("button", name="Ann Lee").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("/login")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_second_sign_in_in_the_same_browser_needs_no_code(opened: Callable[..., Page], account: Account) -> None:
    page = opened()
    page.goto("/login")
    give_password(page, account)
    page.get_by_label("6-digit code").fill(code_from_outbox(page, "sms"))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("/")
    page.get_by_role("button", name="Ann Lee").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Username or email address").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign-in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ann Lee")
