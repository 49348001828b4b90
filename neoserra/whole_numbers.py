"""A form's field for a whole number, which says what is wrong with it instead of turning it into something else."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from neoserra.translation import gettext as _

TYPED = re.compile(r"[+-]?[0-9]+")
DIGITS_READ = 100  # more are beyond every bound


class WholeNumberField(StringField):
    """Keeps what was typed in `data`, as every text field does; `number` is what it means once it was checked."""

    @property
    def number(self) -> int:
        return int(str(self.data).strip()[:DIGITS_READ])


class Between:
    """The bounds of a whole number, both of them allowed. `empty` is what to say when nothing was typed."""

    def __init__(self, lowest: int, highest: int, empty: str) -> None:
        self.lowest, self.highest, self.empty = lowest, highest, empty

    def __call__(self, _form: FlaskForm, field: WholeNumberField) -> None:
        typed, what = str("" if field.data is None else field.data).strip(), field.label.text
        if not typed:
            raise ValidationError(self.empty)
        if not TYPED.fullmatch(typed):
            raise ValidationError(_("%(what)s must be a whole number, like %(number)s", what=what, number=self.highest))
        if field.number < self.lowest:
            raise ValidationError(_("%(what)s must be %(number)s or more", what=what, number=self.lowest))
        if field.number > self.highest:
            raise ValidationError(_("%(what)s must be %(number)s or less", what=what, number=self.highest))
