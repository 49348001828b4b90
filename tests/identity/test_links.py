"""Links to choose a password: recomputed, newest only, used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import links
from neoserra.identity.links import Kind


@pytest.fixture(autouse=True)
def redis_alone(connected: Settings) -> None:
    """Links need no table."""


def test_a_link_opens_again_and_again_and_is_used_once() -> None:
    link = links.issue(7, Kind.RESET, 1)
    for _ in range(3):
        assert links.opened(link.token) == link
    assert links.consume(link.id) == link
    assert links.consume(link.id) is None
    assert links.opened(link.token) is None


def test_of_twenty_that_use_a_link_at_once_one_does() -> None:
    link = links.issue(7, Kind.RESET, 1)
    with ThreadPoolExecutor(20) as pool:
        used = list(pool.map(lambda _: links.consume(link.id), range(20)))
    assert used.count(link) == 1
    assert used.count(None) == 19


def test_a_link_that_is_made_late_does_not_end_one_that_was_asked_for_later() -> None:
    newer = links.issue(7, Kind.RESET, 2)
    with pytest.raises(links.Superseded) as superseded:
        links.issue(7, Kind.RESET, 1)
    assert superseded.value.number == 2
    assert links.opened(newer.token) == newer
    links.consume(newer.id)
    assert links.opened(links.issue(7, Kind.RESET, 1).token)


def test_only_the_newest_link_of_an_account_opens() -> None:
    first, other = links.issue(7, Kind.RESET, 1), links.issue(8, Kind.RESET, 1)
    second = links.issue(7, Kind.INVITATION, 1)
    assert links.opened(first.token) is None
    assert links.opened(second.token) == second
    assert links.opened(other.token) == other


@pytest.mark.parametrize(("kind", "hours"), [(Kind.RESET, 1), (Kind.INVITATION, 24)])
def test_a_link_has_its_time(kind: Kind, hours: int) -> None:
    link = links.issue(7, kind, 1)
    with time_machine.travel(clock.now() + timedelta(hours=hours, seconds=-2)):
        assert links.opened(link.token) == link
    with time_machine.travel(clock.now() + timedelta(hours=hours, seconds=1)):
        assert links.opened(link.token) is None
        assert links.consume(link.id) is None


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + "A", lambda t: t[:22], lambda _: "", lambda t: t + "x", str.swapcase]
)
def test_a_made_up_link_does_not_open(change: "object") -> None:
    token = links.issue(7, Kind.RESET, 1).token
    assert callable(change)
    made_up = change(token)
    assert made_up == token or links.opened(made_up) is None


def test_a_link_has_256_bits_and_no_copy_of_them_is_kept() -> None:
    link = links.issue(7, Kind.RESET, 1)
    proof = link.token.removeprefix(link.id)
    assert len(proof) == 43
    kept = [extensions.redis.get(key) for key in extensions.redis.keys("*")]
    assert proof not in str(kept)
    assert proof not in repr(link)


def test_a_link_that_was_used_for_nothing_lives_on_to_its_end() -> None:
    link = links.issue(7, Kind.RESET, 1)
    assert links.consume(link.id) == link
    links.give_back(link)
    assert links.opened(link.token) == link
    newer = links.issue(7, Kind.RESET, 1)
    assert links.opened(link.token) is None
    assert links.opened(newer.token) == newer
