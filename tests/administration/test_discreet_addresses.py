"""Addresses of lists: what was looked for stays in histories, bookmarks and logs, so no whole number or address may."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from neoserra.identity import accounts
from neoserra.models import Account, State
from tests import log_book
from tests.administration.deliveries_pages import PATH, listed, write
from tests.client import CheckedClient, where

EVENTS = "/administration/events"
NGINX = Path(__file__).parents[2] / "deploy" / "nginx.conf"


def asked(client: CheckedClient, path: str, **typed: str) -> dict[str, list[str]]:
    """What the address asks for that a search ends at, which is in one step and no page is shown on the way."""
    first = client.get(path, query_string=typed)
    assert first.status_code == 303
    last = where(first)
    assert urlsplit(last).path == path
    assert client.get(last).status_code in (200, 422)
    return parse_qs(urlsplit(last).query)


@pytest.mark.parametrize(
    "typed", ["+1 202-555-0142", "(202) 555-0142", "2025550142", "+12025550142", "202.555.0142", "202 - 555 - 0142"]
)
@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", f"{PATH}/retry"])
def test_of_a_whole_number_the_last_digits_stay(rosa: CheckedClient, path: str, typed: str) -> None:
    query = asked(rosa, path, q=typed, state="failed", after="9")
    assert query == {"q": ["5550142"], "state": ["failed"], "after": ["9"]}


def test_so_of_a_number_beside_other_words(rosa: CheckedClient, account: Account) -> None:
    [reference] = write(1, account_id=account.id)
    assert asked(rosa, PATH, q="Ann 2025550142") == {"q": ["Ann 5550142"]}
    assert reference in listed(rosa)
    assert asked(rosa, PATH, q="tel:+12025550142") == {"q": ["tel:5550142"]}


@pytest.mark.parametrize("typed", ["555-0142", "0142", "ann", "ann20255501", "BCDF GHJK"])
def test_what_is_no_whole_number_stays_as_it_was_typed(rosa: CheckedClient, typed: str) -> None:
    assert rosa.get(PATH, query_string={"q": typed}).status_code == 200


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", f"{PATH}/retry", EVENTS, f"{EVENTS}.csv"])
def test_a_person_asked_for_by_email_address_is_asked_for_by_username(
    rosa: CheckedClient, account: Account, path: str
) -> None:
    assert asked(rosa, path, person="Ann@Example.org") == {"person": ["ann"]}


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", EVENTS])
def test_what_names_nobody_is_masked_and_names_nobody_still(rosa: CheckedClient, path: str) -> None:
    assert asked(rosa, path, person="bob@example.org") == {"person": ["b***@example.org"]}
    assert "Nobody has that username or email address" in rosa.text
    assert asked(rosa, path, person="+1 202 555 0142") == {"person": ["***-**42"]}
    assert "Nobody has that username or email address" in rosa.text


def test_an_email_address_that_is_looked_for_becomes_the_person_it_is_found_by(
    rosa: CheckedClient, account: Account
) -> None:
    wanted = write(2, account_id=account.id, state=State.FAILED)
    assert asked(rosa, PATH, q="ann@example.org", state="failed") == {"person": ["ann"], "state": ["failed"]}
    assert listed(rosa) == wanted[::-1]
    assert asked(rosa, PATH, q="ann@example.or") == {"person": ["ann"]}
    assert asked(rosa, PATH, q="bob@example.org") == {"q": ["b***@example.org"]}
    assert asked(rosa, PATH, q="ann@example.org", person="rosa") == {"q": ["a***@example.org"], "person": ["rosa"]}
    assert listed(rosa) == []


def test_a_username_that_is_an_email_address_is_a_username(rosa: CheckedClient) -> None:
    bob = accounts.create(username="bob@example.org", email="bob@example.org")
    [reference] = write(1, account_id=bob.id)
    rosa.get(PATH, query_string={"person": "bob@example.org"})
    assert listed(rosa) == [reference]


def test_the_sites_own_log_has_nothing_of_what_was_looked_for(rosa: CheckedClient) -> None:
    with log_book.kept() as book:
        rosa.get(PATH, query_string={"q": "+12025550142"})
        rosa.get(PATH, query_string={"person": "bob@example.org", "state": "lost"})
        rosa.get(PATH, query_string={"q": "+12025550142", "person": "\0"})
    assert book.lines
    assert not re.search("5550142|bob|person", book.text)


def test_the_proxy_logs_addresses_without_what_they_ask_for() -> None:
    """Neither of the request nor of the page it was sent from; and errors of these pages, which have both, nowhere."""
    site = NGINX.read_text()
    [written] = re.findall(r"^log_format neoserra (.+?);$", site, re.DOTALL | re.MULTILINE)
    assert not re.search(r"\$(request\b|request_uri|args|query_string|is_args|http_referer|arg_\w+)", written)
    assert re.findall(r"access_log +(?!off)\S+ (\w+)", site) == ["neoserra"]
    assert re.search(r"location ~ \^/\(reset\|administration\)/ \{\s+error_log /dev/null crit;", site)
