"""Usernames and email addresses: one key for all the ways to write them."""

from typing import Any

import pytest
from sqlalchemy import select

from config import Settings
from neoserra import extensions
from neoserra.identity import account_search, accounts, names, records
from neoserra.models import Account, AccountWord


@pytest.mark.parametrize("typed", ["ann", "ANN", " Ann ", "ａｎｎ"])
def test_a_key_minds_neither_case_nor_width_nor_space(typed: str) -> None:
    assert names.key(typed) == "ann"


@pytest.mark.parametrize("typed", ["аnn", "ann lee", "", "x" * 151, "a\nn", "ann\x00", "añn", "ann/"])
def test_a_username_with_a_look_alike_or_odd_character_is_refused(typed: str) -> None:
    with pytest.raises(names.BadUsername):
        names.username(typed)


@pytest.mark.parametrize("typed", ["a@b@example.org", "a@example.org,b@example.org", "Ann <a@example.org>", "a@", "a"])
def test_what_is_not_one_plain_address_is_refused(typed: str) -> None:
    with pytest.raises(names.BadEmail):
        names.email(typed)


def test_a_domain_in_other_letters_is_kept_the_way_mail_carries_it() -> None:
    assert names.email("ann@bücher.example") == "ann@xn--bcher-kva.example"


def test_an_address_is_masked_to_its_first_letter_and_domain() -> None:
    assert names.masked_email("ann.lee@example.org") == "a***@example.org"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("username", {"username": "ANN", "email": "other@example.org"}),
        ("username", {"username": "Ann@Example.org", "email": "other@example.org"}),
        ("email", {"username": "other", "email": "ANN@example.org"}),
        ("mobile", {"username": "other", "email": "other@example.org", "mobile": "+1 (202) 555-0142"}),
    ],
)
def test_what_somebody_else_has_is_taken(account: Account, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(records.NameTaken) as refusal:
        accounts.create(**values)
    assert refusal.value.field == field


def test_an_account_needs_no_mobile_and_two_may_do_without(connected: Settings) -> None:
    for name in ("ben", "cleo"):
        assert accounts.create(username=name, email=f"{name}@example.org").mobile is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("نازنین\u200cزهرا", "نازنین\u200cزهرا"), ("Anne\u00a0Marie", "Anne Marie"), (" Zoë ", "Zoë")],
)
def test_a_persons_name_may_be_written_in_any_script(typed: str, kept: str) -> None:
    assert names.person(typed) == kept


@pytest.mark.parametrize(
    "typed", ["x" * 151, "a\nb", "a\u2028b", "a\x00b", "a\u202eb", "\u200d", "\u200c \u200d", "Ann\u200d", "\u200dAnn"]
)
def test_a_name_with_what_cannot_be_seen_is_refused(typed: str) -> None:
    with pytest.raises(names.BadName):
        names.person(typed)


@pytest.mark.parametrize("name", ["\ufdfa" * 20, "ß" * 150])
def test_a_name_that_grows_when_it_is_folded_is_kept_and_found(connected: Settings, name: str) -> None:
    kept = accounts.create(username="cleo", email="cleo@example.org", name=name)
    search = account_search.conditions(name)
    with extensions.database.connection() as connection:
        found = connection.execute(select(AccountWord.account_id).where(*search)).scalars().all()
    assert set(found) == {kept.id}
