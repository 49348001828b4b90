"""Addresses that no page of the site leads to: what cannot be in a database is not looked for in one."""

from __future__ import annotations

from itertools import product

import pytest

from neoserra.models import Account
from tests.administration.deliveries_pages import PATH, write
from tests.client import CheckedClient

ODD = ["%00", "ABC%00", "%ED%A0%80", "%F0%9F%92%8C", "%C3%9F" * 8, "%C5%BF" * 8, "B" * 9000]
ACTS = ["queues/{}/pause", "queues/{}/drain", "queues/{}/resume", "providers/{}/try", "findings/{}/dismiss"]
FILTERS = ["q", "person", "reason", "country", "state", "kind", "provider", "since", "until", "after", "before"]


def press(client: CheckedClient, path: str) -> int:
    """What a form that posts to `path` gets for an answer."""
    client.get("/administration/queues/codes/pause")
    return client.press(path).status_code


def test_an_odd_reference_names_no_message(rosa: CheckedClient, account: Account) -> None:
    write(1, account_id=account.id)
    for odd in ODD:
        assert rosa.get(f"{PATH}/{odd}").status_code == 404, odd
        for act in ("retry", "cancel", "send-otherwise"):
            assert press(rosa, f"{PATH}/{odd}/{act}") == 404, (odd, act)


def test_odd_names_are_names_of_nothing(rosa: CheckedClient) -> None:
    for path, odd in product(("queues/{}/pause", "queues/{}/drain", "findings/{}", "accounts/{}"), ODD):
        assert rosa.get(f"/administration/{path.format(odd)}").status_code == 404, (path, odd)
    for path, odd in product(ACTS, ODD):
        assert press(rosa, f"/administration/{path.format(odd)}") == 404, (path, odd)


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", "/administration/events", "/administration/accounts"])
def test_odd_filters_find_nothing_or_are_refused(rosa: CheckedClient, account: Account, path: str) -> None:
    for name, odd in product(FILTERS, ODD):
        assert rosa.get(f"{path}?{name}={odd}").status_code in (200, 400, 422), (name, odd)
