"""Files that are fetched slowly: whoever reads one keeps nobody else from the database."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import QueuePool

from neoserra import extensions
from neoserra.identity import accounts
from neoserra.models import Account
from tests.administration.deliveries_pages import write
from tests.client import CheckedClient


def in_use() -> int:
    """Connections to the database that somebody has in hand."""
    engines = (extensions.database._reader, extensions.database.engine)  # noqa: SLF001  every page reads through it
    return sum(cast(QueuePool, engine.pool).checkedout() for engine in engines)


@pytest.mark.parametrize("name", ["deliveries", "accounts", "events"])
def test_a_file_that_is_half_read_holds_no_connection(rosa: CheckedClient, account: Account, name: str) -> None:
    write(300, account_id=account.id)
    for number in range(3):
        accounts.create(username=f"kim{number}", email=f"kim{number}@example.org")
    answer = rosa.get(f"/administration/{name}.csv", buffered=False)
    lines = iter(answer.response)
    assert [next(lines) for _ in range(3)]
    assert in_use() == 0
    assert next(lines)
    answer.close()
