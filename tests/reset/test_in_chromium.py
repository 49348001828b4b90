"""The whole reset in Chromium: by mouse, on a small phone, in the dark, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from config import Settings
from neoserra.models import Account
from tests.one_database import ON_SQLITE
from tests.reset.steps import NEW_PASSWORD
from tests.workers.processes import running

pytestmark = [pytest.mark.browser, ON_SQLITE]

KINDS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "dark": {"color_scheme": "dark"},
    "small phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    "without scripts": {"java_script_enabled": False},
}


@pytest.fixture
def settings(migrated: Settings, tmp_path: Path) -> Settings:
    return replace(migrated, data=tmp_path, public_url="http://localhost")


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """`opened(kind)` is the sign-in page in a new browser of that kind, which minds what its console says."""

    def page(kind: str) -> Page:
        new = browser.new_context(base_url=site, **KINDS[kind]).new_page()
        new.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        new.goto("/login")
        return new

    complaints: list[str] = []
    yield page
    assert not [text for text in complaints if "422" not in text]


def answer(page: Page) -> str:
    return page.request.get("/reset/captcha.txt").text()


def heading(page: Page, words: str) -> None:
    """The page has this heading, and nothing scrolls sideways."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow_mailed_link(page: Page) -> None:
    """Open the link in the mailbox, once it is there; the site is known by another host than the one it answers at."""
    page.goto("/outbox")
    mail = page.locator(".outbox-mail", has_text="Reset your Neoserra password")
    while not mail.count():
        page.reload()
    found = re.search(r"/reset/\S+", mail.first.inner_text())
    assert found
    page.goto(found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_who_forgot_their_password_gets_in_again(
    opened: Callable[[str], Page], account: Account, connected: Settings, tmp_path: Path, kind: str
) -> None:
    page = opened(kind)
    page.get_by_role("link", name="Forgot password?").click()
    heading(page, "Forgot your password?")
    page.get_by_label("Username or email address").fill("ann@example.org")
    page.get_by_label("Characters").fill(answer(page).lower())
    page.keyboard.press("Enter")
    heading(page, "Look at your mail")
    with running(connected, tmp_path, "links"):
        follow_mailed_link(page)
    heading(page, "Choose a new password")
    assert page.url.endswith("/reset/password")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    press(page, "Save")
    heading(page, "Welcome, Ann Lee")
    press(page, "Sign in fully")
    heading(page, "Enter your code")


def test_the_picture_is_seen_and_another_keeps_the_name(opened: Callable[[str], Page]) -> None:
    page = opened("desktop")
    page.goto("/reset")
    page.get_by_label("Username or email address").fill("ann")
    assert page.locator("img").evaluate("image => image.naturalWidth") == 300
    before = answer(page)
    press(page, "New picture")
    expect(page.get_by_label("Username or email address")).to_have_value("ann")
    page.locator("img").evaluate("image => image.decode()")
    assert answer(page) != before
    page.get_by_label("Characters").fill(answer(page))
    press(page, "Submit")
    heading(page, "Look at your mail")


def test_the_sound_plays_and_its_digits_count(opened: Callable[[str], Page]) -> None:
    page = opened("desktop")
    page.goto("/reset")
    page.get_by_label("Username or email address").fill("ann")
    sound = page.locator("audio")
    assert sound.evaluate("async sound => { sound.muted = true; await sound.play(); return sound.duration; }") > 8
    digits = answer(page)
    assert digits.isdecimal()
    page.get_by_label("Characters").fill(digits)
    press(page, "Submit")
    heading(page, "Look at your mail")


def test_an_error_has_the_focus_and_the_field_is_emptied(opened: Callable[[str], Page]) -> None:
    page = opened("desktop")
    page.goto("/reset")
    page.get_by_label("Username or email address").fill("ann")
    page.get_by_label("Characters").fill("wrong")
    press(page, "Submit")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Characters")).to_have_value("")
    expect(page).to_have_title("Error: Forgot your password? - Neoserra")


def test_the_keyboard_reaches_everything_in_the_order_of_reading(opened: Callable[[str], Page]) -> None:
    page = opened("desktop")
    page.goto("/reset")
    page.get_by_label("Username or email address").focus()
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || document.activeElement.id"))
    assert reached[:4] == ["captcha", "Submit", "Back to sign-in", "New picture"]
    assert page.evaluate("document.activeElement.localName") == "audio"
