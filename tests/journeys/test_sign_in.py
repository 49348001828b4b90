"""Signing in the way people do: with a mouse, with the keyboard alone, without scripts, on a small phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.identity import accounts
from neoserra.models import Account
from tests.chromium import give_password
from tests.conftest import PASSWORD
from tests.journeys.steps import KINDS, expect_heading, newest_code, opened, tab_to

pytestmark = pytest.mark.browser

MOBILE = "+12025550142"


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A browser that minds what its console says."""
    with opened(browser, site) as page:
        yield page


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_signs_in_with_the_code_on_their_phone(
    browser: Browser, site: str, account: Account, kind: str
) -> None:
    with opened(browser, site, kind) as page:
        page.goto("/")
        give_password(page, account)
        expect_heading(page, "Enter your code")
        page.get_by_label("6-digit code").fill(newest_code(page, MOBILE))
        page.get_by_role("button", name="Save").click()
        expect_heading(page, "Welcome, Ann Lee")


def test_somebody_without_a_mobile_reads_the_code_in_their_mail(
    page: Page, connected: object, password_hash: str
) -> None:
    ben = accounts.create(username="ben", name="Ben Moss", email="ben@example.org", password_hash=password_hash)
    page.goto("/login")
    give_password(page, ben)
    expect(page.get_by_text("No mobile number is on file")).to_be_visible()
    page.get_by_label("6-digit code").fill(newest_code(page, "ben@example.org"))
    page.keyboard.press("Enter")
    expect_heading(page, "Welcome, Ben Moss")


def test_the_keyboard_alone_is_enough(page: Page, account: Account) -> None:
    page.goto("/login")
    tab_to(page, "Username or email address")
    page.keyboard.type("ann")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/verification")
    code = newest_code(page, MOBILE)
    tab_to(page, "6-digit code")
    page.keyboard.type(code)
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    tab_to(page, "Log out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")


def test_the_page_shows_by_itself_that_the_message_left(page: Page, account: Account) -> None:
    page.goto("/login")
    give_password(page, account)
    expect(page.locator("[data-state=accepted]")).to_be_visible()


def test_a_resend_by_email_brings_the_same_code(page: Page, account: Account) -> None:
    page.goto("/login")
    give_password(page, account)
    code = newest_code(page, MOBILE)
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Resend by email").click()
    expect(page.get_by_role("status").first).to_contain_text("We sent the code by email to a***@example.org")
    assert newest_code(page, "ann@example.org") == code


def test_a_wrong_code_is_told_and_the_summary_has_the_focus(page: Page, account: Account) -> None:
    page.goto("/login")
    give_password(page, account)
    right = newest_code(page, MOBILE)
    page.get_by_label("6-digit code").fill(f"{(int(right) + 1) % 1_000_000:06}")
    page.get_by_role("button", name="Save").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("That is not the code we sent")
    expect(summary).to_be_focused()


def test_after_logging_out_the_back_button_shows_nothing(page: Page, account: Account) -> None:
    page.goto("/login")
    give_password(page, account)
    page.get_by_label("6-digit code").fill(newest_code(page, MOBILE))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("/")
    page.get_by_role("button", name="Ann Lee").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("/login")
    page.go_back()
    expect_heading(page, "Sign in")


def test_a_second_sign_in_in_the_same_browser_needs_no_code(page: Page, account: Account) -> None:
    page.goto("/login")
    give_password(page, account)
    page.get_by_label("6-digit code").fill(newest_code(page, MOBILE))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("/")
    page.get_by_role("button", name="Ann Lee").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Username or email address").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign-in").click()
    expect_heading(page, "Welcome, Ann Lee")
