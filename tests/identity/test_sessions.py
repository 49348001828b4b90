"""Sessions in Redis: hashed names, idle ends, revocation that nothing revives."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine

from config import Settings
from neoserra import clock, extensions
from neoserra.identity import accounts, credentials, current_users, sessions
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account


def keys() -> list[str]:
    return [key.decode() for key in extensions.redis.keys("*")]  # type: ignore[union-attr]


def test_redis_never_holds_the_id(connected: Settings) -> None:
    session_id = sessions.new_id()
    sessions.keep(session_id, {"a": 1}, new=True)
    assert sessions.load(session_id) == {"a": 1}
    assert session_id not in " ".join(keys())


def test_reading_prolongs_a_session_by_its_own_idle_time(connected: Settings) -> None:
    session_id = sessions.new_id()
    sessions.keep(session_id, {"a": 1}, new=True, idle_seconds=1800)
    name = keys()[0]
    extensions.redis.expire(name, 5)
    sessions.load(session_id, prolong=False)
    assert extensions.redis.ttl(name) <= 5
    sessions.load(session_id)
    assert extensions.redis.ttl(name) > 1700


def test_a_late_write_revives_no_ended_session(connected: Settings) -> None:
    session_id = sessions.new_id()
    sessions.keep(session_id, {"a": 1}, new=True)
    sessions.end(session_id)
    sessions.keep(session_id, {"a": 2}, new=False)
    assert sessions.load(session_id) is None


def test_the_eleventh_session_ends_the_oldest(connected: Settings) -> None:
    ids = [sessions.new_id(signed_in=True) for _ in range(11)]
    with time_machine.travel(clock.now(), tick=False) as time:
        for session_id in ids:
            time.shift(timedelta(seconds=1))
            sessions.keep(session_id, {"a": 1}, new=True)
            sessions.enlist(7, session_id)
    assert [sessions.load(session_id) is not None for session_id in ids] == [False] + [True] * 10


def test_all_sessions_of_one_account_end_and_nobody_elses(connected: Settings) -> None:
    mine, yours = sessions.new_id(signed_in=True), sessions.new_id(signed_in=True)
    for account_id, session_id in ((1, mine), (2, yours)):
        sessions.keep(session_id, {"a": 1}, new=True)
        sessions.enlist(account_id, session_id)
    sessions.end_all(1)
    sessions.end_all(1)
    assert sessions.load(mine) is None
    assert sessions.load(yours) is not None


def test_form_tokens_differ_between_sessions_and_stay_within_one(connected: Settings) -> None:
    one, other = sessions.new_id(), sessions.new_id()
    assert sessions.csrf_token(one) == sessions.csrf_token(one) != sessions.csrf_token(other)


def test_open_sessions_are_listed_without_what_could_use_them(connected: Settings) -> None:
    with time_machine.travel(clock.now(), tick=False):
        session_id = _signed_in(7, event=41)
        visitor = sessions.new_id()
        sessions.keep(visitor, {"a": 1}, new=True)
        extensions.redis.expire(extensions.key("session", sessions.name(session_id)), 1700)
        assert sessions.accounts_with_sessions() == [7]
        [found] = sessions.open_sessions([7, 8])
        assert found.account_id == 7
        assert found.event_id == 41
        assert found.began_at == clock.now().replace(microsecond=0)
        assert timedelta(seconds=100) <= clock.now() - found.last_seen_at < timedelta(seconds=160)
        assert session_id not in repr(found)
        assert sessions.open_sessions([]) == []


def test_a_session_that_ran_out_is_not_listed(connected: Settings) -> None:
    ended, too_old = _signed_in(7), _signed_in(7, began=-sessions.LONGEST_SECONDS - 1)
    sessions.end(ended)
    assert sessions.load(too_old) is not None
    assert sessions.open_sessions([7]) == []


def test_one_session_is_ended_by_its_name_and_only_for_its_account(connected: Settings) -> None:
    one, other = _signed_in(7), _signed_in(7)
    assert not sessions.end_named(8, sessions.name(one))
    assert sessions.load(one) is not None
    assert sessions.end_named(7, sessions.name(one))
    assert not sessions.end_named(7, sessions.name(one))
    assert sessions.load(one) is None
    assert sessions.load(other) is not None


def test_accounts_whose_last_session_began_long_ago_leave_the_index(connected: Settings) -> None:
    _signed_in(7)
    with time_machine.travel(clock.now() + timedelta(seconds=sessions.LONGEST_SECONDS + 1)):
        _signed_in(8)
        assert sessions.accounts_with_sessions() == [8]


def _signed_in(account_id: int, event: int = 1, began: int = 0) -> str:
    session_id = sessions.new_id(signed_in=True)
    data = {"at": int(clock.timestamp()) + began, "proof": "code", "event": event}
    sessions.keep(session_id, data, new=True, idle_seconds=1800)
    sessions.enlist(account_id, session_id)
    return session_id


def test_of_epochs_that_are_raised_at_the_same_moment_none_is_lost(account: Account, visitor: Visitor) -> None:
    def raise_it(number: int) -> None:
        if number % 2:
            current_users.log_off(account.id, Actor(account.id, visitor))
        else:
            credentials.remove_mobile(account.id, visitor)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(raise_it, range(24)))
    found = accounts.by_id(account.id)
    assert found is not None
    assert found.session_epoch == 24
