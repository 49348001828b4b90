"""What arrives on phones and in mailboxes: each message as the worker would send it."""

from __future__ import annotations

import re

from neoserra.delivery import texts
from neoserra.models import Channel
from tests.journey import deliveries


def messages_to(destination: str) -> list[str]:
    """Everything sent to a number or an address, newest first: texts, and mails as subject and text."""
    sent = [delivery for delivery in deliveries() if delivery.destination == destination]
    return [_words(texts.render(delivery)) for delivery in sent]


def code_at(destination: str) -> str:
    """The digits of the newest code that was sent there."""
    found = [re.findall(r"^\d{6}(?= is your)", message, re.MULTILINE) for message in messages_to(destination)]
    return str(next(digits[0] for digits in found if digits))


def texted_numbers() -> set[str]:
    return {delivery.destination for delivery in deliveries() if delivery.channel == Channel.SMS}


def _words(message: object) -> str:
    """Empty when the code has been used: then nothing would be sent any more."""
    parts: list[str] = [getattr(message, part, "") for part in ("subject", "body", "text")]
    return "\n".join(filter(None, parts))
