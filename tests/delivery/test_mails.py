"""What a mail says (ux.md, section 5.2)."""

from __future__ import annotations

import re

import html5lib
import pytest

from neoserra.delivery import sending, texts
from neoserra.delivery.providers.base import MailMessage
from neoserra.identity import codes, configuration
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, Message
from tests.delivery import rows

SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")
NOTICES = [message for message in Message if message not in (*texts.PURPOSES, *texts.LINKS)]
FROM_ADMINISTRATORS = [
    Message.MOBILE_REPLACED,
    Message.EMAIL_REPLACED,
    Message.ROLE_CHANGED,
    Message.ACCOUNT_INACTIVATED,
    Message.ACCOUNT_ACTIVATED,
    Message.TEST_MESSAGE,
]


def rendered(delivery: Delivery) -> MailMessage:
    message = texts.render(delivery)
    assert isinstance(message, MailMessage)
    return message


def visible(html: str) -> str:
    paragraphs = html5lib.parse(html, namespaceHTMLElements=False).iter("p")
    return "\n".join(" ".join(paragraph.itertext()) for paragraph in paragraphs)


@pytest.fixture
def mail(account: Account, visitor: Visitor) -> MailMessage:
    configuration.save_contact("Kim Park", "kim@example.org", "202-555-0100")
    return rendered(sending.send_code(account, codes.Purpose.SIGN_IN, visitor, Channel.EMAIL))


@pytest.fixture
def code(account: Account, visitor: Visitor) -> str:
    codes.issue(rows.owner(account, visitor))
    return codes.current(rows.owner(account, visitor)) or ""


def test_the_subject_starts_with_the_code(mail: MailMessage, code: str) -> None:
    assert mail.subject == f"{code} is your Neoserra sign-in code"
    assert mail.to == "ann@example.org"


def test_the_code_has_a_line_of_its_own_and_no_other_number_looks_like_one(mail: MailMessage, code: str) -> None:
    assert code in mail.text.split("\n")
    assert set(SIX_DIGITS.findall(mail.text)) == {code}
    assert set(SIX_DIGITS.findall(mail.html)) == {code}


def test_it_tells_life_use_browser_address_and_time(mail: MailMessage) -> None:
    assert "It expires in 1 hour. It works once" in mail.text
    assert re.search(r"on \d+ \w+ \d{4}, \d\d:\d\d UTC", mail.text)
    assert "to sign in to Neoserra for Test SBDC, in Chrome on Windows at 192.0.2.7." in mail.text
    assert "Do not give this code to anyone. Our staff will never ask for it." in mail.text
    assert f"Reference: {mail.reference}" in mail.text


def test_it_says_whom_to_tell_when_it_was_somebody_else(mail: MailMessage) -> None:
    assert "Was it not you?" in mail.text
    assert "Kim Park, kim@example.org, 202-555-0100" in mail.text


def test_a_contact_that_nobody_named_leaves_no_gap(account: Account, visitor: Visitor) -> None:
    text = rendered(sending.send_code(account, codes.Purpose.SIGN_IN, visitor, Channel.EMAIL)).text
    assert "\n\n\n" not in text


def test_the_html_says_the_same_words(mail: MailMessage) -> None:
    assert visible(mail.html).split() == mail.text.split()
    assert mail.html.startswith('<!doctype html>\n<html lang="en">')
    assert f"<title>{mail.subject}</title>" in mail.html


def test_names_from_outside_are_text_in_the_html(account: Account, visitor: Visitor) -> None:
    configuration.save_contact("<b>Kim</b> & Co", "", "")
    mail = rendered(sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)[0])
    assert "<b>Kim</b> & Co" in mail.text
    assert "&lt;b&gt;Kim&lt;/b&gt; &amp; Co" in mail.html


@pytest.mark.parametrize("message", sorted(set(NOTICES) - set(FROM_ADMINISTRATORS)))
def test_a_notice_tells_what_when_from_where_and_what_to_do(
    message: Message, account: Account, visitor: Visitor
) -> None:
    mail = rendered(sending.send_notice(account, message, visitor)[0])
    assert "Neoserra" in mail.subject
    assert re.search(r"on \d+ \w+ \d{4}, \d\d:\d\d UTC, in Chrome on Windows at 192.0.2.7.", mail.text)
    assert "Was it not you?" in mail.text
    assert "administrator" in mail.text


@pytest.mark.parametrize("message", FROM_ADMINISTRATORS)
def test_what_an_administrator_sends_tells_when_and_whom_to_ask_and_nothing_of_their_browser(
    message: Message, account: Account, visitor: Visitor
) -> None:
    mail = rendered(sending.send_notice(account, message, visitor)[0])
    assert "Neoserra" in mail.subject
    assert re.search(r"on \d+ \w+ \d{4}, \d\d:\d\d UTC", mail.text)
    assert "administrator" in mail.text
    assert "Chrome" not in mail.text
    assert "192.0.2.7" not in mail.text


@pytest.mark.parametrize("message", NOTICES)
def test_a_notice_has_nothing_that_looks_like_a_code_or_a_link(
    message: Message, account: Account, visitor: Visitor
) -> None:
    mail = rendered(sending.send_notice(account, message, visitor)[0])
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\d{6}", part)
        assert "http" not in part
