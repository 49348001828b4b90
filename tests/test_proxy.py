"""Who is counted, with and without a proxy in front: only what PROXY_HOPS trusts is believed (ASVS 4.1.3, 15.3.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from neoserra import create_app, extensions
from neoserra.every_request import LONGEST_ADDRESS
from neoserra.models import Account, Event
from tests.client import CheckedClient
from tests.conftest import PASSWORD
from tests.journey import deliveries
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

PROXY = "10.0.0.1"
FEW = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One proxy in front, and few failures allowed, so that they are soon counted out."""
    return replace(settings, proxy_hops=1, failures_per_address=FEW)


def guess(client: CheckedClient, forwarded: str, name: str = "somebody", password: str = "wrong") -> int:
    """The status of a sign-in whose proxy adds `forwarded` to X-Forwarded-For."""
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    client.get("/login", headers=headers)
    form = {"csrf_token": client.token, "username": name, "password": password}
    return client.post("/login", data=form, headers=headers).status_code


def behind_proxy(app: Flask) -> CheckedClient:
    return CheckedClient(app, address=PROXY)


def test_two_people_behind_one_proxy_are_counted_apart(app: Flask, account: Account) -> None:
    guesser, ann = behind_proxy(app), behind_proxy(app)
    assert [guess(guesser, "198.51.100.1") for _ in range(FEW + 1)] == [422] * FEW + [429]
    assert guess(ann, "198.51.100.2", "ann", PASSWORD) == 303
    assert deliveries()[0].address == "198.51.100.2"


def test_people_whose_old_address_comes_in_the_new_form_are_counted_apart(app: Flask, account: Account) -> None:
    guesser, ann = behind_proxy(app), behind_proxy(app)
    assert [guess(guesser, "::ffff:198.51.100.1") for _ in range(FEW + 1)] == [422] * FEW + [429]
    assert guess(ann, "::ffff:198.51.100.2", "ann", PASSWORD) == 303
    assert deliveries()[0].address == "198.51.100.2"


def test_what_a_browser_puts_before_the_proxys_address_is_not_believed(app: Flask) -> None:
    guesser = behind_proxy(app)
    statuses = [guess(guesser, f"203.0.113.{number}, 198.51.100.1") for number in range(FEW + 1)]
    assert statuses[-1] == 429


def test_other_headers_about_the_address_are_not_believed(app: Flask) -> None:
    guesser = CheckedClient(app, address="198.51.100.1")
    for number in range(FEW):
        headers = {
            "X-Real-IP": f"203.0.113.{number}",
            "Forwarded": f"for=203.0.113.{number}",
            "True-Client-IP": f"203.0.113.{number}",
            "X-Forwarded-Host": "evil.test",
        }
        guesser.get("/login", headers=headers)
        form = {"csrf_token": guesser.token, "username": "x", "password": "y"}
        assert guesser.post("/login", data=form, headers=headers).status_code == 422
    assert guesser.submit("/login", username="x", password="y").status_code == 429


def test_without_a_trusted_proxy_the_header_is_ignored(connected: Settings) -> None:
    alone = create_app(replace(connected, proxy_hops=0))
    guesser = CheckedClient(alone, address="198.51.100.1")
    assert [guess(guesser, f"203.0.113.{number}") for number in range(FEW + 1)][-1] == 429


def test_an_odd_address_in_the_header_is_counted_with_the_others_like_it(app: Flask) -> None:
    guesser = behind_proxy(app)
    odd = ["unknown", "_hidden", "x" * 4000, "[2001:db8::1", "198.51.100.1 443"]
    assert [guess(guesser, forwarded) for forwarded in odd] == [422] * FEW + [429] * 2
    assert extensions.redis.keys("*failures-from*") == [extensions.key("failures-from", "unknown").encode()]
    with extensions.database.transaction() as db:
        assert max(len(event.address) for event in db.scalars(select(Event))) == LONGEST_ADDRESS


def test_one_customers_many_ipv6_addresses_count_as_one(app: Flask) -> None:
    guesser = behind_proxy(app)
    statuses = [guess(guesser, f"2001:db8:1:2:{number:x}::9") for number in range(FEW + 1)]
    assert statuses[-1] == 429
    assert guess(behind_proxy(app), "2001:db8:1:3::9") == 422


def test_the_port_that_a_proxy_writes_behind_an_address_is_no_part_of_it(app: Flask, account: Account) -> None:
    guesser, ann = behind_proxy(app), behind_proxy(app)
    asked = [guess(guesser, f"198.51.100.1:{port}") for port in range(40000, 40000 + FEW + 1)]
    assert asked == [422] * FEW + [429]
    assert guess(ann, "[2001:db8::7]:40000", "ann", PASSWORD) == 303
    assert deliveries()[0].address == "2001:db8::7"


def test_an_ipv4_address_written_as_ipv6_is_itself(app: Flask, account: Account) -> None:
    assert guess(behind_proxy(app), "::FFFF:198.51.100.2", "ann", PASSWORD) == 303
    assert deliveries()[0].address == "198.51.100.2"
