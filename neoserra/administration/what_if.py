"""What if a code went to this number or address: read, routed, bounded and worded, without sending it.

The form is posted although it changes nothing: a number in the address of a page would stay in histories and logs.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from phonenumbers import PhoneNumberType
from wtforms import StringField, ValidationError

from neoserra import words
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.account_page import actor
from neoserra.delivery import bounds, gsm, what_if
from neoserra.delivery.what_if import WhatIf
from neoserra.identity import names, phone_numbers
from neoserra.translation import country_name
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l


class WhatIfForm(FlaskForm):
    to = StringField(_l("Mobile number or email address"))
    found: WhatIf | None = None

    def validate_to(self, field: StringField) -> None:
        typed = (field.data or "").strip()
        if not typed:
            raise ValidationError(_("Enter a mobile number or an email address"))
        try:
            self.found = what_if.look(typed)
        except phone_numbers.BadNumber:
            raise ValidationError(
                _("Enter a number like %(example)s, or an email address", example=phone_numbers.example())
            ) from None
        except names.BadEmail:
            raise ValidationError(_("Enter one email address, like name@example.org")) from None


@blueprint.route("/deliveries/what-if", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def delivery_what_if() -> ResponseReturnValue:
    form = WhatIfForm()
    if form.is_submitted() and not form.validate():
        return _page(form), 422
    return _page(form)


@blueprint.post("/deliveries/what-if/test")
@access(Level.ADMINISTRATOR_MODE)
def delivery_test() -> ResponseReturnValue:
    """Send a test message there, and show what becomes of it."""
    form = WhatIfForm()
    if not form.validate() or not form.found or form.found.problem:
        return _page(form), 422
    try:
        sent = what_if.send_test(form.found, actor())
    except bounds.Full as full:
        form.form_errors.append(words.enough_sent(full.retry_in))
        return _page(form), 429, {"Retry-After": str(full.retry_in)}
    flash(_("A test message is on its way. Here you see what becomes of it."), "status")
    return redirect(url_for("administration.delivery", reference=sent.reference), 303)


def _page(form: WhatIfForm) -> str:
    found = form.found
    return render_template(
        "administration/what_if.html",
        form=form,
        found=found,
        shown=phone_numbers.displayed(found.destination) if found and found.channel == "sms" else "",
        problem=words.bad_number(found.problem) if found and found.problem else "",
        kind=_kind(found.kind) if found and found.kind is not None else "",
        bound_words=_bound,
        country_name=country_name,
        segment=gsm.SEGMENT,
    )


def _kind(kind: int) -> str:
    kinds = {
        PhoneNumberType.MOBILE: _("Mobile"),
        PhoneNumberType.FIXED_LINE: _("Landline"),
        PhoneNumberType.FIXED_LINE_OR_MOBILE: _("Landline or mobile: in this country the number does not tell"),
        PhoneNumberType.TOLL_FREE: _("Toll-free"),
        PhoneNumberType.PREMIUM_RATE: _("Premium rate"),
        PhoneNumberType.VOIP: _("Internet telephony"),
        PhoneNumberType.UNKNOWN: _("A number that nobody can have"),
    }
    return kinds.get(kind, _("A special number"))


def _bound(reason: bounds.Reason) -> str:
    return {
        bounds.Reason.DESTINATION: _("to this number or address"),
        bounds.Reason.ACCOUNT: _("to this account"),
        bounds.Reason.DATABASE: _("text messages of this database"),
    }[reason]
