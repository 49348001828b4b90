"""Which message goes where, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from config import Settings
from neoserra import clock
from neoserra.delivery import sending
from neoserra.delivery.sending import SendingRefused
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message
from neoserra.translation import speaking
from tests.delivery import rows


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


def send(account: Account, visitor: Visitor, channel: Channel | None = None) -> Delivery:
    return sending.send_code(account, Purpose.SIGN_IN, visitor, channel)


def test_a_code_goes_by_text_message_to_the_mobile_on_file(account: Account, visitor: Visitor) -> None:
    sent = send(account, visitor)
    assert (sent.channel, sent.destination) == (Channel.SMS, "+12025550142")


def test_a_code_goes_by_email_when_that_is_asked_for(account: Account, visitor: Visitor) -> None:
    sent = send(account, visitor, Channel.EMAIL)
    assert (sent.channel, sent.destination) == (Channel.EMAIL, "ann@example.org")


@pytest.mark.parametrize("channel", [None, Channel.SMS])
def test_without_a_mobile_on_file_a_code_goes_by_email(
    channel: Channel | None, account: Account, visitor: Visitor
) -> None:
    rows.move_phone(account, None)
    assert send(account, visitor, channel).channel == Channel.EMAIL


@pytest.mark.usefixtures("noon")
def test_the_row_knows_who_asked_and_when_it_is_over(account: Account, visitor: Visitor) -> None:
    row = rows.delivery(send(account, visitor).reference)
    assert (row.account_id, row.message, row.browser) == (account.id, Message.SIGN_IN_CODE, visitor.browser)
    assert (row.browser_description, row.address) == ("Chrome on Windows", "192.0.2.7")
    assert row.created_at == row.next_at == clock.now()
    assert row.expires_at == clock.now() + timedelta(hours=1)


def test_a_resend_repeats_the_live_code_and_its_hour(
    account: Account, visitor: Visitor, noon: time_machine.Traveller
) -> None:
    first = send(account, visitor)
    code = codes.current(rows.owner(account, visitor))
    noon.shift(60)
    second = send(account, visitor, Channel.EMAIL)
    assert codes.current(rows.owner(account, visitor)) == code
    assert second.expires_at == first.expires_at
    assert second.reference != first.reference


def test_a_resend_that_comes_too_soon_is_refused_and_noted(
    account: Account, visitor: Visitor, noon: time_machine.Traveller
) -> None:
    send(account, visitor)
    noon.shift(12)
    with pytest.raises(SendingRefused) as refusal:
        send(account, visitor)
    assert (refusal.value.reason, refusal.value.retry_in) == ("gap", 18)
    assert sending.resend_in(rows.owner(account, visitor)) == 18
    [event] = rows.events(EventKind.SENDING_REFUSED)
    assert (event.account_id, event.details) == (account.id, {"reason": "gap"})


@pytest.mark.usefixtures("noon")
def test_what_is_refused_issues_no_code(account: Account, visitor: Visitor) -> None:
    for browser in range(5):
        send(account, replace(visitor, browser=chr(65 + browser) * 43))
    with pytest.raises(SendingRefused) as refusal:
        send(account, visitor)
    assert refusal.value.reason in ("account", "destination")
    assert codes.current(rows.owner(account, visitor)) is None


def test_ten_sent_at_the_same_moment_make_five_deliveries(account: Account, visitor: Visitor) -> None:
    together = Barrier(10)

    def sent(browser: int) -> bool:
        together.wait()
        try:
            send(account, replace(visitor, browser=chr(65 + browser) * 43))
        except SendingRefused:
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(sent, range(10))) == 5
    assert len(rows.events(EventKind.CODE_SENT)) == 5
    assert len(rows.events(EventKind.SENDING_REFUSED)) == 1, "told once until there is room again"


class TestCeiling:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, sends_per_database_hour=1)

    def test_above_it_codes_go_by_email(self, account: Account, visitor: Visitor) -> None:
        assert send(account, visitor).channel == Channel.SMS
        above = send(account, replace(visitor, browser="1" * 43))
        assert (above.channel, above.destination) == (Channel.EMAIL, "ann@example.org")

    def test_it_is_told_once_an_hour(self, account: Account, visitor: Visitor) -> None:
        for browser in range(4):
            send(account, replace(visitor, browser=chr(65 + browser) * 43))
        [event] = rows.events(EventKind.TEXTS_CEILING_REACHED)
        assert event.details == {"most": 1}


def test_a_message_is_in_the_language_of_the_account_or_else_of_the_page(account: Account, visitor: Visitor) -> None:
    with speaking("fr"):
        assert send(account, visitor).language == "fr"
        account.language = "es"
        assert send(account, replace(visitor, browser="1" * 43)).language == "es"


@pytest.mark.usefixtures("noon")
def test_a_notice_goes_by_email_and_is_no_news_after_a_day(account: Account, visitor: Visitor) -> None:
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    row = rows.delivery(notice.reference)
    assert (row.channel, row.destination) == (Channel.EMAIL, "ann@example.org")
    assert row.expires_at == clock.now() + timedelta(days=1)


@pytest.mark.usefixtures("noon")
def test_a_code_that_could_not_be_sent_does_not_live(account: Account, visitor: Visitor) -> None:
    for number in range(5):
        codes.burn(account.id)
        send(account, replace(visitor, browser=f"{number:043}"))
    codes.burn(account.id)
    with pytest.raises(SendingRefused):
        send(account, visitor)
    assert codes.expiry(codes.Owner(account.id, visitor.browser, Purpose.SIGN_IN)) is None


@pytest.mark.usefixtures("noon")
def test_a_code_that_lives_outlasts_a_refused_sending(account: Account, visitor: Visitor) -> None:
    send(account, visitor)
    with pytest.raises(SendingRefused):
        send(account, visitor)
    assert codes.expiry(codes.Owner(account.id, visitor.browser, Purpose.SIGN_IN)) is not None
