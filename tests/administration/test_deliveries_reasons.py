"""What stopped messages lately, grouped by provider and reason."""

from __future__ import annotations

from collections import Counter

import pytest

from neoserra import clock, extensions
from neoserra.delivery import reasons, tallies
from neoserra.identity import accounts
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Counted, State
from tests.administration.deliveries_pages import PATH, failed_code, follow, listed, write
from tests.client import PAGE, CheckedClient, words
from tests.delivery import rows


def cells(client: CheckedClient) -> list[list[str]]:
    return [[words(cell) for cell in row] for body in client.page.iter(f"{PAGE}tbody") for row in body]


def test_bad_numbers_lead_to_the_messages_and_the_accounts(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    other = accounts.create(username="bob", name="Bob Ray", email="bob@example.org")
    failed = [failed_code(account, visitor)]
    rows.move_phone(account, None)
    failed.append(failed_code(other, visitor))
    rosa.get(f"{PATH}/reasons")
    [[reason, what, day, week, number]] = cells(rosa)
    assert (reason, day, week, number) == ("outbox invalid", "2", "2", "2")
    assert what.endswith("Bob Ray, Ann Lee")
    follow(rosa, "outbox invalid")
    assert listed(rosa) == [failed[1].reference, failed[0].reference]


def test_messages_that_no_provider_was_asked_for_are_a_group_of_their_own(
    rosa: CheckedClient, account: Account, administrator: Account
) -> None:
    same = {"reason": "expired", "state": State.EXPIRED}
    asked = write(1, account_id=account.id, provider="twilio", **same)
    unasked = write(2, account_id=administrator.id, provider="", **same)
    minute = clock.now().replace(second=0, microsecond=0)
    with extensions.database.transaction() as db:
        for provider, number in (("twilio", 1), ("", 2)):
            tallies.add(db, Counter({(minute, Counted.FAILED, "sms", provider, "US", "expired"): number}))
    rosa.get(f"{PATH}/reasons")
    assert [[line[0], *line[2:]] for line in cells(rosa)] == [
        ["none asked expired", "2", "2", "1"],
        ["twilio expired", "1", "1", "1"],
    ]
    for text, found in (("none asked expired", unasked[::-1]), ("twilio expired", asked)):
        rosa.get(f"{PATH}/reasons")
        follow(rosa, text)
        assert listed(rosa) == found


def test_nothing_failed(rosa: CheckedClient) -> None:
    rosa.get(f"{PATH}/reasons")
    assert "No message failed in the last seven days." in rosa.text


@pytest.mark.parametrize(
    ("provider", "reason", "about", "said"),
    [
        ("twilio", "30006", True, "landline"),
        ("twilio", "20003", False, "TWILIO_AUTH_TOKEN"),
        ("twilio", "30003", False, "off or out of reach"),
        ("twilio", "99999", False, "99999"),
        ("sns", "OptedOut", True, "STOP"),
        ("sns", "Unheard", False, "look it up"),
        ("smtp", "550 5.1.1", True, "mailbox does not exist"),
        ("smtp", "550", True, "refused the recipient"),
        ("smtp", "550 5.1.8", False, "MAIL_DEFAULT_SENDER"),
        ("smtp", "450 4.2.1", False, "busy"),
        ("smtp", "5.1.1", True, "mailbox does not exist"),
        ("smtp", "receipt", False, "did not arrive"),
        ("", "expired", False, "over before"),
        ("twilio", "no_provider", False, "Every provider"),
        ("outbox", "invalid", True, "see the message"),
    ],
)
def test_each_reason_says_what_to_do(provider: str, reason: str, about: bool, said: str) -> None:
    assert reasons.is_about_destination(provider, reason) is about
    assert said in reasons.sentence(provider, reason)
