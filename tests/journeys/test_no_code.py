"""Somebody calls: "I got no code." The administrator finds the message by what they read out, and mends it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.administration.deliveries_pages import BAD_NUMBER
from tests.chromium import give_password
from tests.delivery import rows
from tests.journeys.steps import KINDS, enter_administrator_mode, expect_heading, newest_code, opened, sign_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_that_did_not_get_through_goes_by_email(
    browser: Browser, site: str, account: Account, administrator: Account, kind: str
) -> None:
    rows.move_phone(account, BAD_NUMBER)
    with opened(browser, site) as anns, opened(browser, site, kind) as rosas:
        sign_in(rosas, administrator)
        enter_administrator_mode(rosas)
        anns.goto("/login")
        give_password(anns, account)
        expect(anns.locator(".delivery").first).to_contain_text("Not sent")
        reference = _read_out(anns)
        rosas.goto("/administration/deliveries")
        expect_heading(rosas, "Deliveries")
        rosas.get_by_label("Reference, name, or last digits").fill(f"ref {reference.lower()}")
        rosas.get_by_role("button", name="Find").click()
        expect_heading(rosas, f"Message {reference}")
        expect(rosas.locator("main")).to_contain_text("It did not get through. Simulated: the number or mailbox does")
        expect(rosas.get_by_role("link", name="Correct the mobile number of Ann Lee")).to_be_visible()
        rosas.get_by_role("button", name="Send the code by email").click()
        expect(rosas.get_by_role("status")).to_contain_text("The same code goes out now: Email to a***@example.org.")
        expect_heading(rosas, f"Message {_newest(account)}")
        anns.get_by_label("6-digit code").fill(newest_code(anns, account.email))
        anns.get_by_role("button", name="Save").click()
        expect_heading(anns, "Welcome, Ann Lee")
        rosas.get_by_role("link", name="Refresh").click()
        expect(rosas.locator("main")).to_contain_text("Its code was entered.")


def _read_out(page: Page) -> str:
    found = re.search(r"Ref ([A-Z]{8})", page.locator(".delivery").first.inner_text())
    assert found
    return found[1]


def _newest(account: Account) -> str:
    return rows.all_of(account)[-1].reference
