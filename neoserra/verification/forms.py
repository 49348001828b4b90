"""The form for a code."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from neoserra.identity.codes import DIGITS
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l

# People copy the last line of the text message, with its number sign, or type the code in groups.
BETWEEN_DIGITS = re.compile(r"[\s#\u2010-\u2015-]+")


class CodeForm(FlaskForm):
    code = StringField(_l("6-digit code"))

    @property
    def digits(self) -> str:
        return BETWEEN_DIGITS.sub("", self.code.data or "")

    def validate_code(self, _field: StringField) -> None:
        digits = self.digits
        if not digits:
            raise ValidationError(_("Enter the code we sent you"))
        if not re.fullmatch("[0-9]+", digits):
            raise ValidationError(_("The code has digits from 0 to 9 only"))
        if len(digits) != DIGITS:
            raise ValidationError(_("The code must be 6 digits (you entered %(number)s)", number=len(digits)))
