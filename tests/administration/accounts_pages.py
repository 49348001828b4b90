"""What the tests of the Accounts pages share: the form of a record, filled in as a browser does, and changed rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from werkzeug.test import TestResponse

from neoserra import extensions
from neoserra.identity import accounts
from neoserra.models import Account
from tests.client import PAGE, CheckedClient, words

LIST = "/administration/accounts"
NEW = "/administration/accounts/new"


def path(account: Account, action: str = "") -> str:
    return f"{LIST}/{account.id}" + (f"/{action}" if action else "")


def fields(client: CheckedClient) -> dict[str, str]:
    """What the open page's form of a record would send as it stands."""
    sent = {}
    for field in client.page.iter(f"{PAGE}input"):
        off = field.get("type") == "radio" and field.get("checked") is None
        if field.get("name") and field.get("name") != "channel" and not off:
            sent[field.get("name")] = field.get("value", "")
    return sent


def save(client: CheckedClient, account: Account, **typed: str) -> TestResponse:
    """Open the record, type, and press Save."""
    client.get(path(account))
    return client.post(path(account), data=fields(client) | typed)


def kept(account: Account) -> Account:
    """The account as it is on file now."""
    found = accounts.by_id(account.id)
    assert found is not None
    return found


def change(account: Account, **values: Any) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def names(client: CheckedClient) -> list[str]:
    """The names in the list of the open page, from the top."""
    return [words(cell) for cell in client.page.iter(f"{PAGE}th") if cell.get("scope") == "row"]
