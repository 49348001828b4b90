"""Failures from one client address: after too many it has to wait, and the audit log tells once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config import Settings
from neoserra import extensions
from neoserra.identity import limits
from neoserra.models import EventKind
from tests.delivery.rows import events


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, failures_per_address=2)


def fail(address: str) -> None:
    with pytest.raises(limits.Failure), limits.counting_failures(address):
        raise limits.Failure


def test_it_is_told_once_when_an_address_has_to_wait(connected: Settings) -> None:
    fail("192.0.2.7")
    fail("192.0.2.7")
    assert events(EventKind.TOO_MANY_FAILURES) == []
    for _ in range(3):
        with pytest.raises(limits.TooManyFailures), limits.counting_failures("192.0.2.7"):
            pass
    [event] = events(EventKind.TOO_MANY_FAILURES)
    assert event.address == "192.0.2.7"
    assert event.account_id is None


def test_another_address_does_not_wait_and_what_is_right_does_not_count(connected: Settings) -> None:
    for _ in range(5):
        with limits.counting_failures("198.51.100.23"):
            pass
    fail("192.0.2.7")
    fail("192.0.2.7")
    fail("198.51.100.23")


def test_what_takes_longer_than_the_window_leaves_no_count_behind(connected: Settings) -> None:
    with limits.counting_failures("192.0.2.7"):
        extensions.redis.delete(extensions.key("failures-from", "192.0.2.7"))  # as when the window ends
    assert extensions.redis.keys() == []
