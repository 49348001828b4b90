"""Whom the pages of the administration are opened by, where a test says nothing else."""

from __future__ import annotations

import pytest

from neoserra.models import Account
from tests.client import CheckedClient
from tests.journey import enter_administrator_mode


@pytest.fixture
def rosa(client: CheckedClient, administrator: Account) -> CheckedClient:
    """Rosa's browser, in administrator mode."""
    enter_administrator_mode(client, administrator)
    return client
