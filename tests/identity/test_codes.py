"""Codes: recomputed, bounded in tries, burned by success."""

import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import codes
from neoserra.identity.codes import Owner, Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account

# RFC 4226, appendix D: the secret "12345678901234567890", counters 0 to 9.
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.fixture
def owner(account: Account, visitor: Visitor) -> Owner:
    return Owner(account.id, visitor.browser, Purpose.SIGN_IN)


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06}"


def live(owner: Owner) -> str:
    code = codes.current(owner)
    assert code is not None
    return code


def test_truncation_gives_the_vectors_of_rfc_4226() -> None:
    digests = (hmac.digest(b"12345678901234567890", counter.to_bytes(8, "big"), "sha1") for counter in range(10))
    assert [codes.truncated(digest) for digest in digests] == RFC_4226


def test_a_code_is_six_digits_and_stays_the_same_while_it_lives(owner: Owner) -> None:
    expires_at = codes.issue(owner)
    first = live(owner)
    assert re.fullmatch("[0-9]{6}", first)
    assert codes.issue(owner) == expires_at
    assert live(owner) == first


def test_the_hour_runs_from_the_first_sending(owner: Owner) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        started = clock.now().replace(microsecond=0)
        codes.issue(owner)
        time.shift(timedelta(minutes=59))
        assert codes.issue(owner) == started + timedelta(hours=1)
        first = live(owner)
        time.shift(timedelta(minutes=1))
        assert codes.current(owner) is None
        with pytest.raises(codes.CodeExpired):
            codes.check(owner, first)


def test_redis_forgets_a_code_after_its_hour(owner: Owner) -> None:
    codes.issue(owner)
    assert 3590 <= extensions.redis.ttl(owner.key) <= 3600


def test_a_right_code_counts_once(owner: Owner) -> None:
    codes.issue(owner)
    code = live(owner)
    codes.check(owner, code)
    with pytest.raises(codes.CodeExpired):
        codes.check(owner, code)


def test_a_right_code_burns_every_live_code_of_the_account(owner: Owner) -> None:
    other = replace(owner, browser="another browser altogether, on the phone..")
    codes.issue(owner)
    codes.issue(other)
    unused = live(other)
    codes.check(owner, live(owner))
    with pytest.raises(codes.CodeExpired):
        codes.check(other, unused)


def test_a_code_is_wrong_in_another_browser(owner: Owner) -> None:
    other = replace(owner, browser="another browser altogether, on the phone..")
    codes.issue(owner)
    codes.issue(other)
    with pytest.raises(codes.WrongCode):
        codes.check(other, live(owner))


def test_five_wrong_tries_void_a_code(owner: Owner) -> None:
    codes.issue(owner)
    code = live(owner)
    for left in (4, 3, 2, 1):
        with pytest.raises(codes.WrongCode) as refusal:
            codes.check(owner, wrong(code))
        assert refusal.value.tries_left == left
    with pytest.raises(codes.CodeUsedUp):
        codes.check(owner, wrong(code))
    with pytest.raises(codes.CodeUsedUp):
        codes.check(owner, code)


def test_a_new_code_takes_the_place_of_one_that_is_used_up(owner: Owner) -> None:
    codes.issue(owner)
    first = live(owner)
    for _ in range(5):
        with pytest.raises(codes.CodeRefused):
            codes.check(owner, wrong(first))
    assert codes.current(owner) is None
    codes.issue(owner)
    codes.check(owner, live(owner))


def test_the_tenth_wrong_code_in_a_row_locks_over_all_codes(owner: Owner) -> None:
    refusals = []
    for _ in range(2):
        codes.issue(owner)
        for _ in range(5):
            with pytest.raises(codes.CodeRefused) as refusal:
                codes.check(owner, wrong(live(owner)))
            refusals.append(refusal.type)
    assert refusals[-1] is codes.TooManyWrongCodes
    assert codes.TooManyWrongCodes not in refusals[:-1]


def test_a_right_code_starts_the_count_of_wrong_ones_anew(owner: Owner) -> None:
    for _ in range(3):
        codes.issue(owner)
        for _ in range(4):
            with pytest.raises(codes.WrongCode):
                codes.check(owner, wrong(live(owner)))
        codes.check(owner, live(owner))


def test_fifty_guesses_at_the_same_moment_are_five(owner: Owner) -> None:
    codes.issue(owner)
    right = live(owner)

    def guess(_: int) -> type[Exception]:
        with pytest.raises(codes.CodeRefused) as refusal:
            codes.check(owner, wrong(right))
        return refusal.type

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(guess, range(50)))
    assert answers.count(codes.WrongCode) == 4
    assert answers.count(codes.CodeUsedUp) == 46
    assert extensions.redis.hget(extensions.key("failures", owner.account_id), "code") == b"5"


def test_of_two_right_codes_at_the_same_moment_one_counts(owner: Owner) -> None:
    codes.issue(owner)
    right = live(owner)

    def enter(_: int) -> bool:
        try:
            codes.check(owner, right)
        except codes.CodeExpired:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(enter, range(2))) == [False, True]


def test_redis_never_holds_the_digits(owner: Owner) -> None:
    codes.issue(owner)
    kept = extensions.redis.hgetall(owner.key)
    assert live(owner) not in str(kept)


def test_a_code_outlives_a_change_of_the_secret_key(owner: Owner, settings: Settings) -> None:
    codes.issue(owner)
    code = live(owner)
    fallback = extensions.settings.secret_key
    extensions.settings = replace(
        settings, secret_key="b" * 20 + "another key 0123456789", secret_key_fallbacks=(fallback,)
    )
    assert live(owner) == code
    extensions.settings = replace(settings, secret_key="b" * 20 + "another key 0123456789")
    assert codes.expiry(owner) is None
    with pytest.raises(codes.CodeExpired):
        codes.check(owner, code)


def test_asking_again_after_the_key_was_taken_away_brings_a_code_that_works(owner: Owner, settings: Settings) -> None:
    codes.issue(owner)
    extensions.settings = replace(settings, secret_key="b" * 20 + "another key 0123456789")
    codes.issue(owner)
    codes.check(owner, live(owner))
