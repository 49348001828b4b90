"""Trusted browsers: listed, and forgotten one by one or all."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import select

from neoserra import clock, extensions
from neoserra.models import Account, EventKind, TrustedBrowser
from tests.client import PAGE, CheckedClient, where, words
from tests.conftest import PASSWORD
from tests.journey import sign_in
from tests.preferences.steps import event_kinds

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def trusts(account: Account) -> list[int]:
    query = select(TrustedBrowser.id).filter_by(account_id=account.id).order_by(TrustedBrowser.id)
    with extensions.database.transaction() as db:
        return list(db.scalars(query))


def table(client: CheckedClient, caption: str) -> list[list[str]]:
    """The rows of the table with this caption, as words."""
    found = next(
        each for each in client.page.iter(f"{PAGE}table") if caption in words(next(each.iter(f"{PAGE}caption")))
    )
    rows = next(found.iter(f"{PAGE}tbody")).iter(f"{PAGE}tr")
    return [[words(cell) for cell in row] for row in rows]


def second_browser(ann: CheckedClient, account: Account) -> CheckedClient:
    other = CheckedClient(ann.app, address="198.51.100.9")
    sign_in(other, account)
    return other


def test_each_is_listed_with_its_dates_and_this_one_is_marked(ann: CheckedClient, account: Account) -> None:
    second_browser(ann, account)
    ann.get("/preferences")
    rows = table(ann, "2 trusted browsers")
    assert sorted(row[0] for row in rows) == ["Chrome on Windows", "Chrome on Windows This browser"]
    assert all("UTC" in cell for row in rows for cell in row[1:4])
    times = [found.get("datetime") for found in ann.page.iter(f"{PAGE}time")]
    assert (clock.now() + timedelta(days=90)).strftime("%Y-%m-%d") in [str(time)[:10] for time in times]


def test_names_of_buttons_read_apart(ann: CheckedClient, account: Account) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        second_browser(ann, account)
    ann.get("/preferences")
    names = [words(button) for button in ann.page.iter(f"{PAGE}button") if words(button).startswith("Forget")]
    assert len(names) == len(set(names)) == 3
    links = [words(link) for link in ann.page.iter(f"{PAGE}a") if words(link).startswith("Change")]
    assert links == ["Change mobile number", "Change email address", "Change password"]


def test_one_is_forgotten_and_asks_for_a_code_next_time(ann: CheckedClient, account: Account) -> None:
    other = second_browser(ann, account)
    mine, its = trusts(account)
    ann.get("/preferences")
    assert where(ann.press(f"/preferences/browsers/{its}/forget")) == "/preferences"
    ann.get("/preferences")
    assert "The browser is forgotten." in ann.text
    assert trusts(account) == [mine]
    assert event_kinds(account)[-1] == EventKind.BROWSER_FORGOTTEN
    other.get("/")
    other.press("/logout")
    assert where(other.submit("/login", username="ann", password=PASSWORD)) == "/verification"
    ann.press("/logout")
    assert where(ann.submit("/login", username="ann", password=PASSWORD)) == "/"


def test_forgetting_twice_is_harmless(ann: CheckedClient, account: Account) -> None:
    [mine] = trusts(account)
    ann.get("/preferences")
    for _ in range(2):
        assert where(ann.press(f"/preferences/browsers/{mine}/forget")) == "/preferences"
    for _ in range(2):
        assert where(ann.press("/preferences/browsers/forget-all")) == "/preferences"
    assert event_kinds(account).count(EventKind.BROWSER_FORGOTTEN) == 1


def test_all_are_forgotten_this_one_too(ann: CheckedClient, account: Account) -> None:
    second_browser(ann, account)
    ann.get("/preferences")
    ann.press("/preferences/browsers/forget-all")
    ann.get("/preferences")
    assert "No browser is trusted now: every sign-in asks for a code." in ann.text
    assert trusts(account) == []
    assert event_kinds(account)[-1] == EventKind.BROWSERS_FORGOTTEN
    ann.press("/logout")
    assert where(ann.submit("/login", username="ann", password=PASSWORD)) == "/verification"


def test_those_of_other_accounts_are_not_there(ann: CheckedClient, account: Account, ben: Account) -> None:
    his = CheckedClient(ann.app)
    sign_in(his, ben)
    [trust] = trusts(ben)
    ann.get("/preferences")
    for unknown in (trust, 987654, 2**31, 2**64):
        assert ann.press(f"/preferences/browsers/{unknown}/forget").status_code == 404
        ann.get("/preferences")
    ann.press("/preferences/browsers/forget-all")
    assert trusts(ben) == [trust]


def test_trust_that_has_ended_is_not_listed(ann: CheckedClient, account: Account) -> None:
    with time_machine.travel(clock.now() + timedelta(days=91)):
        other = second_browser(ann, account)
        other.get("/preferences")
        assert len(table(other, "1 trusted browser")) == 1


def test_a_browser_that_says_nothing_has_a_name_too(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    with extensions.database.transaction() as db:
        db.scalars(select(TrustedBrowser)).one().description = ""
    client.get("/preferences")
    assert "Unknown browser" in client.text


def test_names_of_browsers_are_shown_as_text(ann: CheckedClient, account: Account) -> None:
    with extensions.database.transaction() as db:
        db.scalars(select(TrustedBrowser)).one().description = "<b>Chrome</b>"
    assert "<b>Chrome</b>" not in ann.get("/preferences").text
    assert "<b>Chrome</b>" in ann.text
