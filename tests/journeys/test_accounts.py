"""An administrator keeps accounts the way people do: light and dark, on a small phone, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


@pytest.fixture(params=KINDS)
def page(
    request: pytest.FixtureRequest, browser: Browser, site: str, administrator: Account, account: Account
) -> Iterator[Page]:
    """Rosa's list of accounts in a browser whose console stays silent."""
    complaints: list[str] = []
    with browser.new_context(base_url=site, **KINDS[request.param]) as context:
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto("/login?next=/administration/accounts")
        give_password(page, administrator)
        page.get_by_label("6-digit code").fill(_code_in_the_mailbox(page))
        page.get_by_role("button", name="Save").click()
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Enter administrator mode").click()
        expect_heading(page, "Accounts")
        yield page
    assert not [complaint for complaint in complaints if "422" not in complaint]


def _code_in_the_mailbox(page: Page) -> str:
    mailbox = page.context.new_page()
    mailbox.goto("/outbox")
    mails = mailbox.locator(".outbox-mail")
    while not mails.count():
        mailbox.reload()
    found = re.search(r"\b[0-9]{6}\b", mails.first.inner_text())
    mailbox.close()
    assert found
    return found[0]


def expect_heading(page: Page, words: str) -> None:
    """The page is there, and nothing of it scrolls sideways but a table in its own box."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


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
