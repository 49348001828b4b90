"""The password step and the code step, and how both are bounded."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import bcrypt
import pytest
import time_machine
from sqlalchemy import select, update

from neoserra import clock, extensions
from neoserra.identity import accounts, codes, credentials, limits, lockout, sign_in
from neoserra.identity.codes import Owner, Purpose
from neoserra.identity.sign_in import SignInRefused
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Event, EventKind
from tests.conftest import PASSWORD


def fail(visitor: Visitor, times: int = 1) -> SignInRefused:
    for _ in range(times - 1):
        fail(visitor)
    with pytest.raises(SignInRefused) as refusal:
        sign_in.with_password("ann", "wrong", visitor)
    return refusal.value


def trust(account: Account, visitor: Visitor) -> None:
    owner = Owner(account.id, visitor.browser, Purpose.SIGN_IN)
    codes.issue(owner)
    sign_in.with_code(owner, codes.current(owner) or "", visitor)


def elsewhere(visitor: Visitor, number: int = 1) -> Visitor:
    return replace(visitor, browser=f"{number:043}", address=f"198.51.100.{number}")


def locked(account: Account) -> bool:
    found = accounts.by_id(account.id)
    return found is not None and found.locked_at is not None


def change(account: Account, **values: object) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def test_username_or_email_address_in_any_case_is_taken(account: Account, visitor: Visitor) -> None:
    for login in ("ann", " ANN ", "Ann@Example.ORG", "ａｎｎ"):
        assert sign_in.with_password(login, PASSWORD, visitor).account.id == account.id


@pytest.mark.parametrize("login", ["nobody", "аnn", "", "x" * 5000, "a\x00b", "ann' OR 1=1 --", "%", "ann\nben"])
def test_other_names_are_refused(account: Account, visitor: Visitor, login: str) -> None:
    with pytest.raises(SignInRefused):
        sign_in.with_password(login, PASSWORD, visitor)


def test_an_inactive_account_is_refused_with_the_right_password(account: Account, visitor: Visitor) -> None:
    change(account, active=False)
    with pytest.raises(SignInRefused):
        sign_in.with_password("ann", PASSWORD, visitor)


def test_an_account_without_a_password_is_refused(account: Account, visitor: Visitor) -> None:
    change(account, password_hash=None)
    with pytest.raises(SignInRefused):
        sign_in.with_password("ann", "", visitor)


def test_a_browser_is_not_trusted_before_a_code_was_entered_there(account: Account, visitor: Visitor) -> None:
    assert not sign_in.with_password("ann", PASSWORD, visitor).browser_is_trusted
    trust(account, visitor)
    assert sign_in.with_password("ann", PASSWORD, visitor).browser_is_trusted
    assert not sign_in.with_password("ann", PASSWORD, elsewhere(visitor)).browser_is_trusted


def test_trust_ends_90_days_after_the_code_however_much_it_is_used(account: Account, visitor: Visitor) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        trust(account, visitor)
        for days in (1, 44, 44):
            time.shift(timedelta(days=days))
            assert sign_in.with_password("ann", PASSWORD, visitor).browser_is_trusted
        time.shift(timedelta(days=1, seconds=1))
        assert not sign_in.with_password("ann", PASSWORD, visitor).browser_is_trusted


def test_the_fifth_wrong_password_in_a_row_locks(account: Account, visitor: Visitor) -> None:
    assert fail(visitor, 4).locked is None
    assert not locked(account)
    refusal = fail(visitor)
    assert refusal.locked is not None
    assert refusal.locked.id == account.id
    assert locked(account)
    with pytest.raises(SignInRefused) as right_password:
        sign_in.with_password("ann", PASSWORD, visitor)
    assert right_password.value.locked is None


def test_a_right_password_starts_the_count_anew(account: Account, visitor: Visitor) -> None:
    for _ in range(3):
        fail(visitor, 4)
        sign_in.with_password("ann", PASSWORD, visitor)
    assert not locked(account)


def test_a_lock_does_not_touch_a_browser_that_is_trusted(account: Account, visitor: Visitor) -> None:
    trust(account, visitor)
    fail(elsewhere(visitor), 5)
    assert locked(account)
    assert sign_in.with_password("ann", PASSWORD, visitor).browser_is_trusted


def test_wrong_passwords_elsewhere_do_not_count_in_a_trusted_browser(account: Account, visitor: Visitor) -> None:
    trust(account, visitor)
    fail(elsewhere(visitor), 4)
    fail(visitor, 4)
    assert not locked(account)


def test_five_wrong_passwords_in_a_trusted_browser_lock_and_end_its_trust(account: Account, visitor: Visitor) -> None:
    trust(account, visitor)
    trust(account, elsewhere(visitor))
    fail(visitor, 5)
    assert locked(account)
    with pytest.raises(SignInRefused):
        sign_in.with_password("ann", PASSWORD, visitor)
    assert sign_in.with_password("ann", PASSWORD, elsewhere(visitor)).browser_is_trusted


def test_guesses_at_the_same_moment_are_not_worth_more(account: Account, visitor: Visitor) -> None:
    """With the right password among 20 guesses at once, at most five were looked at."""
    looked_at = []

    def guess(number: int) -> None:
        try:
            sign_in.with_password("ann", f"guess {number}", elsewhere(visitor, number + 1))
        except SignInRefused as refusal:
            looked_at.append(refusal.locked is not None)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(guess, range(20)))
    assert sum(looked_at) == 1
    assert extensions.redis.hget(extensions.key("failures", account.id), "password") is not None
    assert locked(account)


def test_ten_wrong_codes_lock_and_forget_all_trust(account: Account, visitor: Visitor) -> None:
    trust(account, elsewhere(visitor))
    owner = Owner(account.id, visitor.browser, Purpose.SIGN_IN)
    for _ in range(2):
        codes.issue(owner)
        for _ in range(5):
            with pytest.raises(codes.CodeRefused):
                sign_in.with_code(owner, "12345", visitor)
    assert locked(account)
    with pytest.raises(SignInRefused):
        sign_in.with_password("ann", PASSWORD, elsewhere(visitor))


def test_a_lock_that_was_lost_after_the_fifth_count_comes_with_the_next_try(account: Account, visitor: Visitor) -> None:
    fail(visitor, 4)
    lockout.count_password(account.id, None)  # and then the database was away
    assert fail(visitor).locked
    assert locked(account)


def test_a_lock_burns_the_live_codes(account: Account, visitor: Visitor) -> None:
    owner = Owner(account.id, visitor.browser, Purpose.SIGN_IN)
    codes.issue(owner)
    fail(visitor, 5)
    assert codes.current(owner) is None


def test_failures_from_one_address_are_bounded_over_all_names(account: Account, visitor: Visitor) -> None:
    for number in range(30):
        with pytest.raises(SignInRefused):
            sign_in.with_password(f"somebody{number}", "wrong", visitor)
    with pytest.raises(limits.TooManyFailures) as refusal:
        sign_in.with_password("ann", PASSWORD, visitor)
    assert 0 < refusal.value.retry_in <= 600
    sign_in.with_password("ann", PASSWORD, elsewhere(visitor))


def test_signing_in_does_not_count_as_a_failure(account: Account, visitor: Visitor) -> None:
    for _ in range(40):
        sign_in.with_password("ann", PASSWORD, visitor)


def test_a_password_chosen_while_the_old_one_is_checked_stays(account: Account, visitor: Visitor) -> None:
    change(account, password_hash=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(13)).decode())
    with ThreadPoolExecutor() as pool:
        signing_in = pool.submit(sign_in.with_password, "ann", PASSWORD, visitor)
        time.sleep(0.15)  # the check takes a second
        credentials.change_password(account.id, "Meadow-kettle-58", visitor, EventKind.PASSWORD_RESET)
        signing_in.exception()
    assert sign_in.with_password("ann", "Meadow-kettle-58", visitor).account.id == account.id


def test_a_hash_with_other_parameters_is_made_anew(account: Account, visitor: Visitor) -> None:
    from argon2 import PasswordHasher

    change(account, password_hash=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    sign_in.with_password("ann", PASSWORD, visitor)
    found = accounts.by_id(account.id)
    assert found is not None
    assert (found.password_hash or "").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    sign_in.with_password("ann", PASSWORD, visitor)


def test_every_step_is_in_the_audit_log(account: Account, visitor: Visitor) -> None:
    fail(visitor)
    sign_in.with_password("ann", PASSWORD, visitor)
    owner = Owner(account.id, visitor.browser, Purpose.SIGN_IN)
    with pytest.raises(codes.CodeExpired):
        sign_in.with_code(owner, "123456", visitor)
    trust(account, visitor)
    sign_in.complete(account.id, sign_in.Proof.CODE, visitor)
    with extensions.database.connection() as connection:
        kinds = connection.execute(select(Event.kind, Event.address).order_by(Event.id)).all()
    assert [kind for kind, _ in kinds] == [
        EventKind.ACCOUNT_CREATED,
        EventKind.SIGN_IN_REFUSED,
        EventKind.PASSWORD_ACCEPTED,
        EventKind.CODE_REFUSED,
        EventKind.SIGNED_IN,
    ]
    assert {address for _, address in kinds[1:]} == {visitor.address}
