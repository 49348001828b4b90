"""Many accounts out of one CSV file: all of them or none."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import text

from neoserra import extensions
from neoserra.identity import account_search, accounts, events, passwords, reachability, records
from neoserra.identity.records import NameTaken, Record
from neoserra.models import Account, AccountWord, EventKind, Role

NEEDED = ("username", "email")
COLUMNS = (*NEEDED, "name", "mobile", "role", "password_hash")
AT_A_TIME = 500


class BadFile(ValueError):
    """Not a CSV file with the columns that are needed; the text says why."""


class BadRole(ValueError):
    """Neither `user` nor `administrator`."""


class BadHash(ValueError):
    """Not a password hash that can be checked at a sign-in."""


class TooManyCells(ValueError):
    """The row is longer than the header."""


class TwiceInFile(ValueError):
    """An earlier row has the same username, email address or mobile number; `line` says which."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file. `problems` has, for each field that cannot be kept, the reason; lines count from 1."""

    line: int
    values: Mapping[str, str]
    role: Role
    password_hash: str | None
    problems: dict[str, ValueError] = field(default_factory=dict)

    def record(self) -> Record:
        return Record(**self.values, role=self.role, active=True)


def read(lines: Iterable[str]) -> list[Row]:
    """Check every row by itself, against the rows before it and against the accounts there are.

    Raises:
        BadFile: the file as a whole cannot be read.
    """
    rows = [_row(line, cells) for line, cells in _cells(lines)]
    had = _had_by_others(rows)
    first_lines: dict[str, int] = {}
    for row in rows:
        for name, claim in records.unique(row.values).items():
            first = first_lines.setdefault(claim, row.line)
            if claim in had:
                row.problems[name] = NameTaken(name)
            elif first != row.line:
                row.problems[name] = TwiceInFile(first)
    return rows


def keep(rows: list[Row]) -> None:
    """Make an account of each row, in one transaction; none of them has a problem."""
    made = [accounts.new(row.record(), row.password_hash) for row in rows]
    with extensions.database.transaction() as db:
        db.add_all(made)
        db.flush()
        for start in range(0, len(made), AT_A_TIME):
            account_search.note(db, made[start : start + AT_A_TIME])
        for account in made:
            events.record_act(db, EventKind.ACCOUNT_CREATED, None, account.id)
        events.record(db, EventKind.ACCOUNTS_IMPORTED, count=len(made))
    _let_the_database_count()
    for start in range(0, len(made), AT_A_TIME):
        reachability.examine([], [account.mobile for account in made[start : start + AT_A_TIME]])


def _cells(lines: Iterable[str]) -> Iterator[tuple[int, dict[str | None, str]]]:
    """Each row by the names in the header, with its line; empty lines are passed over."""
    reader = csv.DictReader(lines, restval="", strict=True)
    try:
        header = [name.strip().casefold() for name in reader.fieldnames or ()]
        _check_header(header)
        reader.fieldnames = header
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise BadFile(f"Line {reader.reader.line_num} is not CSV: {error}.") from error


def _check_header(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) < len(header):
        raise BadFile(
            f"The first line must name the columns {', '.join(COLUMNS)}, each once; only the first two must be there."
        )


def _row(line: int, cells: Mapping[str | None, str]) -> Row:
    username, name, email, mobile = (cells.get(name, "") for name in ("username", "name", "email", "mobile"))
    values, problems = records.parsed(Record(username, name, email, mobile))
    role, password_hash = cells.get("role", "").strip().casefold(), cells.get("password_hash", "").strip()
    if role not in ("", *Role):
        problems["role"] = BadRole()
    if password_hash and not passwords.may_be_imported(password_hash):
        problems["password_hash"] = BadHash()
    if None in cells:
        problems["row"] = TooManyCells()
    return Row(line, values, Role(role) if role in set(Role) else Role.USER, password_hash or None, problems)


def _let_the_database_count() -> None:
    """Before it does so by itself, it plans for the few accounts of before and scans the many of now."""
    with extensions.database.connection() as connection:
        for table in (Account, AccountWord):
            connection.execute(text(f"ANALYZE {table.__tablename__}"))


def _had_by_others(rows: list[Row]) -> set[str]:
    claims = [claim for row in rows for claim in records.unique(row.values).values()]
    batches = (claims[start : start + AT_A_TIME] for start in range(0, len(claims), AT_A_TIME))
    return {claim for batch in batches for claim in records.had_by_others(batch)}
