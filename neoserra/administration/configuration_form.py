"""The settings that administrators decide, as a form."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, StringField, ValidationError
from wtforms.validators import Length

from neoserra.identity import names, phone_numbers
from neoserra.models.configuration import (
    LONGEST_EXPIRATION_DAYS,
    LONGEST_MINIMUM,
    LONGEST_TRUST_DAYS,
    SHORTEST_MINIMUM,
    WHOLE_PERCENT,
)
from neoserra.setting_words import SETTINGS
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l
from neoserra.whole_numbers import Between, WholeNumberField


class ConfigurationForm(FlaskForm):
    """`version` is the one that the page showed, `shown` are the values it showed, as JSON."""

    minimum_password_length = WholeNumberField(
        SETTINGS["minimum_password_length"],
        [Between(SHORTEST_MINIMUM, LONGEST_MINIMUM, _l("Enter the minimum password length"))],
    )
    minimum_applies_at_sign_in = BooleanField(SETTINGS["minimum_applies_at_sign_in"])
    password_expiration_days = WholeNumberField(
        SETTINGS["password_expiration_days"],
        [Between(0, LONGEST_EXPIRATION_DAYS, _l("Enter after how many days passwords expire, or 0 for never"))],
    )
    allow_password_change = BooleanField(SETTINGS["allow_password_change"])
    allow_password_reset = BooleanField(SETTINGS["allow_password_reset"])
    trusted_browser_days = WholeNumberField(
        SETTINGS["trusted_browser_days"],
        [Between(1, LONGEST_TRUST_DAYS, _l("Enter for how many days a browser is trusted"))],
    )
    codes_used_percent = WholeNumberField(
        SETTINGS["codes_used_percent"],
        [
            Between(
                0, WHOLE_PERCENT, _l("Enter below which percentage of codes entered there is an alarm, or 0 for none")
            )
        ],
    )
    contact_name = StringField(
        SETTINGS["contact_name"], [Length(max=150, message=_l("Enter a name of at most 150 characters"))]
    )
    contact_email = StringField(SETTINGS["contact_email"])
    contact_phone = StringField(SETTINGS["contact_phone"])
    version = HiddenField()
    shown = HiddenField()

    def values(self) -> dict[str, Any]:
        """What each setting would become, once the form was checked."""
        fields = [(setting, self[setting]) for setting in SETTINGS]
        return {setting: _value(field) for setting, field in fields}

    def validate_contact_email(self, field: StringField) -> None:
        typed = (field.data or "").strip()
        try:
            field.data = names.email(typed) if typed else ""
        except names.BadEmail:
            raise ValidationError(_("Enter an email address, like name@example.org, or nothing")) from None

    def validate_contact_phone(self, field: StringField) -> None:
        field.data = typed = phone_numbers.plain(field.data or "")
        if typed and not phone_numbers.TYPED.fullmatch(typed):
            raise ValidationError(_("Enter a telephone number of digits, like 202-555-0142, or nothing"))


def _value(field: Field) -> Any:
    if isinstance(field, WholeNumberField):
        return field.number
    return field.data if isinstance(field, BooleanField) else " ".join((field.data or "").split())
