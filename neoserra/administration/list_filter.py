"""What the filters of lists share: an address that can be given to a colleague, a person, and days."""

from __future__ import annotations

import re
from typing import Any

from flask import request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from neoserra.administration import days
from neoserra.identity import accounts, names, phone_numbers
from neoserra.models import Account
from neoserra.translation import gettext as _

MOST_DIGITS = 7  # more of a number stays in no address
NUMBER = re.compile(rf"(?<![\w.@-])[+(]*\d(?:\W{{0,3}}\d){{{MOST_DIGITS},}}")
EMAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")


class ListFilter(FlaskForm):
    """It changes nothing, so it needs no token. It has fields `person`, `since` and `until`; both days belong to it."""

    class Meta:
        csrf = False

    account: Account | None = None

    def given(self) -> dict[str, Any]:
        """What was filled in, for the addresses of other pages of the same list."""
        return {field.name: field.data for field in self if field.data}

    def discreet(self) -> str | None:
        """Where to ask for the same, when this address has a whole number or email address in it, which would stay in
        histories, bookmarks and logs; else None. To be asked before the form is checked."""
        places = {name: request.args[name] for name in ("after", "before") if name in request.args}
        typed = self.given() | places
        told = self.told(typed)
        return None if told == typed else url_for(str(request.endpoint), **told)

    def told(self, typed: dict[str, Any]) -> dict[str, Any]:
        """What was typed, with a username in place of an email address, and masked where it names nobody."""
        account = accounts.find(typed.get("person", ""))
        if account and names.key(typed["person"]) != account.username_key:
            return typed | {"person": account.username}
        return typed if account or "person" not in typed else typed | {"person": masked(typed["person"])}

    def validate_person(self, field: StringField) -> None:
        typed = (field.data or "").strip()
        self.account = accounts.find(typed) if typed else None
        if typed and self.account is None:
            raise ValidationError(_("Nobody has that username or email address"))

    def validate_since(self, field: StringField) -> None:
        days.check(field)

    def validate_until(self, field: StringField) -> None:
        days.check(field)
        days.check_order(self["since"], field)


def masked(typed: str) -> str:
    """With no more of numbers and email addresses than their owners recognise."""
    without = EMAIL.sub(lambda found: names.masked_email(found[0]), typed)
    return NUMBER.sub(lambda found: phone_numbers.masked_mobile(found[0]), without)


def row_named(name: str, most_digits: int = 18) -> int | None:
    """The id of the row that the address names, beside which a page begins; None where it names none."""
    typed = request.args.get(name, "")
    return int(typed) if re.fullmatch(f"[0-9]{{1,{most_digits}}}", typed) else None
