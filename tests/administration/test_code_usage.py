"""Sent against used: how many codes of each day, country and provider were entered."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from flask import Flask

from neoserra import clock, extensions
from neoserra.delivery import code_usage, dispatch, tallies
from neoserra.models import Account, Channel, Counted, Delivery
from tests.client import PAGE, CheckedClient, where, words
from tests.journey import code_of, deliveries, give_password, sign_in

PATH = "/administration/deliveries/usage"


def count(at: datetime, counted: Counted, number: int, country: str = "US") -> None:
    """As if so many text messages had come to this at that time."""
    text = Delivery(channel=Channel.SMS, country=country)
    with extensions.database.transaction() as db:
        tallies.add(db, Counter({tallies.key(text, counted, at, "twilio"): number}))


def table(rosa: CheckedClient) -> list[list[str]]:
    rosa.get(PATH)
    return [[words(cell) for cell in row] for row in next(rosa.page.iter(f"{PAGE}tbody"))]


def test_an_empty_database_says_so(rosa: CheckedClient) -> None:
    rosa.get(PATH)
    assert "Nothing was sent in the last 31 days." in rosa.text


def test_each_day_country_and_provider_has_a_line(rosa: CheckedClient) -> None:
    now = clock.now()
    count(now, Counted.ACCEPTED, 50)
    count(now, Counted.CODE_SENT, 40)
    count(now, Counted.CODE_USED, 30)
    count(now, Counted.CODE_SENT, 10, "GT")
    count(now - timedelta(days=3), Counted.CODE_SENT, 8)
    count(now - timedelta(days=40), Counted.CODE_SENT, 8)
    assert [row[1:] for row in table(rosa)] == [
        ["Guatemala", "twilio", "0", "10", "0 0 %"],
        ["United States", "twilio", "50", "40", "30 75 %"],
        ["United States", "twilio", "0", "8", "0 0 %"],
    ]


def test_a_day_that_was_added_up_reads_as_before(rosa: CheckedClient) -> None:
    day = clock.now() - timedelta(days=3)
    for minute in (0, 7, 8):
        count(day + timedelta(minutes=minute - 8), Counted.CODE_SENT, 2)
    before = table(rosa)
    tallies.fold()
    assert table(rosa) == before


def test_a_code_that_somebody_enters_is_used(client: CheckedClient, account: Account, app: Flask) -> None:
    for browser in (client, CheckedClient(app)):
        give_password(browser)
        dispatch.deliver(deliveries()[0].reference)
    assert [(line.codes_sent, line.codes_used) for line in code_usage.by_day()] == [(2, 0)]
    client.press("/verification", code=code_of(client, account))
    assert [(line.codes_sent, line.codes_used) for line in code_usage.by_day()] == [(2, 1)]


def test_nobody_else_learns_that_the_page_is_there(client: CheckedClient, account: Account, app: Flask) -> None:
    sign_in(client, account)
    assert client.get(PATH).status_code == 404
    assert where(CheckedClient(app).get(PATH)).startswith("/login")
