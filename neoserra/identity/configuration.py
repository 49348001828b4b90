"""What administrators decided for their database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from neoserra import extensions
from neoserra.identity import events
from neoserra.identity.visitor import Actor
from neoserra.models import Account, Configuration, EventKind

ROW = 1
SETTINGS = tuple(column.name for column in Configuration.__table__.c if column.name not in ("id", "version"))


@dataclass(frozen=True, slots=True)
class Contact:
    """The administrator whom people ask; any part may be empty."""

    name: str
    email: str
    phone: str


NOBODY = Contact("", "", "")

# For queries that read it along with something else.
table = Configuration.__table__
contact_columns = [table.c[f"contact_{part}"] for part in Contact.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that a save changed."""

    setting: str
    old: Any
    new: Any


class SavedMeanwhile(Exception):
    """Somebody else saved since the page was opened; `saved` is what holds now. Nothing was changed."""

    def __init__(self, saved: Configuration) -> None:
        super().__init__()
        self.saved = saved


_all = Configuration.__table__.select()


def current() -> Configuration:
    """The one row; the migration that makes the table fills it with the defaults."""
    with extensions.database.connection() as connection:
        row = connection.execute(_all).one()
    return Configuration(**row._mapping)


def contact(saved: Configuration | None = None) -> Contact:
    """Whom people ask, of a row that was read already or of the current one."""
    saved = saved or current()
    return Contact(saved.contact_name, saved.contact_email, saved.contact_phone)


def save(values: Mapping[str, Any], version: int, by: Actor) -> list[Change]:
    """Keep a value for each of `SETTINGS`, with an event for each that it changes. `version` is what was looked at.

    Raises:
        SavedMeanwhile: other values than these were saved since that version.
    """
    with extensions.database.transaction() as db:
        row = db.get_one(Configuration, ROW, with_for_update=True)
        old = {setting: getattr(row, setting) for setting in SETTINGS}
        changes = [Change(each, old[each], values[each]) for each in SETTINGS if old[each] != values[each]]
        if changes and row.version != version:
            db.expunge(row)  # so that it stays readable after the rollback
            raise SavedMeanwhile(row)
        for change in changes:
            setattr(row, change.setting, change.new)
            events.record_act(db, EventKind.CONFIGURATION_CHANGED, by, None, **asdict(change))
        row.version += bool(changes)
    return changes


def save_contact(name: str, email: str, phone: str) -> None:
    with extensions.database.transaction() as db:
        row = db.get_one(Configuration, ROW)
        row.contact_name, row.contact_email, row.contact_phone = name, email, phone


def passwords_below(minimum: int) -> int:
    """How many people have a password that was chosen under a lower minimum; how long it is nobody knows."""
    account = Account.__table__.c
    below = select(func.count()).where(
        account.active, account.password_hash.is_not(None), account.password_minimum < minimum
    )
    with extensions.database.connection() as connection:
        return connection.execute(below).scalar_one()
