"""Mobile numbers: read as their owner writes them, refused when no text message gets there."""

from dataclasses import replace

import pytest

from config import Settings
from neoserra import extensions
from neoserra.identity import phone_numbers
from neoserra.identity.phone_numbers import BadNumber, ForeignNumber, NotTextable


@pytest.fixture(autouse=True)
def region(connected: Settings) -> None:
    extensions.settings = replace(connected, sms_countries=frozenset({"US", "GB"}))


@pytest.mark.parametrize(
    "typed",
    [
        "202-555-0142", "(202) 555 0142", "+1 202.555.0142", "12025550142", " 2025550142 ", "1-202-555-0142",
        "202\u2013555\u20130142", "202\u2011555\u20110142", "(202)\u2009555-0142", "\u202a+1 202-555-0142\u202c",
        "202\u00a0555\u00a00142",
    ],
)  # fmt: skip
def test_every_usual_way_to_write_a_number_is_the_same_number(typed: str) -> None:
    assert phone_numbers.parse(typed) == "+12025550142"


@pytest.mark.parametrize(
    "typed", ["", "555-0142", "202-555-0142 x5", "202-555-CODE", "1" * 33, "+", "٢٠٢٥٥٥٠١٤٢", "+12025550142;ext=5"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadNumber):
        phone_numbers.parse(typed)


@pytest.mark.parametrize("typed", ["+1 473 405 1234", "+371 81 234 567", "+49 1512 3456789"])
def test_a_region_that_is_not_listed_is_refused(typed: str) -> None:
    with pytest.raises(ForeignNumber):
        phone_numbers.parse(typed)


@pytest.mark.parametrize("typed", ["+1 900 555 0142", "+1 800 555 0142", "+44 20 7946 0958", "+44 9012 345678"])
def test_landlines_and_premium_numbers_are_refused(typed: str) -> None:
    with pytest.raises(NotTextable):
        phone_numbers.parse(typed)


def test_a_number_is_shown_the_way_its_owner_writes_it() -> None:
    assert phone_numbers.displayed("+12025550142") == "(202) 555-0142"
    assert phone_numbers.displayed("+447400123456") == "+44 7400 123456"


def test_a_masked_number_shows_its_last_two_digits() -> None:
    assert phone_numbers.masked_mobile("+12025550142") == "***-**42"
