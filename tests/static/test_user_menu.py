"""The user menu opens whichever way somebody reaches for it (ux.md, M1 to M7)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from neoserra.models import Account
from tests.static.conftest import OpenLogin, sign_in

pytestmark = pytest.mark.browser


def test_it_opens_under_the_pointer_and_closes_behind_it(start_page: Page) -> None:
    expect_closed(start_page)
    start_page.get_by_role("button", name="Ann Lee").hover()
    expect_open(start_page)
    start_page.mouse.move(0, 500)
    expect_closed(start_page)


def test_the_pointer_may_go_slantwise_to_an_item(start_page: Page) -> None:
    name, item = start_page.get_by_role("button", name="Ann Lee"), start_page.locator(".user-menu-panel li").last
    name.hover()
    start, end = name.bounding_box(), item.bounding_box()
    assert start
    assert end
    across, down = end["x"] + 5 - start["x"] - start["width"] / 2, end["y"] + 5 - start["y"] - start["height"] / 2
    for step in range(31):
        start_page.mouse.move(
            start["x"] + start["width"] / 2 + across * step / 30, start["y"] + start["height"] / 2 + down * step / 30
        )
        assert start_page.locator(".user-menu").evaluate("menu => menu.matches(':hover')"), f"outside at step {step}"
    expect_open(start_page)


def test_it_opens_on_focus_and_stays_open_inside(start_page: Page) -> None:
    name = start_page.get_by_role("button", name="Ann Lee")
    name.focus()
    expect_open(start_page)
    start_page.keyboard.press("Enter")
    expect_open(start_page)
    start_page.keyboard.press("Tab")
    expect_open(start_page)
    expect(name).not_to_be_focused()


def test_it_closes_when_the_focus_goes_on(start_page: Page) -> None:
    start_page.get_by_role("button", name="Ann Lee").focus()
    start_page.keyboard.press("Shift+Tab")
    expect_closed(start_page)


def test_escape_closes_it_under_the_pointer_and_takes_the_focus_to_the_name(start_page: Page) -> None:
    name = start_page.get_by_role("button", name="Ann Lee")
    name.hover()
    start_page.keyboard.press("Escape")
    expect_closed(start_page)
    expect(name).to_be_focused()
    start_page.keyboard.press("Space")
    expect_open(start_page)


def test_a_click_opens_it_and_a_second_closes_it(start_page: Page) -> None:
    name = start_page.get_by_role("button", name="Ann Lee")
    name.click()
    expect_open(start_page)
    name.click()
    expect_closed(start_page)


def test_a_tap_opens_it_and_a_tap_elsewhere_closes_it(open_login: OpenLogin, account: Account) -> None:
    page = open_login(has_touch=True)
    sign_in(page, account)
    page.get_by_role("button", name="Ann Lee").tap()
    expect_open(page)
    page.locator("footer").tap()
    expect_closed(page)


def test_it_opens_without_scripts(open_login: OpenLogin, account: Account) -> None:
    page = open_login(java_script_enabled=False)
    sign_in(page, account)
    page.get_by_role("button", name="Ann Lee").hover()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("/login")


def test_it_is_inside_a_window_of_320_pixels(start_page: Page) -> None:
    start_page.set_viewport_size({"width": 320, "height": 640})
    start_page.get_by_role("button", name="Ann Lee").click()
    box = start_page.locator(".user-menu-panel").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def expect_open(page: Page) -> None:
    expect(page.get_by_role("button", name="Ann Lee")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def expect_closed(page: Page) -> None:
    expect(page.get_by_role("button", name="Ann Lee")).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
