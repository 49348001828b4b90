"""What a mail looks like on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine

from neoserra.delivery.providers.base import MailMessage, PermanentFailure
from neoserra.delivery.providers.letter import Letter

SENDER = "Neoserra <no-reply@mail.example.org>"


def parsed(mail: MailMessage, sender: str = SENDER) -> EmailMessage:
    message = message_from_bytes(Letter(mail, sender).as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@time_machine.travel(datetime(2026, 3, 8, 9, 30, tzinfo=UTC), tick=False)
def test_the_headers_say_who_what_when_and_that_nobody_need_answer(mail: MailMessage) -> None:
    message = parsed(mail)
    assert message["Subject"] == mail.subject
    assert message["From"] == SENDER
    assert message["To"] == mail.to
    assert message["Date"] == "Sun, 08 Mar 2026 09:30:00 +0000"
    assert message["Message-ID"] == "<BCDFGHJK@mail.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["MIME-Version"] == "1.0"


def test_plain_text_comes_first_and_the_same_in_html_after(mail: MailMessage) -> None:
    message = parsed(mail)
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), plain.get_content().replace("\r\n", "\n")) == ("text/plain", mail.text)
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", mail.html)
    assert plain.get_content_charset() == html.get_content_charset() == "utf-8"


def test_every_byte_is_ascii_and_every_line_short(mail: MailMessage) -> None:
    long = replace(mail, subject="é" * 300, text="é" * 2000, html=f"<p>{'x' * 2000}</p>")
    raw = Letter(long, "Señora Ñu <no-reply@mail.example.org>").as_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert parsed(long)["Subject"] == long.subject


@pytest.mark.parametrize(
    "to",
    [
        "a@example.org, b@example.net",
        "a@example.org,b@example.net",
        "a@example.org; b@example.net",
        "a@example.org b@example.net",
        "Jo <a@example.org>",
        "a@example.org\r\nBcc: b@example.net",
        "a@b@example.org",
        "josé@example.org",
        "nobody",
        "@example.org",
        "a@",
        "a@..",
        "",
    ],
)
def test_anything_but_one_address_is_refused(mail: MailMessage, to: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        Letter(replace(mail, to=to), SENDER)
    assert "example" not in str(failure.value)


def test_an_international_domain_goes_out_in_its_ascii_form(mail: MailMessage) -> None:
    assert Letter(replace(mail, to="jo@bücher.example"), SENDER).envelope_to == "jo@xn--bcher-kva.example"


def test_a_subject_cannot_add_a_header(mail: MailMessage) -> None:
    with pytest.raises(PermanentFailure, match="line break"):
        Letter(replace(mail, subject="482913\r\nBcc: b@example.net"), SENDER)
