"""The security panel on the start page: for administrators alone, and only when there is something to see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event, update

from neoserra import clock, extensions
from neoserra.models import Account
from tests.client import PAGE, CheckedClient, where, words
from tests.conftest import PASSWORD
from tests.journey import sign_in


def make(account: Account, **values: Any) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def lock(account: Account) -> None:
    make(account, locked_at=clock.now(), last_sign_in_at=clock.now(), reach_problem=None)


def panel(client: CheckedClient) -> dict[str, str]:
    """Where each link of the panel leads, by its words."""
    client.get("/")
    lists = [each for each in client.page.iter(f"{PAGE}ul") if each.get("class") == "findings"]
    return {words(link): link.get("href") for each in lists for link in each.iter(f"{PAGE}a")}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database inside the block."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    engine = extensions.database._reader  # noqa: SLF001  every page reads through it
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_it_tells_what_to_look_at_and_leads_there(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    lock(account)
    make(administrator, reach_problem=None)
    sign_in(client, administrator)
    make(administrator, reach_problem=None)
    assert panel(client) == {
        "One account is locked": "/administration/accounts?state=locked",
        "Dismiss: One account is locked": "/administration/findings/locked#dismiss",
    }
    assert where(client.get("/administration/accounts?state=locked")) == (
        "/administration/enter?next=/administration/accounts?state%3Dlocked"
    )
    answer = client.submit("/administration/enter", password=PASSWORD, next="/administration/accounts?state=locked")
    client.get(where(answer))
    assert "Ann Lee" in client.text


def test_it_is_absent_when_there_is_nothing_to_see(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    make(administrator, reach_problem=None)
    assert panel(client) == {}
    assert "Security" not in client.text


def test_others_see_none_of_it(client: CheckedClient, account: Account, administrator: Account) -> None:
    lock(administrator)
    sign_in(client, account)
    assert panel(client) == {}


def test_it_costs_others_nothing_and_administrators_two_queries(
    client: CheckedClient, app: Flask, account: Account, administrator: Account
) -> None:
    sign_in(client, account)
    rosa = CheckedClient(app)
    sign_in(rosa, administrator)
    with statements() as asked:
        client.get("/")
    assert len(asked) == 1
    with statements() as asked:
        rosa.get("/")
    assert len(asked) == 3
