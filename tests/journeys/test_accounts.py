"""An administrator keeps accounts the way people do: light and dark, on a small phone, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.identity import accounts
from neoserra.models import Account
from tests.chromium import give_password
from tests.conftest import PASSWORD
from tests.journeys.steps import KINDS, expect_heading, newest_code, opened

pytestmark = pytest.mark.browser


@pytest.fixture(params=KINDS)
def page(
    request: pytest.FixtureRequest, browser: Browser, site: str, administrator: Account, account: Account
) -> Iterator[Page]:
    """Rosa's list of accounts in a browser whose console stays silent."""
    with opened(browser, site, request.param) as page:
        page.goto("/login?next=/administration/accounts")
        give_password(page, administrator)
        page.get_by_label("6-digit code").fill(newest_code(page, administrator.email))
        page.get_by_role("button", name="Save").click()
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Enter administrator mode").click()
        expect_heading(page, "Accounts")
        yield page


def test_an_account_is_found_mended_and_made_inactive(page: Page, account: Account) -> None:
    page.get_by_label("Name, username").fill("0142")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ann Lee").click()
    expect_heading(page, "Ann Lee")
    page.get_by_label("Mobile number", exact=True).fill("202-555-0199")
    page.get_by_role("radio", name="Administrator").check()
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Mobile number: was (202) 555-0142, is now (202) 555-0199.")
    page.get_by_role("button", name="Send Ann Lee a test text message").dblclick()
    expect(page.get_by_role("status")).to_contain_text("A test message")
    page.get_by_role("link", name="Inactivate Ann Lee").click()
    expect_heading(page, "Inactivate Ann Lee?")
    page.get_by_role("button", name="Inactivate Ann Lee").dblclick()
    expect_heading(page, "Ann Lee")
    expect(page.get_by_role("status")).to_contain_text("Ann Lee is inactive.")
    kept = accounts.by_id(account.id)
    assert kept is not None
    assert (kept.mobile, kept.role, kept.active, kept.version) == ("+12025550199", "administrator", False, 3)


def test_a_new_account_is_made_after_what_is_wrong_was_told(page: Page) -> None:
    page.get_by_role("link", name="New account").click()
    expect_heading(page, "New account")
    page.get_by_label("Username").fill("zoe")
    page.get_by_label("Email address").fill("zoe")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Email address")).to_be_focused()
    page.get_by_label("Email address").fill("zoe@example.org")
    page.get_by_role("button", name="Create account").dblclick()
    expect_heading(page, "zoe")
    expect(page.get_by_role("status")).to_contain_text("A link to choose a password goes to z***@example.org.")
