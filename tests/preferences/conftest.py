"""Ann in her Preferences."""

from __future__ import annotations

import pytest

from neoserra.identity import accounts
from neoserra.models import Account
from tests.client import CheckedClient
from tests.journey import sign_in


@pytest.fixture
def ann(client: CheckedClient, account: Account) -> CheckedClient:
    """Ann's browser, signed in with a code."""
    sign_in(client, account)
    return client


@pytest.fixture
def ben(connected: object, password_hash: str) -> Account:
    """Somebody else, with a number of his own."""
    return accounts.create(
        username="ben", name="Ben Oak", email="ben@example.org", mobile="202-555-0199", password_hash=password_hash
    )
