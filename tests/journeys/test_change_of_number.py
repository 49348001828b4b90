"""A person changes their mobile number the way people do: two phones, light and dark, small, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.chromium import give_password
from tests.conftest import PASSWORD
from tests.journeys.steps import KINDS, expect_heading, newest_code, opened

pytestmark = pytest.mark.browser


@pytest.fixture(params=KINDS)
def page(request: pytest.FixtureRequest, browser: Browser, site: str, account: Account) -> Iterator[Page]:
    """Ann's Preferences in a browser whose console stays silent."""
    with opened(browser, site, request.param) as page:
        page.goto("/login?next=/preferences")
        give_password(page, account)
        enter(page, newest_code(page, "+12025550142"))
        yield page


def enter(page: Page, code: str) -> None:
    page.get_by_label("6-digit code").fill(code)
    page.get_by_role("button", name="Save").click()
    expect_heading(page, "Preferences")


def ask(page: Page, number: str) -> None:
    page.get_by_role("link", name="Change mobile number").click()
    page.get_by_label("Mobile number").fill(number)
    page.get_by_role("textbox", name="Current password").fill(PASSWORD)
    page.get_by_role("button", name="Save").dblclick()
    expect_heading(page, "Confirm your mobile number")


def test_the_code_on_the_new_phone_changes_the_number(page: Page) -> None:
    ask(page, "202-555-0143")
    page.goto("/preferences")
    expect_heading(page, "Preferences")
    expect(page.get_by_text("is not confirmed yet")).to_be_visible()
    page.get_by_role("link", name="Enter the code").click()
    enter(page, newest_code(page, "+12025550143"))
    expect(page.get_by_role("status")).to_contain_text("Your mobile number is now (202) 555-0143.")
    page.get_by_role("link", name="Change password").click()
    expect_heading(page, "Change your password")


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
