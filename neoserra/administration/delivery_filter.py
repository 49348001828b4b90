"""What the list of messages is asked for, in its address."""

from __future__ import annotations

import re
from typing import Any

from babel import Locale
from wtforms import StringField, ValidationError

from neoserra.administration import days
from neoserra.administration.list_filter import EMAIL, MOST_DIGITS, NUMBER, ListFilter, masked
from neoserra.delivery import outbox
from neoserra.delivery.message_list import MOST_PEOPLE, Search
from neoserra.delivery.providers import PROVIDERS
from neoserra.delivery_words import NO_PROVIDER
from neoserra.identity import account_list, accounts, phone_numbers
from neoserra.models import Channel, Message, State
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l

FEWEST_DIGITS = 2
LONGEST_CODE = 40  # characters that the column has
REFERENCE = re.compile(rf"(?i:ref(?:erence)?\b[.:#]?)?([{outbox.LETTERS}{outbox.LETTERS.lower()}\s-]+)")


class DeliveryFilter(ListFilter):
    q = StringField(_l("Reference, name, or last digits of a mobile number"))
    state = StringField(_l("State"))
    kind = StringField(_l("Message"))
    channel = StringField(_l("Sent by"))
    provider = StringField(_l("Provider"))
    person = StringField(_l("Username or email address"))
    country = StringField(_l("Country"))
    reason = StringField(_l("Provider's code"), filters=[lambda typed: (typed or "").strip()])
    since = StringField(_l("From"))
    until = StringField(_l("To"))
    people: tuple[int, ...] | None = None
    too_many_people = False

    def search(self) -> Search:
        """What to look for, once the form was checked."""
        values = {
            "state": State(self.state.data) if self.state.data else None,
            "message": Message(self.kind.data) if self.kind.data else None,
            "channel": Channel(self.channel.data) if self.channel.data else None,
            "provider": "" if self.provider.data == NO_PROVIDER else self.provider.data or None,
            "account_id": self.account.id if self.account else None,
            "country": self.country.data or None,
            "reason": self.reason.data or None,
        }
        return Search(
            values={name: value for name, value in values.items() if value is not None},
            people=self.people,
            digits=self.digits(),
            since=days.begin(self.since),
            until=days.end(self.until),
        )

    def reference(self) -> str:
        """The reference that was typed, in whatever way it was read out; empty when it is none."""
        typed = REFERENCE.fullmatch((self.q.data or "").strip())
        letters = re.sub(r"[\s-]", "", typed[1]).upper() if typed else ""
        return letters if len(letters) == outbox.LENGTH else ""

    def digits(self) -> str:
        """The last digits of the number that was typed; empty when it is none."""
        typed = phone_numbers.plain(self.q.data or "")
        return re.sub(r"\D", "", typed)[-MOST_DIGITS:] if phone_numbers.TYPED.fullmatch(typed) else ""

    def told(self, typed: dict[str, Any]) -> dict[str, Any]:
        """Of a number that is looked for the last digits; who is found by an email address, as the person."""
        told, q = super().told(typed), typed.get("q", "")
        if not EMAIL.search(q):
            return told | {"q": NUMBER.sub(_last_digits, q)} if q else told
        found = account_list.page(account_list.Search(typed=q)).rows
        account = accounts.find(q) or (found[0] if len(found) == 1 else None)
        if account and told.get("person", account.username) == account.username:
            return {name: value for name, value in told.items() if name != "q"} | {"person": account.username}
        return told | {"q": masked(q)}

    def validate_q(self, field: StringField) -> None:
        digits = self.digits()
        if digits:
            field.data = digits
            if len(digits) < FEWEST_DIGITS:
                raise ValidationError(_("Enter at least two digits of a number"))
        elif field.data and field.data.strip():
            found = account_list.page(account_list.Search(typed=field.data)).rows
            self.people = tuple(row.id for row in found[:MOST_PEOPLE])
            self.too_many_people = len(found) > MOST_PEOPLE

    def validate_state(self, field: StringField) -> None:
        _check_word(field, set(State))

    def validate_kind(self, field: StringField) -> None:
        _check_word(field, set(Message))

    def validate_channel(self, field: StringField) -> None:
        _check_word(field, set(Channel))

    def validate_provider(self, field: StringField) -> None:
        _check_word(field, {*PROVIDERS, NO_PROVIDER})

    def validate_country(self, field: StringField) -> None:
        _check_word(field, {region for region in map(str, Locale("en").territories) if len(region) == 2})

    def validate_reason(self, field: StringField) -> None:
        if len(field.data or "") > LONGEST_CODE:
            raise ValidationError(_("A provider's code has at most 40 characters"))


def _last_digits(number: re.Match[str]) -> str:
    return re.sub(r"\D", "", number[0])[-MOST_DIGITS:]


def _check_word(field: StringField, words: set[Any]) -> None:
    if field.data and field.data not in words:
        raise ValidationError(_("Choose one of those in the list"))
