"""The top of Deliveries in Chromium: live while somebody looks, quiet when nothing happens, whole without scripts."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from neoserra import clock, extensions
from neoserra.delivery import figures, pauses, sending, tallies
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Counted, Delivery, State
from tests.conftest import PASSWORD
from tests.static.conftest import OpenLogin, sign_in

pytestmark = pytest.mark.browser

PATH = "/administration/deliveries"
POLL = 2_000
NEWS, STATE = "#live-news", "#live-state"


def enter(page: Page, administrator: Account) -> None:
    sign_in(page, administrator)
    page.goto(f"/administration/enter?next={PATH}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(PATH)


@pytest.fixture
def deliveries(login_page: Page, administrator: Account) -> Page:
    """Rosa looks at Deliveries; a test can make time on the page pass faster."""
    enter(login_page, administrator)
    login_page.clock.install()
    with login_page.expect_response("**/deliveries/live"):
        login_page.reload()
    expect(login_page.locator(STATE)).to_have_text("Updated every two seconds.")
    return login_page


def waiting(page: Page) -> str:
    return page.locator("[data-queue=codes] [data-figure=waiting]").inner_text()


def asked_within(page: Page, milliseconds: int) -> int:
    """How often the page asks in so much of its own time."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(milliseconds)
    return sum(address.endswith("/live") for address in asked)


def hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_numbers_change_while_somebody_looks_and_are_not_said(
    deliveries: Page, account: Account, visitor: Visitor
) -> None:
    before = int(waiting(deliveries))
    sending.send_code(account, Purpose.SIGN_IN, visitor)
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator("[data-queue=codes] [data-figure=waiting]")).to_have_text(str(before + 1))
    expect(deliveries.locator(NEWS)).to_have_text("")


def test_an_alarm_that_comes_or_goes_is_shown_and_said_once(deliveries: Page, by: Actor) -> None:
    pauses.pause("codes", "The provider repairs a fault", by)
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator(NEWS)).to_have_text(re.compile("^codes is paused since .*: The provider repairs a fault"))
    expect(deliveries.locator("[data-queue=codes]")).to_contain_text("Paused")
    expect(deliveries.get_by_role("button", name="Resume codes")).to_be_visible()
    pauses.resume("codes", by)
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator(NEWS)).to_have_text(re.compile("^Over: codes is paused"))


def test_where_the_focus_is_stays(deliveries: Page, by: Actor) -> None:
    link = deliveries.get_by_role("link", name="Pause links")
    link.focus()
    pauses.pause("codes", "The provider repairs a fault", by)
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator("#now-alarms")).to_contain_text("codes is paused")
    expect(link).to_be_focused()


def test_nothing_new_is_answered_by_304(deliveries: Page) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Delivery).values(state=State.CANCELED))  # or what waits would grow older
    deliveries.clock.run_for(POLL)
    with deliveries.expect_response(lambda answer: answer.url.endswith("/live") and answer.status == 304):
        deliveries.clock.run_for(3 * POLL)


def test_it_does_not_ask_while_nobody_looks(deliveries: Page) -> None:
    hide(deliveries, hidden=True)
    deliveries.clock.run_for(POLL)
    assert asked_within(deliveries, 5 * POLL) == 0
    with deliveries.expect_request("**/deliveries/live"):
        hide(deliveries, hidden=False)


def test_the_button_stops_the_updating_and_says_since_when(deliveries: Page) -> None:
    deliveries.get_by_role("button", name="Pause updating").click()
    expect(deliveries.locator(STATE)).to_have_text(re.compile("^Not updated since .*[0-9]"))
    deliveries.clock.run_for(POLL)
    assert asked_within(deliveries, 5 * POLL) == 0
    with deliveries.expect_response("**/deliveries/live"):
        deliveries.get_by_role("button", name="Go on updating").click()
    expect(deliveries.locator(STATE)).to_have_text("Updated every two seconds.")


def test_it_says_since_when_the_server_is_not_reached_and_goes_on(deliveries: Page) -> None:
    deliveries.route("**/deliveries/live", lambda route: route.abort())
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator(STATE)).to_have_text(re.compile("^The server has not been reached since .*[0-9]"))
    deliveries.unroute("**/deliveries/live")
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator(STATE)).to_have_text("Updated every two seconds.")


def test_it_says_when_administrator_mode_has_ended_and_asks_no_more(deliveries: Page) -> None:
    extensions.redis.flushdb()  # and with it her session
    deliveries.clock.run_for(POLL)
    expect(deliveries.locator(STATE)).to_have_text("Administrator mode has ended. Refresh to enter it again.")
    assert asked_within(deliveries, 5 * POLL) == 0


def test_the_graphs_show_the_figures_of_the_table(deliveries: Page) -> None:
    minute = (clock.now() - timedelta(hours=3)).replace(second=0, microsecond=0)
    with extensions.database.transaction() as db:
        tallies.add(db, Counter({(minute, Counted.ACCEPTED, "sms", "twilio", "US", "3"): 7}))
    extensions.redis.delete(figures.day_key())
    errors: list[str] = []
    deliveries.on("console", lambda message: errors.append(message.text))
    deliveries.reload()
    expect(deliveries.locator("[data-graph] canvas")).to_have_count(2)
    deliveries.get_by_text("The same hour by hour, as a table").click()
    rows = deliveries.locator("#hours-table tbody tr")
    expect(rows).to_have_count(24)
    expect(rows.nth(20).locator("td").first).to_have_text("7")
    assert errors == []  # nor a word of the content security policy


def test_all_of_it_works_without_scripts(open_login: OpenLogin, administrator: Account) -> None:
    page = open_login(java_script_enabled=False)
    enter(page, administrator)
    expect(page.get_by_role("button", name="updating")).to_have_count(0)
    page.get_by_role("link", name="Pause codes").click()
    page.get_by_label("Reason").fill("The provider repairs a fault")
    page.get_by_role("button", name="Pause codes").click()
    expect(page.locator("#now-alarms")).to_contain_text("The provider repairs a fault")
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("button", name="Resume codes").click()
    expect(page.get_by_role("status").first).to_contain_text("codes goes on.")
    page.get_by_text("The same hour by hour, as a table").click()
    expect(page.locator("#hours-table")).to_be_visible()


def test_a_person_who_waits_for_a_code_is_told_of_a_delay(code_page: Page, by: Actor) -> None:
    pauses.pause("codes", "The provider repairs a fault", by)
    code_page.clock.run_for(POLL)
    expect(code_page.locator("#delay")).to_contain_text("The provider repairs a fault")
    expect(code_page.locator("#progress-news")).to_have_text(re.compile("^Codes have been delayed since"))
    pauses.resume("codes", by)
    code_page.clock.run_for(POLL)
    expect(code_page.locator("#delay")).to_have_text("")
