"""The forms of the Accounts pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError

from neoserra import account_words
from neoserra.account_words import FIELDS
from neoserra.administration import other_values
from neoserra.identity import phone_numbers
from neoserra.identity.account_list import Filter, Order, Search
from neoserra.identity.account_records import SavedMeanwhile
from neoserra.identity.records import Record, RecordRefused
from neoserra.models import Account, Role
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l

DESCENDING = "-"
YES, NO = ("yes", "y", "on", "true", "1"), ("no", "n", "off", "false", "0")  # the first is what the page sends
STATUSES = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
TEXTS = ("username", "name", "email", "mobile")


class SearchForm(FlaskForm):
    """What the list is asked for, in its address. It changes nothing, so it needs no token.

    What an address asks for that does not exist is left out, as if it had not been asked for.
    """

    class Meta:
        csrf = False

    q = StringField(_l("Name, username, email address or last digits of a mobile number"))
    state = StringField(_l("State"), filters=[lambda typed: (typed or "").replace("_", " ")])
    sort = HiddenField()

    def search(self) -> Search:
        wanted = self.state.data or ""
        order = (self.sort.data or "").removeprefix(DESCENDING)
        return Search(
            typed=self.q.data or "",
            state=Filter(wanted) if wanted in set(Filter) else None,
            order=Order(order) if order in set(Order) else Order.NAME,
            descending=(self.sort.data or "").startswith(DESCENDING),
        )


def address_of(search: Search) -> dict[str, Any]:
    """What leads to the same list again, in an address."""
    asked = {"q": search.typed, "state": search.state or ""}
    if (search.order, search.descending) != (Order.NAME, False):
        asked["sort"] = (DESCENDING if search.descending else "") + search.order
    return {name: value for name, value in asked.items() if value}


class NewAccountForm(FlaskForm):
    """There is no field for a password: the person chooses it, by a link."""

    username = StringField(FIELDS["username"])
    name = StringField(FIELDS["name"])
    email = StringField(FIELDS["email"])
    mobile = StringField(FIELDS["mobile"])
    role = StringField(FIELDS["role"], default=Role.USER)

    def validate_role(self, field: StringField) -> None:
        if field.data not in set(Role):
            raise ValidationError(_("Choose a role"))

    def record(self) -> Record:
        """What was typed, once the form was checked."""
        username, name, email, mobile = (self[field].data or "" for field in TEXTS)
        return Record(username, name, email, mobile, Role(self.role.data or ""))

    def refuse(self, refusal: RecordRefused) -> None:
        """Say beside each field what is wrong with it."""
        for name, problem in refusal.problems.items():
            self[name].errors = [account_words.problem(problem, self[name].data or "")]


class AccountForm(NewAccountForm):
    """`version` is the one of the record that the page showed, `shown` are the values it showed, as JSON."""

    active = StringField(FIELDS["active"])
    version = HiddenField()
    shown = HiddenField()

    def validate_active(self, field: StringField) -> None:
        if field.data not in STATUSES:
            raise ValidationError(_("Choose a status"))
        field.data = YES[0] if STATUSES[field.data] else NO[0]

    def record(self) -> Record:
        return replace(super().record(), active=STATUSES[self.active.data or ""])

    def tell_of_other_values(self, meanwhile: SavedMeanwhile) -> bool:
        """See `other_values.tell`."""
        typed = {name: self[name].data for name in FIELDS}
        return other_values.tell(self, typed, values_of(meanwhile.saved), meanwhile.version, _described)


def _described(name: str, value: str) -> dict[str, str]:
    return {"what": str(FIELDS[name]), "value": account_words.shown(name, value)}


def filled_in(account: Account) -> AccountForm:
    """The form with what was typed into it; what was not sent stands there as it is on file."""
    values = values_of(Record.of(account))
    return AccountForm(**values, version=str(account.version), shown=json.dumps(values))


def values_of(record: Record) -> dict[str, str]:
    """What the form shows of a record, by field."""
    mobile = phone_numbers.displayed(record.mobile) if record.mobile else ""
    return {
        "username": record.username,
        "name": record.name,
        "email": record.email,
        "mobile": mobile,
        "role": str(record.role),
        "active": "yes" if record.active else "no",
    }
