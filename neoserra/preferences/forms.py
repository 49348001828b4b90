"""The forms of Preferences. Nothing is changed before the current password was given once more."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import EqualTo, InputRequired

from neoserra import password_prompt, translation, words
from neoserra.identity import names, new_passwords, password_policy, phone_numbers
from neoserra.models import Account
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l

Refusal = tuple[int, dict[str, str]]


def _current_password() -> PasswordField:
    return PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password"))])


class GuardedForm(FlaskForm):
    """A form with a field `current_password`."""

    def refusal(self) -> Refusal | None:
        """None when every field can be taken and the password is right; otherwise the status and headers to show the
        form with."""
        if not self.validate():
            return 422, {}
        return password_prompt.refusal(self, self["current_password"])


class MobileForm(GuardedForm):
    """An empty number means to have none, for an `account` that has one."""

    mobile = StringField(_l("Mobile number"))
    current_password = _current_password()

    def __init__(self, account: Account) -> None:
        on_file = phone_numbers.displayed(account.mobile) if account.mobile else ""
        super().__init__(mobile=on_file)
        self.has_number = bool(on_file)

    @property
    def removes(self) -> bool:
        return self.has_number and not (self.mobile.data or "").strip()

    def validate_mobile(self, field: StringField) -> None:
        if self.removes:
            return
        try:
            phone_numbers.parse(field.data or "")
        except phone_numbers.BadNumber as refusal:
            raise ValidationError(words.bad_number(refusal)) from None


class EmailForm(GuardedForm):
    email = StringField(_l("New email address"))
    current_password = _current_password()

    def validate_email(self, field: StringField) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Enter your new email address"))
        try:
            names.email(field.data or "")
        except names.BadEmail:
            raise ValidationError(_("Enter one email address, like name@example.org")) from None


class PasswordForm(GuardedForm):
    current_password = _current_password()
    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password"))])
    confirm = PasswordField(
        _l("New password again"),
        [EqualTo("password", _l("The two passwords are not the same. Type the new password again."))],
    )

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._account = account

    def validate_password(self, field: PasswordField) -> None:
        try:
            password_policy.checked(field.data or "", new_passwords.own_words(self._account))
        except password_policy.WeakPassword as weak:
            raise ValidationError(words.weak_password(weak)) from None


class DisplayForm(FlaskForm):
    language = SelectField(_l("Language"), validate_choice=False)
    time_zone = SelectField(_l("Time zone"), validate_choice=False)

    def validate_language(self, field: SelectField) -> None:
        if field.data not in translation.LANGUAGES:
            raise ValidationError(_("Choose a language from the list"))

    def validate_time_zone(self, field: SelectField) -> None:
        if field.data not in translation.available_time_zones():
            raise ValidationError(_("Choose a time zone from the list"))
