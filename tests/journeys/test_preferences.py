"""A person keeps their own account right, in two browsers: large and light, and small, dark and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.conftest import PASSWORD
from tests.journeys.steps import expect_heading, opened, sign_in

pytestmark = pytest.mark.browser

NEW_PASSWORD = "Cedar+valley_2041"


@pytest.fixture
def other_page(browser: Browser, site: str) -> Iterator[Page]:
    """A second browser."""
    with opened(browser, site) as page:
        yield page


@pytest.mark.parametrize("kind", ["desktop", "small phone, dark, without scripts"])
def test_other_browsers_the_password_and_the_display_are_kept(
    browser: Browser, site: str, other_page: Page, account: Account, kind: str
) -> None:
    sign_in(other_page, account)
    with opened(browser, site, kind) as page:
        page.wait_for_timeout(1000)  # the gap between two codes
        sign_in(page, account)
        page.goto("/preferences")
        expect_heading(page, "Preferences")
        _forget_and_log_off(page, other_page)
        _change_display(page)
        _change_password(page)
        sign_in(other_page, account, NEW_PASSWORD)


def _forget_and_log_off(page: Page, other_page: Page) -> None:
    """The other browser signed in first, so it comes last."""
    page.get_by_role("region", name="2 trusted browsers").get_by_role("button").last.click()
    expect(page.get_by_role("status")).to_have_text("The browser is forgotten. The next sign-in there asks for a code.")
    expect(page.get_by_role("region", name="1 trusted browser").get_by_text("This browser")).to_be_visible()
    page.get_by_role("button", name="Log off").dblclick()
    expect_heading(page, "Preferences")
    expect(page.get_by_role("button", name="Log off")).to_have_count(0)
    other_page.reload()
    expect_heading(other_page, "Sign in")


def _change_display(page: Page) -> None:
    page.get_by_label("Language").select_option("Français")
    page.get_by_label("Time zone").select_option(label="Phoenix")
    page.locator("form.display").get_by_role("button", name="Save").click()
    expect_heading(page, "Préférences")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("time").first).to_contain_text("HNR")  # heure normale des Rocheuses, all the year
    page.get_by_label("Langue").select_option("English")
    page.get_by_role("button", name="Enregistrer").click()
    expect_heading(page, "Preferences")


def _change_password(page: Page) -> None:
    page.get_by_role("link", name="Change password").click()
    page.get_by_role("textbox", name="Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("neoserra")
    page.get_by_label("New password again", exact=True).fill("neoserra")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("digit")
    expect_heading(page, "Change your password")
    page.get_by_role("textbox", name="Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password again", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save").dblclick()
    expect_heading(page, "Preferences")
    expect(page.get_by_text("No browser is trusted now")).to_be_visible()
