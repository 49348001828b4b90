"""What the tests of the delivery console's messages share: failed codes, rows in bulk, and what a list shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from neoserra import clock, extensions
from neoserra.delivery import dispatch, outbox, sending
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, Message, State
from tests.client import PAGE, CheckedClient, where, words
from tests.delivery import rows

PATH = "/administration/deliveries"
BAD_NUMBER = "+12025550181"  # the outbox refuses it for good


def failed_code(account: Account, visitor: Visitor) -> Delivery:
    """A sign-in code to a number that does not exist, refused for good."""
    rows.move_phone(account, BAD_NUMBER)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(sent.reference)
    return rows.delivery(sent.reference)


def write(number: int, **values: Any) -> list[str]:
    """So many deliveries, the oldest first, a second apart; their references."""
    now = clock.now()
    same = {
        "message": Message.BROWSER_TRUSTED,
        "channel": Channel.SMS,
        "destination": "+12025550142",
        "last_digits": "0142",
        "country": "US",
        "language": "en",
        "state": State.DELIVERED,
        "provider": "twilio",
        "expires_at": now + timedelta(hours=1),
    }
    lines = []
    for back in range(number, 0, -1):
        at = now - timedelta(seconds=back)
        times = {"created_at": at, "changed_at": at, "next_at": at}
        lines.append({"reference": outbox.new_reference(), **same, **times, **values})
    with extensions.database.transaction() as db:
        db.execute(insert(Delivery), lines)
    return [line["reference"] for line in lines]


def listed(client: CheckedClient) -> list[str]:
    """The references in the list of the open page, from the top."""
    lists = [each for each in client.page.iter(f"{PAGE}section") if each.get("id") == "messages"]
    return [words(cell) for each in lists for cell in each.iter(f"{PAGE}th") if cell.get("scope") == "row"]


def find(client: CheckedClient, query: str) -> None:
    """Look for messages; a whole number or email address in the address leads on to another one."""
    answer = client.get(f"{PATH}?{query}")
    if answer.status_code == 303:
        client.get(where(answer))


def follow(client: CheckedClient, text: str) -> None:
    link = next(link for link in client.page.iter(f"{PAGE}a") if words(link) == text)
    client.get(link.get("href"))


def story(client: CheckedClient) -> list[str]:
    """What happened, as the open page of one message tells it."""
    section = next(each for each in client.page.iter(f"{PAGE}section") if each.get("id") == "story")
    return [words(step) for step in section.iter(f"{PAGE}strong")]


def buttons(client: CheckedClient) -> list[str]:
    return [words(button) for button in client.page.iter(f"{PAGE}button")]
