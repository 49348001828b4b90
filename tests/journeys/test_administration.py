"""An administrator looks after the database: with the keyboard alone, on a small phone, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.identity import configuration as decisions
from neoserra.models import Account
from tests.conftest import PASSWORD
from tests.journeys.steps import enter_administrator_mode, expect_heading, opened, sign_in, tab_to

pytestmark = pytest.mark.browser

AsRosa = Callable[[str], Page]


@pytest.fixture
def as_rosa(browser: Browser, site: str, administrator: Account) -> Iterator[AsRosa]:
    """`as_rosa(kind)` is a browser of that kind in which Rosa is signed in."""
    with ExitStack() as browsers:

        def page(kind: str) -> Page:
            new = browsers.enter_context(opened(browser, site, kind))
            sign_in(new, administrator)
            return new

        yield page


def test_the_keyboard_alone_raises_the_minimum_password_length(as_rosa: AsRosa, account: Account) -> None:
    page = as_rosa("dark")
    enter_administrator_mode(page)
    tab_to(page, "Configuration")
    page.keyboard.press("Enter")
    expect_heading(page, "Configuration")
    tab_to(page, "Minimum password length")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    told = page.get_by_role("status")
    expect(told).to_contain_text("Minimum password length: was 12, is now 20.")
    expect(told).to_contain_text("2 people chose their passwords while fewer characters were enough.")
    assert decisions.current().minimum_password_length == 20


def test_somebody_is_logged_off_and_what_they_did_is_followed(
    as_rosa: AsRosa, browser: Browser, site: str, account: Account
) -> None:
    with opened(browser, site) as ann:
        sign_in(ann, account)
        page = as_rosa("small phone, dark, without scripts")
        enter_administrator_mode(page)
        page.get_by_role("link", name="Status").click()
        expect_heading(page, "Status")
        page.get_by_role("button", name="Log off Ann Lee").click()
        expect(page.get_by_role("status")).to_have_text("Ann Lee is logged off in that browser.")
        expect(page.get_by_role("button", name="Log off Ann Lee")).to_have_count(0)
        ann.goto("/preferences")
        expect_heading(ann, "Sign in")
    page.get_by_role("link", name="Events").click()
    page.get_by_role("combobox", name="What happened").select_option("Signed in")
    page.get_by_role("button", name="Filter").click()
    expect_heading(page, "Events")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="ann", exact=True).first.click()
    expect(page.get_by_label("Username or email address")).to_have_value("ann")
    expect(page.locator("tbody tr").first).to_contain_text("rosa")
    page.get_by_label("Username or email address").fill("nobody")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody has that username or email address")


def test_the_security_panel_tells_of_a_locked_account_until_it_is_dismissed(
    as_rosa: AsRosa, browser: Browser, site: str, account: Account
) -> None:
    page = as_rosa("small phone")
    panel = page.get_by_role("region", name="Security")
    expect(panel).to_be_visible()
    expect(panel.get_by_text("locked")).to_have_count(0)
    _guess(browser, site, account)
    page.reload()
    expect_heading(page, "Welcome, Rosa Oot")
    panel.get_by_role("link", name=re.compile("^Dismiss.*One account is locked$")).click()
    expect_heading(page, "Administrator mode")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Enter administrator mode").click()
    expect_heading(page, "One account is locked")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Reason").fill("Ann asked me on the telephone")
    page.get_by_role("button", name="Dismiss").dblclick()
    expect_heading(page, "Welcome, Rosa Oot")
    expect(panel.get_by_text("locked")).to_have_count(0)
    page.goto("/administration/events")
    expect(page.locator("tbody tr").first).to_contain_text("Ann asked me on the telephone")


def _guess(browser: Browser, site: str, account: Account) -> None:
    """Somebody tries five passwords."""
    with opened(browser, site) as page:
        page.goto("/login")
        for number in range(5):
            page.get_by_label("Username or email address").fill(account.username)
            page.get_by_label("Password", exact=True).fill(f"Guessing-{number}")
            with page.expect_navigation():
                page.get_by_role("button", name="Sign-in").click()
            expect(page.get_by_role("alert")).to_be_focused()
