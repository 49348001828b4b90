"""The email address: asking for a new one. Then come the steps of `confirmation`."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra.access import Level, access
from neoserra.identity import credentials, names
from neoserra.identity.codes import Purpose
from neoserra.identity.records import NameTaken
from neoserra.models import Account
from neoserra.preferences import blueprint, confirmation, pending
from neoserra.preferences.forms import EmailForm
from neoserra.preferences.here import own_account, visitor_for_code
from neoserra.translation import gettext as _


@blueprint.route("/preferences/email", methods=["GET", "POST"])
@access(Level.WITH_CODE)
def email() -> ResponseReturnValue:
    """Ask for a new address and the current password."""
    account = own_account()
    form = EmailForm()
    if request.method == "GET":
        return _page(form, account)
    refused = form.refusal()
    if refused:
        return _page(form, account), *refused
    return _ask(form, account)


@blueprint.route("/preferences/email/confirm", methods=["GET", "POST"])
@access(Level.WITH_CODE)
def confirm_email() -> ResponseReturnValue:
    return confirmation.confirm(Purpose.EMAIL)


@blueprint.get("/preferences/email/progress")
@access(Level.WITH_CODE)
def progress_of_email() -> Response:
    return pending.progress(Purpose.EMAIL)


@blueprint.post("/preferences/email/resend")
@access(Level.WITH_CODE)
def resend_email_code() -> ResponseReturnValue:
    return confirmation.resend(Purpose.EMAIL)


@blueprint.post("/preferences/email/take-back")
@access(Level.WITH_CODE)
def take_back_email() -> ResponseReturnValue:
    return confirmation.take_back(Purpose.EMAIL)


def _ask(form: EmailForm, account: Account) -> ResponseReturnValue:
    who, typed = visitor_for_code(), form.email.data or ""
    try:
        asked = credentials.ask_email(account.id, typed, who)
    except NameTaken:
        own = names.key(names.email(typed)) == account.email_key
        form.email.errors = [_("That is your email address already") if own else pending.taken(Purpose.EMAIL)]
        return _page(form, account), 422
    pending.send_first(asked, Purpose.EMAIL, who)
    return redirect(url_for("preferences.confirm_email"), 303)


def _page(form: EmailForm, account: Account) -> str:
    return render_template("preferences/email.html", form=form, on_file=account.email, username=account.username)
