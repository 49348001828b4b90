"""The outbox page of development: a phone, a mailbox, and what can be simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from config import Settings
from neoserra import create_app
from neoserra.delivery.providers.base import MailMessage, TextMessage
from neoserra.delivery.providers.outbox import SIMULATIONS, OutboxProvider
from tests.client import PAGE, CheckedClient, words

Sections = Callable[[], dict[str, str]]

TEXT = TextMessage("BCDFGHJK", "+12025550142", "482913 is your code. <b>Don't</b> tell.\n\n@crm.example.org #482913")
MAIL = MailMessage("LMNPQRST", "ann@example.org", "519407 is your code", "519407\n\nThe words", "<p>519407</p>")


@pytest.fixture
def outbox(connected: Settings) -> OutboxProvider:
    return OutboxProvider(connected)


@pytest.fixture
def sections(client: CheckedClient) -> Sections:
    """Opens the page and gives the words of its sections by the id of their heading."""

    def read() -> dict[str, str]:
        assert client.get("/outbox").status_code == 200
        found = client.page.iter(f"{PAGE}section")
        return {element.get("aria-labelledby"): words(element) for element in found}

    return read


def read_json(client: CheckedClient) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = client.get("/outbox.json").json or []
    return messages


def test_an_empty_outbox_says_so(client: CheckedClient, sections: Sections) -> None:
    assert sections() == {
        "outbox-phone": "Phone No text messages yet.",
        "outbox-mailbox": "Mailbox No mail yet.",
    }
    assert "development only" in client.text


@pytest.mark.usefixtures("client")
def test_texts_are_on_the_phone_and_mails_in_the_mailbox(outbox: OutboxProvider, sections: Sections) -> None:
    outbox.send(TEXT)
    outbox.send(MAIL)
    shown = sections()
    assert "To +12025550142" in shown["outbox-phone"]
    assert "482913 is your code. <b>Don't</b> tell. @crm.example.org #482913" in shown["outbox-phone"]
    assert "519407" not in shown["outbox-phone"]
    assert "519407 is your code To ann@example.org" in shown["outbox-mailbox"]
    assert "519407 The words" in shown["outbox-mailbox"]


def test_every_simulation_is_listed(client: CheckedClient, sections: Sections) -> None:
    sections()
    rows = [[words(cell) for cell in row] for row in client.page.iter(f"{PAGE}tr")]
    assert rows[1:] == [[each.number, f"{each.local_part}@…", str(each.description)] for each in SIMULATIONS]


def test_tests_read_the_newest_first(client: CheckedClient, outbox: OutboxProvider) -> None:
    assert read_json(client) == []
    outbox.send(TEXT)
    outbox.send(MAIL)
    messages = read_json(client)
    assert [message | {"at": ""} for message in messages] == [
        {"channel": "email", "to": MAIL.to, "subject": MAIL.subject, "text": MAIL.text, "at": ""},
        {"channel": "sms", "to": TEXT.to, "subject": None, "text": TEXT.body, "at": ""},
    ]
    assert all(message["at"].endswith("+00:00") for message in messages)


def test_production_has_no_outbox(app: Flask, connected: Settings) -> None:
    assert "outbox.show" in app.view_functions
    in_production = create_app(replace(connected, environment="production"))
    for path in ("/outbox", "/outbox.json"):
        assert CheckedClient(in_production).get(path).status_code == 404
