"""The fields of a user account record: what can be kept of what was typed, and what somebody else has already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select, union_all

from neoserra import extensions
from neoserra.identity import names, phone_numbers
from neoserra.models import Account, Role


class NameTaken(ValueError):
    """Another account has this username, email address or mobile number; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class RecordRefused(ValueError):
    """`problems` has the reason for each field that cannot be kept: what `names` or `phone_numbers` raised, or a
    `NameTaken`."""

    def __init__(self, problems: Mapping[str, ValueError]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Record:
    """As typed, or as kept. No mobile number is an empty text."""

    username: str
    name: str
    email: str
    mobile: str = ""
    role: Role = Role.USER
    active: bool = True

    @classmethod
    def of(cls, account: Account) -> Record:
        mobile = account.mobile or ""
        return cls(account.username, account.name, account.email, mobile, account.role, account.active)


def checked(typed: Record, account: Account | None = None) -> Record:
    """The record as it can be kept for `account`, or for a new one.

    What the account has already stays as it is, even where today's rules would refuse it.

    Raises:
        RecordRefused: names every field that cannot be kept.
    """
    values, problems = parsed(typed, Record.of(account) if account else None)
    claims = unique(values)
    taken = had_by_others(claims.values(), account.id if account else 0)
    problems |= {field: NameTaken(field) for field, claim in claims.items() if claim in taken}
    if problems:
        raise RecordRefused(problems)
    return Record(**values, role=typed.role, active=typed.active)


def parsed(typed: Record, current: Record | None = None) -> tuple[dict[str, str], dict[str, ValueError]]:
    """The fields that can be kept as far as their own form goes, and the reasons against the others."""
    values, problems = {}, {}
    for field, parse in _PARSERS.items():
        value = getattr(typed, field)
        try:
            values[field] = _unchanged(field, value, current) or parse(value)
        except ValueError as problem:
            problems[field] = problem
    if not values.get("name", "?") and "username" in values:
        values["name"] = values["username"]
    return values, problems


def _mobile(typed: str) -> str:
    return phone_numbers.parse(typed) if typed.strip() else ""


_PARSERS: dict[str, Callable[[str], str]] = {
    "username": names.username,
    "name": names.person,
    "email": names.email,
    "mobile": _mobile,
}


def _unchanged(field: str, typed: str, current: Record | None) -> str:
    """What is on file, when it was typed again as it is shown; otherwise nothing."""
    on_file: str = getattr(current, field) if current else ""
    shown = phone_numbers.displayed(on_file) if on_file and field == "mobile" else on_file
    return on_file if typed.strip() == shown else ""


def unique(values: Mapping[str, str]) -> dict[str, str]:
    """What no two accounts may have alike, by its field: the keys of username and email address, and the number.

    A username must not be somebody's email address either, since both are typed into one field.
    """
    logins = {field: names.key(values[field]) for field in ("username", "email") if field in values}
    return logins | ({"mobile": values["mobile"]} if values.get("mobile") else {})


def had_by_others(wanted: Collection[str], own_id: int = 0) -> set[str]:
    """Which of these keys and numbers other accounts have."""
    account = Account.__table__.c
    columns = (account.username_key, account.email_key, account.mobile)
    each_by_its_index = (select(column).where(column.in_(wanted), account.id != own_id) for column in columns)
    with extensions.database.connection() as connection:
        return set(connection.scalars(union_all(*each_by_its_index)))
