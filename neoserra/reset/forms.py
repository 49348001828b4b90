"""The forms for asking for a link and for choosing a password."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, EqualTo, InputRequired

from neoserra import words
from neoserra.identity import new_passwords, password_policy
from neoserra.models import Account
from neoserra.translation import lazy_gettext as _l


class AskForm(FlaskForm):
    identity = StringField(_l("Username or email address"), [DataRequired(_l("Enter your username or email address"))])
    captcha = StringField(_l("Characters"), [DataRequired(_l("Type what the picture shows, or what you hear"))])


class ChooseForm(FlaskForm):
    """`account` is whose password it is: it must not be made of their names."""

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
            raise ValidationError(words.weak_password(weak)) from weak
