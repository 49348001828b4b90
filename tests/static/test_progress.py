"""The code page follows its message while it travels, and disturbs nobody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from neoserra import extensions
from neoserra.models import Delivery, State

pytestmark = pytest.mark.browser

POLL = 2_000


def test_a_change_is_shown_and_said_once(code_page: Page) -> None:
    expect(code_page.locator(".delivery")).to_contain_text("Waiting to be sent")
    put_deliveries_in(State.DELIVERED)
    code_page.clock.run_for(POLL)
    expect(code_page.locator(".delivery")).to_contain_text("Delivered")
    expect(code_page.locator("#progress-news")).to_have_text("Text message to ***-**42. Delivered")


def test_what_is_typed_and_where_the_focus_is_stay(code_page: Page) -> None:
    field = code_page.get_by_label("6-digit code")
    field.fill("48")
    put_deliveries_in(State.SENDING)
    code_page.clock.run_for(POLL)
    expect(code_page.locator(".delivery")).to_contain_text("Being sent")
    expect(field).to_have_value("48")
    expect(field).to_be_focused()


def test_it_asks_no_more_when_every_message_has_ended(code_page: Page) -> None:
    put_deliveries_in(State.FAILED)
    code_page.clock.run_for(POLL)
    expect(code_page.locator(".delivery")).to_contain_text("Not sent")
    assert not asks_within(code_page, 5 * POLL)


def test_it_does_not_ask_while_nobody_looks(code_page: Page) -> None:
    hide(code_page, hidden=True)
    code_page.clock.run_for(POLL)
    assert not asks_within(code_page, 5 * POLL)
    with code_page.expect_request("**/verification/progress"):
        hide(code_page, hidden=False)


def test_the_answer_to_the_code_alone_says_where_to_go(code_page: Page) -> None:
    held: list[Route] = []
    code_page.route(
        "**/verification", lambda route, asked: held.append(route) if asked.method == "POST" else route.fallback()
    )
    code_page.get_by_label("6-digit code").fill("123456")
    with code_page.expect_request(lambda asked: asked.method == "POST"):
        code_page.get_by_role("button", name="Save").click(no_wait_after=True)
    extensions.redis.flushdb()  # as if the session had gone on under another id
    code_page.wait_for_timeout(1.5 * POLL)  # its clock cannot be moved while it is about to leave
    held[0].fulfill(body="<title>Wanted</title><h1>Wanted</h1>", content_type="text/html")
    expect(code_page.get_by_role("heading", level=1)).to_have_text("Wanted")


def test_the_wait_is_counted_down_in_no_live_region(code_page: Page) -> None:
    put_deliveries_in(State.DELIVERED)
    code_page.clock.run_for(POLL)
    expect(code_page.locator(".delivery")).to_contain_text("Delivered")
    wait = code_page.locator("#wait p")
    at_first = wait.inner_text()
    code_page.clock.run_for(10_000)
    expect(wait).to_have_text(re.compile("sent again in [0-9]+ seconds"))
    expect(wait).not_to_have_text(at_first)
    code_page.clock.run_for(30_000)
    expect(wait).to_be_hidden()
    assert not wait.evaluate("element => element.closest('[role=status], [role=alert], [aria-live]')")


def put_deliveries_in(state: State) -> None:
    """What a worker does to the row, without its sending anything."""
    with extensions.database.transaction() as db:
        db.execute(update(Delivery).values(state=state))


def hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def asks_within(page: Page, milliseconds: int) -> bool:
    """Whether the page asks how its message goes in so much of its own time."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(milliseconds)
    return any(address.endswith("/verification/progress") for address in asked)
