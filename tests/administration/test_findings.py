"""The page of a finding: whom it concerns, and dismissing it with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from neoserra import clock, event_words, extensions, finding_words
from neoserra.identity import accounts, security_findings, trusted_browsers
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind, Finding
from tests.client import PAGE, CheckedClient, where
from tests.delivery.rows import events
from tests.journey import sign_in

PATH = "/administration/findings"


@pytest.fixture
def locked(account: Account) -> Account:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(locked_at=clock.now()))
    return account


def links(client: CheckedClient) -> list[str]:
    return [link.get("href") for link in client.page.iter(f"{PAGE}a")]


def test_it_is_dismissed_with_a_reason_and_leaves_the_start_page(rosa: CheckedClient, locked: Account) -> None:
    rosa.get(f"{PATH}/locked")
    assert rosa.h1 == "One account is locked"
    assert "/administration/accounts?state=locked" in links(rosa)
    assert where(rosa.press(f"{PATH}/locked/dismiss", reason="She is on leave", shown="1")) == "/"
    rosa.get("/")
    assert "Dismissed. It comes back when it concerns more." in rosa.text
    assert "One account is locked" not in rosa.text
    [event] = events(EventKind.FINDING_DISMISSED)
    assert event.details["reason"] == "She is on leave"
    rosa.get(f"{PATH}/locked")
    assert "Rosa Oot dismissed this for 1: She is on leave" in rosa.text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "Enter why this needs nothing to be done"),
        ("   ", "Enter why this needs nothing to be done"),
        ("x" * 301, "Enter a reason of at most 300 characters"),
    ],
)
def test_a_reason_is_needed(rosa: CheckedClient, locked: Account, reason: str, said: str) -> None:
    rosa.get(f"{PATH}/locked")
    assert rosa.press(f"{PATH}/locked/dismiss", reason=reason, shown="1").status_code == 422
    assert said in rosa.text
    assert events(EventKind.FINDING_DISMISSED) == []


def test_who_sends_no_number_dismisses_what_there_is(rosa: CheckedClient, locked: Account) -> None:
    rosa.get(f"{PATH}/locked")
    assert where(rosa.press(f"{PATH}/locked/dismiss", reason="She is on leave")) == "/"
    rosa.get("/")
    assert "locked" not in rosa.text


def test_with_another_number_than_one_that_was_shown_nothing_is_hidden(rosa: CheckedClient, locked: Account) -> None:
    for shown in ("", "x", "9" * 30):
        rosa.get(f"{PATH}/locked")
        rosa.press(f"{PATH}/locked/dismiss", reason="why not", shown=shown)
    assert security_findings.to_show()[Finding.LOCKED] == 1


def test_shared_looking_accounts_are_listed_with_what_looks_so(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    people = [account, *(accounts.create(username=f"p{n}", email=f"p{n}@example.org") for n in range(3))]
    for number in range(6):
        browser = trusted_browsers.digest(f"{number}".ljust(43, "x"))
        with extensions.database.transaction() as db:
            for each in people if number == 0 else [account]:
                trusted_browsers.trust(db, each.id, Visitor("192.0.2.7", browser, "Firefox on Linux", ""))
    rosa.get(f"{PATH}/many_browsers")
    assert "6 trusted browsers" in rosa.text
    assert f"/administration/accounts/{account.id}" in links(rosa)
    rosa.get(f"{PATH}/shared_browser")
    assert rosa.text.count("Firefox on Linux, trusted for 4 accounts") == 4


def test_two_networks_lead_to_the_events_that_tell_them(rosa: CheckedClient, app: object, account: Account) -> None:
    for address in ("198.51.100.23", "203.0.113.9"):
        sign_in(CheckedClient(rosa.app, address=address), account)
    rosa.get(f"{PATH}/two_networks")
    assert rosa.h1.startswith("One account was signed in from two networks at the same time")
    rosa.get(next(link for link in links(rosa) if link.startswith("/administration/events?")))
    assert "signed in from: 198.51.100.23" in rosa.text


def test_a_finding_that_is_gone_says_so(rosa: CheckedClient, account: Account) -> None:
    rosa.get(f"{PATH}/locked")
    assert rosa.h1 == "Nothing of this kind now"


def test_there_is_no_page_for_what_is_no_finding(rosa: CheckedClient) -> None:
    assert rosa.get(f"{PATH}/made_up").status_code == 404
    rosa.get("/")
    assert rosa.press(f"{PATH}/made_up/dismiss", reason="x", shown="1").status_code == 404


def test_every_finding_has_words_for_one_and_for_many_and_advice() -> None:
    for finding in Finding:
        assert "One" in finding_words.sentence(finding, 1) or "one" in finding_words.sentence(finding, 1)
        assert "17" in finding_words.sentence(finding, 17)
        assert finding_words.advice(finding)


def test_only_administrators_in_administrator_mode_see_and_dismiss(
    client: CheckedClient, account: Account, administrator: Account, locked: Account
) -> None:
    other = CheckedClient(client.app)
    sign_in(client, administrator)
    assert where(client.get(f"{PATH}/locked")).startswith("/administration/enter")
    client.get("/")
    assert where(client.press(f"{PATH}/locked/dismiss", reason="x", shown="1")) == "/administration/enter"
    assert other.get(f"{PATH}/locked").status_code == 303
    assert security_findings.dismissals() == {}


def test_a_dismissal_reads_well_in_the_events() -> None:
    told = {"finding": Finding.TWO_NETWORKS, "count": 3, "reason": "They travel"}
    said = "finding: accounts in two networks at once; accounts: 3; reason: They travel"
    assert event_words.details(told) == said
