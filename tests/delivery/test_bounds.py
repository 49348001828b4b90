"""How often codes are sent: per code, account, destination, client address and database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
import time_machine

from config import Settings
from neoserra import extensions
from neoserra.delivery import bounds
from neoserra.delivery.bounds import HOUR, Full, Reason
from neoserra.identity.codes import Owner, Purpose
from neoserra.models import Channel

MOBILE = "+12025550142"
ADDRESS = "192.0.2.7"

pytestmark = pytest.mark.usefixtures("connected")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(
        settings,
        send_gap_seconds=30,
        sends_per_account_hour=5,
        sends_per_destination_hour=5,
        sends_per_address_hour=12,
        sends_per_database_hour=20,
    )


def owner(account: int = 1, browser: int = 1) -> Owner:
    return Owner(account, chr(ord("A") + browser) * 43, Purpose.SIGN_IN)


def number(last: int) -> str:
    return f"+120255501{last:02}"


def full(take: Callable[[], None]) -> Full:
    with pytest.raises(Full) as refusal:
        take()
    return refusal.value


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


def test_one_code_is_sent_again_only_after_the_gap(noon: time_machine.Traveller) -> None:
    def send() -> None:
        bounds.take(owner(), Channel.SMS, MOBILE, ADDRESS)

    send()
    noon.shift(10)
    refusal = full(send)
    assert (refusal.reason, refusal.retry_in) == (Reason.GAP, 20)
    assert bounds.gap_left(owner()) == 20
    noon.shift(20)
    assert bounds.gap_left(owner()) == 0
    send()


def test_the_gap_is_told_before_anything_was_sent(noon: time_machine.Traveller) -> None:
    assert bounds.gap_left(owner()) == 0


def test_another_browser_has_a_gap_of_its_own(noon: time_machine.Traveller) -> None:
    bounds.take(owner(browser=1), Channel.SMS, MOBILE, ADDRESS)
    bounds.take(owner(browser=2), Channel.SMS, MOBILE, ADDRESS)
    assert full(lambda: bounds.take(owner(browser=2), Channel.EMAIL, MOBILE, ADDRESS)).reason == Reason.GAP


def test_an_account_gets_five_codes_in_any_hour(noon: time_machine.Traveller) -> None:
    for browser in range(5):
        bounds.take(owner(browser=browser), Channel.SMS, number(browser), ADDRESS)
        noon.shift(600)
    refusal = full(lambda: bounds.take(owner(browser=9), Channel.EMAIL, "ann@example.org", ADDRESS))
    assert (refusal.reason, refusal.retry_in) == (Reason.ACCOUNT, 600)
    noon.shift(600)
    bounds.take(owner(browser=9), Channel.EMAIL, "ann@example.org", ADDRESS)
    assert full(lambda: bounds.take(owner(browser=10), Channel.SMS, number(50), ADDRESS)).retry_in == 600


def test_a_destination_gets_five_codes_in_any_hour_whoever_asks(noon: time_machine.Traveller) -> None:
    for account in range(5):
        bounds.take(owner(account), Channel.EMAIL, "ann@example.org", ADDRESS)
    refusal = full(lambda: bounds.take(owner(9), Channel.EMAIL, "Ann@Example.org", ADDRESS))
    assert (refusal.reason, refusal.retry_in) == (Reason.DESTINATION, HOUR)


def test_a_client_address_is_bounded_over_all_accounts(noon: time_machine.Traveller) -> None:
    for account in range(12):
        bounds.take(owner(account), Channel.SMS, number(account), ADDRESS)
    assert full(lambda: bounds.take(owner(99), Channel.SMS, number(99), ADDRESS)).reason == Reason.ADDRESS
    bounds.take(owner(99), Channel.SMS, number(99), "198.51.100.9")


def test_the_addresses_of_one_customer_of_the_newer_internet_count_as_one(noon: time_machine.Traveller) -> None:
    for account in range(12):
        bounds.take(owner(account), Channel.SMS, number(account), f"2001:db8:1:2::{account:x}")
    assert full(lambda: bounds.take(owner(99), Channel.SMS, number(99), "2001:db8:1:2::ffff")).reason == Reason.ADDRESS


def test_the_ceiling_of_the_database_is_for_texts_alone(noon: time_machine.Traveller) -> None:
    for account in range(20):
        bounds.take(owner(account), Channel.SMS, number(account), f"198.51.100.{account}")
    refusal = full(lambda: bounds.take(owner(99), Channel.SMS, number(99), ADDRESS))
    assert (refusal.reason, refusal.retry_in) == (Reason.DATABASE, HOUR)
    bounds.take(owner(99), Channel.EMAIL, "ann@example.org", ADDRESS)


def test_a_ceiling_of_none_sends_no_texts(noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "settings", replace(extensions.settings, sends_per_database_hour=0))
    assert full(lambda: bounds.take(owner(), Channel.SMS, MOBILE, ADDRESS)).reason == Reason.DATABASE


def test_what_is_refused_counts_nowhere(noon: time_machine.Traveller) -> None:
    bounds.take(owner(), Channel.SMS, MOBILE, ADDRESS)
    for _ in range(20):
        full(lambda: bounds.take(owner(), Channel.SMS, MOBILE, ADDRESS))
    for browser in range(2, 6):
        bounds.take(owner(browser=browser), Channel.SMS, MOBILE, ADDRESS)


def test_the_longest_wait_is_told_when_several_bounds_are_full(noon: time_machine.Traveller) -> None:
    for browser in range(5):
        bounds.take(owner(browser=browser), Channel.SMS, MOBILE, ADDRESS)
    refusal = full(lambda: bounds.take(owner(browser=4), Channel.SMS, MOBILE, ADDRESS))
    assert refusal.reason in (Reason.ACCOUNT, Reason.DESTINATION)
    assert refusal.retry_in == HOUR


def test_ten_at_the_same_moment_are_bounded_like_ten_in_a_row() -> None:
    together = Barrier(10)

    def allowed(browser: int) -> bool:
        together.wait()
        try:
            bounds.take(owner(browser=browser), Channel.SMS, MOBILE, ADDRESS)
        except Full:
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(allowed, range(10))) == 5


def test_every_window_forgets_itself_and_names_nobody(noon: time_machine.Traveller) -> None:
    bounds.take(owner(), Channel.SMS, MOBILE, ADDRESS)
    bounds.take(owner(2), Channel.EMAIL, "ann@example.org", ADDRESS)
    stored = list(extensions.redis.scan_iter())
    assert all(0 < extensions.redis.ttl(key) <= HOUR for key in stored)
    assert b"2025550142" not in b" ".join(stored)
    assert b"ann" not in b" ".join(stored)


def test_what_is_worth_telling_once_is_told_once_an_hour(noon: time_machine.Traveller) -> None:
    assert bounds.first_this_hour("ceiling")
    noon.shift(HOUR - 1)
    assert not bounds.first_this_hour("ceiling")
    noon.shift(1)
    assert bounds.first_this_hour("ceiling")
