"""Password hashes and the policy for new passwords."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from config import Settings
from neoserra import extensions
from neoserra.identity import password_policy, passwords
from neoserra.identity.password_policy import Rule, WeakPassword
from neoserra.models import Configuration
from tests.conftest import PASSWORD


def broken(password: str, *own: str) -> list[Rule]:
    try:
        password_policy.checked(password, own)
    except WeakPassword as refusal:
        return refusal.broken
    return []


def test_a_hash_is_argon2id_with_the_parameters_of_owasp(password_hash: str) -> None:
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(PASSWORD, password_hash)
    assert not passwords.needs_rehash(password_hash)


def test_a_password_is_compared_whole_and_exactly() -> None:
    kept = passwords.hashed("x" * 255 + "a")
    assert passwords.matches("x" * 255 + "a", kept)
    for other in ("x" * 255 + "b", "x" * 255, "X" + "x" * 254 + "a", "x" * 255 + "a "):
        assert not passwords.matches(other, kept)


def test_two_ways_to_type_a_letter_are_one_password() -> None:
    assert passwords.matches("cafe\u0301", passwords.hashed("caf\u00e9"))


def test_nothing_matches_a_missing_or_broken_hash() -> None:
    assert not passwords.matches("", None)
    assert not passwords.matches("anything", "not a hash")


def test_a_good_password_is_taken(connected: Settings) -> None:
    for password in (
        PASSWORD,
        "пять лисиц 7 озёр",
        "correct horse battery 9 staple",
        "a" * 3 + "Kk9! zebra violin quasar",
    ):
        assert broken(password, "ann", "ann@example.org") == [], password


def test_every_broken_rule_is_named_at_once(connected: Settings) -> None:
    assert broken("ab") == [Rule.LENGTH, Rule.DIGITS, Rule.SPECIALS, Rule.GUESSABLE]
    assert Rule.LETTERS in broken("1234567890-987")
    assert broken("violin quasar 9 zebra" * 13) == [Rule.LONGEST]


def test_what_is_far_too_long_is_refused_without_looking_at_all_of_it(connected: Settings) -> None:
    """A form takes 64 KiB; the stem of as much would keep the whole process busy for minutes."""
    assert Rule.LONGEST in broken("a" + "1" * 60_000 + "-a")


@pytest.mark.parametrize(
    "password", ["P@ssw0rd2026!", "!!Qwerty123456", "Summer2026!!!", "L3tm31n-2026!", "##Welcome##11"]
)
def test_a_well_known_word_under_decoration_is_refused(connected: Settings, password: str) -> None:
    assert Rule.COMMON in broken(password)


@pytest.mark.parametrize("password", ["Neoserra-lantern-7", "bertrand-lantern-7", "lantern-7-EXAMPLE"])
def test_own_words_are_refused(connected: Settings, password: str) -> None:
    assert Rule.OWN_WORDS in broken(password, "Bertrand Moss", "b@example.org")


def test_the_minimum_is_the_administrators_and_never_under_ten(connected: Settings) -> None:
    def choose(minimum: int) -> None:
        with extensions.database.transaction() as db:
            db.execute(update(Configuration).values(minimum_password_length=minimum))

    choose(20)
    assert Rule.LENGTH in broken(PASSWORD)
    with pytest.raises(IntegrityError):
        choose(9)
    choose(10)
    assert password_policy.minimum_length() == 10
    assert Rule.LENGTH in broken("zq7-Vx!pL")
