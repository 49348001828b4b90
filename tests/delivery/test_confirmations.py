"""Codes that confirm a new number or address, and the notices that tell of the change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine

from config import Settings
from neoserra.delivery import gsm, queues, sending, texts
from neoserra.delivery.providers.base import MailMessage, TextMessage
from neoserra.delivery.sending import SendingRefused
from neoserra.identity import accounts, codes
from neoserra.identity.codes import Owner, Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message
from tests.delivery import rows

NEW_MOBILE, NEW_EMAIL = "+12025550143", "lee@example.org"


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def account(account: Account) -> Account:
    """Ann, who has asked for a new number and a new address."""
    account.new_mobile, account.new_email = NEW_MOBILE, NEW_EMAIL
    return account


def body(delivery: Delivery) -> str:
    message = texts.render(delivery)
    assert isinstance(message, TextMessage)
    return message.body


def test_the_code_for_a_number_goes_by_text_message_to_that_number(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.MOBILE, visitor)
    code = codes.current(Owner(account.id, visitor.browser, Purpose.MOBILE, NEW_MOBILE))
    assert (sent.channel, sent.destination) == (Channel.SMS, NEW_MOBILE)
    assert body(sent) == (
        f"{code} is your Neoserra code to confirm this mobile number. It expires in 1 hour. Don't share it."
        f" Ref {sent.reference}\n\n@crm.example.org #{code}"
    )
    assert gsm.septets(body(sent)) <= gsm.SEGMENT


def test_the_code_for_an_address_goes_by_mail_to_that_address(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.EMAIL, visitor, Channel.SMS)
    code = codes.current(Owner(account.id, visitor.browser, Purpose.EMAIL, NEW_EMAIL)) or ""
    message = texts.render(sent)
    assert isinstance(message, MailMessage)
    assert message.to == NEW_EMAIL
    assert message.subject == f"{code} is your Neoserra code to confirm this address"
    assert code in message.text.split("\n")
    assert "Was it not you? Then do nothing" in message.text


def test_a_code_that_went_to_one_number_is_wrong_for_another(account: Account, visitor: Visitor) -> None:
    sending.send_code(account, Purpose.MOBILE, visitor)
    first, other = (Owner(account.id, visitor.browser, Purpose.MOBILE, to) for to in (NEW_MOBILE, "+12025550144"))
    assert codes.current(first) != codes.current(other)


def test_it_shares_the_bounds_of_every_code(account: Account, visitor: Visitor) -> None:
    for browser in range(5):
        sending.send_code(account, Purpose.SIGN_IN, replace(visitor, browser=chr(65 + browser) * 43))
    with pytest.raises(SendingRefused) as refusal:
        sending.send_code(account, Purpose.MOBILE, visitor)
    assert refusal.value.reason == "account"


def test_a_number_is_texted_five_times_an_hour_whoever_asks(account: Account, visitor: Visitor) -> None:
    for browser in range(5):
        sending.send_code(account, Purpose.MOBILE, replace(visitor, browser=chr(65 + browser) * 43))
    ben = accounts.create(username="ben", email="ben@example.org")
    ben.new_mobile = NEW_MOBILE
    with pytest.raises(SendingRefused) as refusal:
        sending.send_code(ben, Purpose.MOBILE, visitor)
    assert refusal.value.reason == "destination"


class TestCeiling:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, sends_per_database_hour=1)

    def test_above_it_no_number_can_be_confirmed_since_a_mail_would_prove_nothing(
        self, account: Account, visitor: Visitor
    ) -> None:
        sending.send_code(account, Purpose.MOBILE, visitor)
        with pytest.raises(SendingRefused) as refusal:
            sending.send_code(account, Purpose.MOBILE, replace(visitor, browser="1" * 43))
        assert (refusal.value.reason, refusal.value.retry_in) == ("database", 3600)
        assert len(rows.events(EventKind.TEXTS_CEILING_REACHED)) == 1


@pytest.mark.parametrize("message", sorted(sending.TEXTED))
def test_a_change_of_number_or_address_is_told_to_the_phone_and_the_mailbox(
    message: Message, account: Account, visitor: Visitor
) -> None:
    mail, text = sending.send_notice(account, message, visitor)
    assert (mail.channel, mail.destination) == (Channel.EMAIL, "ann@example.org")
    assert (text.channel, text.destination) == (Channel.SMS, "+12025550142")
    assert body(text).startswith("Neoserra: ")
    assert body(text).endswith(f"? Contact your Neoserra administrator now. Ref {text.reference}")
    assert gsm.septets(body(text)) <= gsm.SEGMENT


def test_both_addresses_are_told_of_a_new_one(account: Account, visitor: Visitor) -> None:
    notices = sending.send_notice(account, Message.EMAIL_CHANGED, visitor, also=NEW_EMAIL)
    assert [notice.destination for notice in notices] == ["ann@example.org", NEW_EMAIL, "+12025550142"]


def test_a_new_password_is_told_by_mail_alone(account: Account, visitor: Visitor) -> None:
    [notice] = sending.send_notice(account, Message.PASSWORD_CHANGED, visitor)
    assert notice.channel == Channel.EMAIL


def test_codes_and_notices_each_have_their_queue() -> None:
    of = {name: {message for message in Message if queues.name_for(message) == name} for name in queues.NAMES}
    assert of[queues.CODES] == set(texts.PURPOSES)
    assert sending.TEXTED | {Message.PASSWORD_CHANGED} <= of[queues.NOTICES]


def test_progress_is_of_the_messages_to_the_number_that_is_being_confirmed(account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.MOBILE, visitor)
    owner = Owner(account.id, visitor.browser, Purpose.MOBILE, NEW_MOBILE)
    assert [one.reference for one in sending.progress(owner, sent.created_at)] == [sent.reference]
    assert sending.progress(replace(owner, to="+12025550144"), sent.created_at) == []
