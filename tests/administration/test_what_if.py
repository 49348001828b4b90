"""What if a code went there: read, routed, bounded and worded before anything is sent."""

from __future__ import annotations

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from neoserra import clock, extensions
from neoserra.delivery import breakers, dispatch, sending
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Delivery, EventKind, Message, State
from tests.client import PAGE, CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries, sign_in

PATH = "/administration/deliveries/what-if"


def look(rosa: CheckedClient, to: str) -> str:
    rosa.submit(PATH, to=to)
    return rosa.text


def test_a_number_is_read_as_its_owner_writes_it(rosa: CheckedClient, account: Account) -> None:
    page = look(rosa, "(202) 555-0142")
    assert "+12025550142" in page
    assert "United States" in page
    assert account.name in page
    assert "000000 is your Neoserra sign-in code" in page
    assert "of the 160 characters of one text message" in page


def test_nothing_is_sent_and_nothing_counted(rosa: CheckedClient, account: Account) -> None:
    before, known = len(deliveries()), set(extensions.redis.keys("*sent*"))
    assert "0 of 5" in look(rosa, "+12025550142")
    assert len(deliveries()) == before
    assert set(extensions.redis.keys("*sent*")) == known


def test_what_was_sent_there_counts(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, "+12025550142")
    sending.send_code(account, Purpose.SIGN_IN, visitor)
    assert "1 of 5" in look(rosa, "+12025550142")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("+15145550142", "only to: United States"),
        ("+18005550142", "gets no text messages"),
        ("12", "Enter a mobile number with its area code"),
    ],
)
def test_a_number_that_gets_no_code_is_told_why(rosa: CheckedClient, typed: str, sentence: str) -> None:
    page = look(rosa, typed)
    assert "No code would go there:" in page
    assert sentence in page
    assert "Send a test message" not in page
    assert rosa.press(f"{PATH}/test", to=typed).status_code == 422
    assert not sent_tests()


@pytest.mark.parametrize("typed", ["", "   ", "1", "call me", "a@", "ann@example.org, ben@example.org"])
def test_what_is_neither_number_nor_address_is_refused_and_kept(rosa: CheckedClient, typed: str) -> None:
    answer = rosa.submit(PATH, to=typed)
    assert answer.status_code == 422
    assert "There is a problem" in rosa.text


def test_an_address_is_shown_with_the_mail_it_would_get(rosa: CheckedClient, account: Account) -> None:
    page = look(rosa, "Ann@Example.ORG")
    assert "000000 is your Neoserra sign-in code" in page
    assert account.name in page


def test_a_provider_that_fails_just_now_is_named_until_somebody_may_try_it(rosa: CheckedClient) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert "fails just now" not in look(rosa, "+12025550142")
        for _ in range(5):
            breakers.breaker("outbox").count(failed=True, seconds=0.1)
        assert "fails just now" in look(rosa, "+12025550142")
        traveller.shift(6)
        assert "fails just now" not in look(rosa, "+12025550142")


def test_a_test_message_goes_there_and_can_be_watched(rosa: CheckedClient, administrator: Account) -> None:
    answer = press_test(rosa)
    [test] = sent_tests()
    assert where(answer) == f"/administration/deliveries/{test.reference}"
    assert (test.account_id, test.destination, test.country) == (None, "+12025550199", "US")
    assert (test.address, test.browser) == ("", "")
    [event] = rows.events(EventKind.TEST_MESSAGE_SENT)
    assert event.actor_id == administrator.id
    dispatch.deliver(test.reference)
    assert rows.delivery(test.reference).state == State.ACCEPTED


def test_tests_are_bounded_like_everything_else(rosa: CheckedClient) -> None:
    answers = [press_test(rosa) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "As many messages as are allowed went out in the last hour. Wait" in rosa.text
    assert len(sent_tests()) == 5


def test_the_number_stands_in_no_address_of_the_page(rosa: CheckedClient) -> None:
    look(rosa, "+12025550142")
    addresses = [each.get(name) or "" for each in rosa.page.iter() for name in ("href", "action", "src")]
    assert not [address for address in addresses if "5550142" in address]
    assert {form.get("method") for form in rosa.page.iter(f"{PAGE}form")} == {"post"}


def test_nobody_else_learns_that_the_page_is_there(client: CheckedClient, account: Account, app: Flask) -> None:
    sign_in(client, account)
    assert client.get(PATH).status_code == 404
    client.get("/")
    assert client.press(PATH, to="+12025550142").status_code == 404
    assert where(CheckedClient(app).get(PATH)).startswith("/login")


def press_test(rosa: CheckedClient) -> TestResponse:
    look(rosa, "+12025550199")
    return rosa.press(f"{PATH}/test", to="+12025550199")


def sent_tests() -> list[Delivery]:
    return [each for each in deliveries() if each.message == Message.TEST_MESSAGE]
