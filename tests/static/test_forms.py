"""A form that is pressed twice is sent once: the session of the second would be one that the first has replaced."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from neoserra.models import Account
from tests.chromium import give_password
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


def test_a_form_pressed_twice_is_sent_once(login_page: Page, account: Account) -> None:
    posts: list[str] = []
    login_page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    login_page.get_by_label("Username or email address").fill(account.username)
    login_page.get_by_label("Password", exact=True).fill(PASSWORD)
    login_page.get_by_role("button", name="Sign-in").evaluate("button => { button.click(); button.click(); }")
    login_page.wait_for_url("/verification")
    assert len(posts) == 1


def test_after_going_back_it_can_be_sent_again(login_page: Page, account: Account) -> None:
    give_password(login_page, account)
    login_page.go_back()
    give_password(login_page, account)
