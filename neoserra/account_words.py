"""Accounts in words: their fields, states and roles, and what is wrong with a value that was typed."""

from __future__ import annotations

from typing import Any

from neoserra import words
from neoserra.identity import names, phone_numbers
from neoserra.identity.account_list import Filter
from neoserra.identity.records import NameTaken
from neoserra.models import ReachProblem, Role
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l

FIELDS = {
    "username": _l("Username"),
    "name": _l("Name"),
    "email": _l("Email address"),
    "mobile": _l("Mobile number"),
    "role": _l("Role"),
    "active": _l("Status"),
}


def role(of: Role) -> str:
    return {Role.ADMINISTRATOR: _("Administrator"), Role.USER: _("User")}.get(of, of)


def status(active: bool) -> str:
    return _("Active") if active else _("Inactive")


def state(of: str) -> str:
    """A state of an account, or of the filter of the list."""
    return states()[Filter(of)]


def value(field: str, of: Any) -> str:
    """A value of a record as a page shows it."""
    if field == "active":
        return status(of)
    if field == "role":
        return role(of)
    if field == "mobile":
        return phone_numbers.displayed(of) if of else _("none")
    return str(of)


def shown(field: str, value: str) -> str:
    """A value as a field of a form has it, in words."""
    if field == "active":
        return status(value == "yes")
    if field == "role":
        return role(Role(value))
    return value or _("none")


def states() -> dict[Filter, str]:
    return {
        Filter.ACTIVE: _("Active"),
        Filter.INACTIVE: _("Inactive"),
        Filter.LOCKED: _("Locked"),
        Filter.ABANDONED: _("Abandoned"),
        Filter.NEVER_USED: _("Never used"),
        Filter.UNREACHABLE: _("Unreachable"),
    }


def reach_problem(of: ReachProblem) -> str:
    """Why codes may not reach somebody."""
    return {
        ReachProblem.BAD_NUMBER: _("By today's rules the mobile number gets no text messages"),
        ReachProblem.FAILED: _("The last message could not be sent"),
        ReachProblem.ASKED_BY_TWO: _("Somebody else has or wants the same mobile number"),
        ReachProblem.UNCONFIRMED_EMAIL: _("No mobile number, and the email address is not confirmed"),
        ReachProblem.UNCONFIRMED_MOBILE: _("The mobile number is not confirmed"),
    }.get(of, of)


def problem(of: ValueError, typed: str) -> str:
    """What is wrong with a field of a record."""
    if isinstance(of, NameTaken):
        return _taken(of.field)
    if isinstance(of, phone_numbers.BadNumber):
        return words.bad_number(of)
    if isinstance(of, names.BadName):
        return _("A name has at most 150 characters, and no line breaks")
    if isinstance(of, names.BadUsername) and typed.strip():
        return _("A username has letters from A to Z, digits and . _ - @ only, at most 150 of them")
    if isinstance(of, names.BadUsername):
        return _("Enter a username")
    return _("Enter one email address, like name@example.org")


def _taken(field: str) -> str:
    return {
        "username": _("Another account has this as its username or email address"),
        "email": _("Another account has this as its email address or username"),
        "mobile": _("Another account has this mobile number"),
    }[field]
