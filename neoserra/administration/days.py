"""The first and the last day that a list is asked for, as browsers send them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from wtforms import StringField, ValidationError

from neoserra import translation
from neoserra.translation import gettext as _


def begin(field: StringField) -> datetime | None:
    """The beginning of the day in the field, in the reader's zone; None when it is empty."""
    day = _day(field.data)
    return translation.midnight(day) if day else None


def end(field: StringField) -> datetime | None:
    """The end of the day in the field, which belongs to it."""
    day = _day(field.data)
    return translation.midnight(day + timedelta(days=1)) if day else None


def check(field: StringField) -> None:
    if field.data and _day(field.data) is None:
        raise ValidationError(_("Enter a day like %(day)s", day="2026-03-31"))


def check_order(since: StringField, until: StringField) -> None:
    first, last = _day(since.data), _day(until.data)
    if first and last and last < first:
        raise ValidationError(_("The last day must not be before the first one"))


def _day(typed: str | None) -> date | None:
    """None for anything else, and for days that nothing can have happened on."""
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 3000 else None
