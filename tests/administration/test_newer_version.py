"""The console beside a newer version of the program, which shares the database while machines are being upgraded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from neoserra import clock, extensions
from neoserra.delivery import tallies
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, State
from tests.administration.deliveries_pages import PATH, failed_code, listed, write
from tests.administration.test_deliveries_now import look_again
from tests.client import CheckedClient, where

NEW = "from_the_future"


def at(moment: datetime) -> datetime | str:
    """A time as the tables have it."""
    return moment if extensions.database.url.get_backend_name() == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def write_new(table: str, column: str, id_: int | str = "id") -> None:
    """Have rows say in a column what this version has never heard of."""
    with extensions.database.transaction() as db:
        db.execute(text(f"UPDATE {table} SET {column} = '{NEW}' WHERE id = {id_}"))


@pytest.mark.parametrize("column", ["message", "channel", "state"])
def test_a_delivery_that_only_a_newer_version_knows_is_shown_by_its_own_word(
    rosa: CheckedClient, account: Account, column: str
) -> None:
    [reference] = write(1, account_id=account.id, state=State.QUEUED)
    write_new("deliveries", column)
    rosa.get(PATH)
    assert reference in listed(rosa)
    assert NEW in rosa.text
    assert rosa.get(f"{PATH}/{reference}").status_code == 200
    assert NEW in rosa.text
    assert "2025550142" not in rosa.text
    assert where(rosa.get(f"{PATH}?q={reference}")) == f"{PATH}/{reference}"
    assert NEW in rosa.get(f"{PATH}.csv").text
    for path in ("/live", "/now", "/retry"):
        assert rosa.get(PATH + path).status_code == 200, path


@pytest.mark.parametrize("column", ["message", "channel", "state"])
def test_so_it_is_on_the_page_of_its_account(rosa: CheckedClient, account: Account, column: str) -> None:
    write(1, account_id=account.id, state=State.QUEUED)
    write_new("deliveries", column)
    assert rosa.get(f"/administration/accounts/{account.id}").status_code == 200
    assert "2025550142" not in rosa.text


def test_a_try_with_an_outcome_of_a_newer_version_is_told(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    failed = failed_code(account, visitor)
    write_new("attempts", "outcome")
    rosa.get(f"{PATH}/{failed.reference}")
    assert NEW in rosa.text
    assert rosa.get("/administration/status").status_code == 200


def test_what_a_newer_version_counts_is_passed_over_and_kept(rosa: CheckedClient) -> None:
    minute = clock.now().replace(second=0, microsecond=0)
    insert = text("INSERT INTO tallies VALUES (:minute, :counted, :channel, 'twilio', 'US', '0', 3)")
    with extensions.database.transaction() as db:
        for moment in (minute, minute - timedelta(days=3)):
            db.execute(insert, {"minute": at(moment), "counted": NEW, "channel": "sms"})
            db.execute(insert, {"minute": at(moment), "counted": "code_sent", "channel": NEW[:8]})
    look_again()
    for path in ("", "/live", "/now", "/usage", "/reasons"):
        assert rosa.get(PATH + path).status_code == 200, path
    tallies.fold()
    with extensions.database.connection() as connection:
        assert connection.scalar(text(f"SELECT sum(number) FROM tallies WHERE counted = '{NEW}'")) == 6


def test_an_event_of_a_newer_version_is_listed_by_its_own_word(rosa: CheckedClient, account: Account) -> None:
    columns = "(at, kind, account_id, address, browser, request_id, details)"
    with extensions.database.transaction() as db:
        values = f"VALUES (:at, '{NEW}', {account.id}, '', '', '', '{{}}')"
        db.execute(text(f"INSERT INTO events {columns} {values}"), {"at": at(clock.now())})
    rosa.get("/administration/events")
    assert NEW in rosa.text
    assert NEW in rosa.get("/administration/events.csv").text
    rosa.get(f"/administration/accounts/{account.id}")
    assert NEW in rosa.text


@pytest.mark.parametrize("column", ["role", "reach_problem"])
def test_an_account_of_a_newer_version_is_listed_and_shown(rosa: CheckedClient, account: Account, column: str) -> None:
    write_new("accounts", column, account.id)
    rosa.get("/administration/accounts")
    assert NEW in rosa.text
    assert rosa.get(f"/administration/accounts/{account.id}").status_code == 200
