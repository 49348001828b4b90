"""What somebody does who forgot their password, and the worker for them."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

from neoserra.delivery import dispatch
from neoserra.delivery.providers import outbox
from neoserra.models import Account, Message
from tests.client import PUBLIC, CheckedClient, where
from tests.journey import deliveries

NEW_PASSWORD = "Quiet-gravel-19 moth"


def ask(client: CheckedClient, identity: str) -> TestResponse:
    """Fill in the form with the right characters."""
    client.get("/reset")
    return client.press("/reset", identity=identity, captcha=right_answer(client))


def right_answer(client: CheckedClient) -> str:
    return client.get("/reset/captcha.txt").text


def wrong_answer(client: CheckedClient) -> str:
    """Characters that no picture has."""
    return "B" * len(right_answer(client))


def work() -> None:
    """Do what the workers of all queues do with what waits."""
    for delivery in reversed(deliveries()):
        dispatch.deliver(delivery.reference)


def link_to(account: Account) -> str:
    """The path of the newest link that was sent to the account."""
    mails = [mail for mail in outbox.sent() if mail["to"] == account.email and "/reset/" in mail["text"]]
    found = re.search(rf"{PUBLIC}(/reset/\S+)", mails[0]["text"])
    assert found, mails[0]["text"]
    return found[1]


def mailed_link(client: CheckedClient, account: Account) -> str:
    """Ask for a link; the path of the one that comes."""
    assert where(ask(client, account.username)) == "/reset/sent", client.text
    work()
    return link_to(account)


def open_link(client: CheckedClient, path: str) -> None:
    """Follow a link as far as the page behind it."""
    assert where(client.get(path)) == "/reset/password"
    client.get("/reset/password")


def opens(client: CheckedClient, path: str) -> bool:
    """Whether the link leads to the form."""
    open_link(client, path)
    return client.h1 != "This link does not work any more"


def choose(client: CheckedClient, password: str = NEW_PASSWORD, confirm: str | None = None) -> TestResponse:
    """Fill in the form of the page that is open."""
    return client.press("/reset/password", password=password, confirm=password if confirm is None else confirm)


def reset(client: CheckedClient, account: Account, password: str = NEW_PASSWORD) -> None:
    """Go all the way, to the start page."""
    open_link(client, mailed_link(client, account))
    assert where(choose(client, password)) == "/", client.text
    client.get("/")


def messages_sent() -> list[Message]:
    return [delivery.message for delivery in deliveries()]
