"""Steps of tests about Preferences."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from neoserra import extensions
from neoserra.identity import accounts, codes
from neoserra.identity.codes import Owner, Purpose
from neoserra.models import Account, Event, EventKind
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import owner

NEW_MOBILE = "+12025550143"
NEW_EMAIL = "lee@example.org"


def ask_mobile(client: CheckedClient, mobile: str = "202-555-0143") -> None:
    answer = client.submit("/preferences/mobile", mobile=mobile, current_password=PASSWORD)
    assert where(answer) == "/preferences/mobile/confirm", client.text
    client.get("/preferences/mobile/confirm")


def ask_email(client: CheckedClient, email: str = NEW_EMAIL) -> None:
    answer = client.submit("/preferences/email", email=email, current_password=PASSWORD)
    assert where(answer) == "/preferences/email/confirm", client.text
    client.get("/preferences/email/confirm")


def mobile_owner(client: CheckedClient, account: Account, to: str = NEW_MOBILE) -> Owner:
    return replace(owner(client, account), purpose=Purpose.MOBILE, to=to)


def email_owner(client: CheckedClient, account: Account, to: str = NEW_EMAIL) -> Owner:
    return replace(owner(client, account), purpose=Purpose.EMAIL, to=to)


def wrong(owner: Owner) -> str:
    """Digits that are not the live code."""
    return f"{(int(codes.current(owner) or 0) + 1) % 1_000_000:06}"


def reloaded(account: Account) -> Account:
    found = accounts.by_id(account.id)
    assert found is not None
    return found


def event_kinds(account: Account) -> list[EventKind]:
    """What the audit log says about the account, oldest first."""
    query = select(Event.kind).where(Event.account_id == account.id).order_by(Event.id)
    with extensions.database.transaction() as db:
        return list(db.scalars(query))
