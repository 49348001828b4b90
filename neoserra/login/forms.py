"""The sign-in form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired

from neoserra.translation import lazy_gettext as _l


class SignInForm(FlaskForm):
    username = StringField(_l("Username or email address"), [DataRequired(_l("Enter your username or email address"))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password"))])
    next = HiddenField()
