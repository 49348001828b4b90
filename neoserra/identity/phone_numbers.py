"""Mobile numbers: read for the region, refused when no text message can reach them, kept as E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from neoserra import extensions

TYPED = re.compile(r"[+0-9 ().\-/]{1,32}")
# What a pasted number has for hyphens and spaces, and the marks of direction that a list of contacts puts around it.
_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f", " ")
    | dict.fromkeys("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff", None)
)
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class BadNumber(ValueError):
    """Not a telephone number: wrong length, letters, an extension."""


class NotTextable(BadNumber):
    """A number of a kind that gets no text messages, like a landline or a premium line."""


class ForeignNumber(BadNumber):
    """A number of a region outside `SMS_COUNTRIES` (+1 473 is Grenada, not the United States)."""


def parse(typed: str) -> str:
    """The E.164 form of a number as its owner types it.

    Raises:
        BadNumber: or the subclass that says more exactly what is wrong.
    """
    number = _read(typed)
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise BadNumber
    if phonenumbers.region_code_for_number(number) not in extensions.settings.sms_countries:
        raise ForeignNumber
    if phonenumbers.number_type(number) not in TEXTABLE:
        raise NotTextable
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def can_be_texted(e164: str) -> bool:
    """Whether a number that was taken once would be taken today."""
    try:
        return parse(e164) == e164
    except BadNumber:
        return False


def plain(typed: str) -> str:
    """A number as it was typed or pasted, in characters of a keyboard alone."""
    return typed.translate(_PLAIN).strip()


def _read(typed: str) -> phonenumbers.PhoneNumber:
    number = plain(typed)
    if not TYPED.fullmatch(number):
        raise BadNumber
    try:
        return phonenumbers.parse(number, extensions.settings.phone_region)
    except phonenumbers.NumberParseException as error:
        raise BadNumber from error


def displayed(e164: str) -> str:
    """The number the way its owner writes it: national form at home, international elsewhere."""
    number = phonenumbers.parse(e164)
    home = phonenumbers.region_code_for_number(number) == extensions.settings.phone_region
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a number that was typed is taken for. `kind`, of `PhoneNumberType`, is what its prefix tells: no network was
    asked."""

    e164: str
    country: str
    kind: int
    problem: BadNumber | None


def read(typed: str) -> Reading:
    """How a number is read, whether it may be texted or not.

    Raises:
        BadNumber: it is no number at all.
    """
    number = _read(typed)
    return Reading(
        e164=phonenumbers.format_number(number, PhoneNumberFormat.E164),
        country=phonenumbers.region_code_for_number(number) or "",
        kind=phonenumbers.number_type(number),
        problem=_problem(typed),
    )


def _problem(typed: str) -> BadNumber | None:
    try:
        parse(typed)
    except BadNumber as error:
        return error
    return None


def country(e164: str) -> str:
    """The region of a number, like `US`; empty where no number or no region."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or "" if e164 else ""


def example() -> str:
    """A mobile number of the home region as people write it, which nobody has."""
    number = phonenumbers.example_number_for_type(extensions.settings.phone_region, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if number else ""


def masked_mobile(e164: str) -> str:
    """`+12025550142` as `***-**42`: enough to know one's own, too little to dial."""
    return f"***-**{e164[-2:]}"
