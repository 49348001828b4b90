"""The mobile number: asking for a new one, or removing it. Then come the steps of `confirmation`."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra import browser_session
from neoserra.access import Level, access
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import credentials, phone_numbers
from neoserra.identity.codes import Purpose
from neoserra.identity.records import NameTaken
from neoserra.models import Account, Message
from neoserra.preferences import blueprint, confirmation, pending
from neoserra.preferences.forms import MobileForm
from neoserra.preferences.here import own_account, visitor_for_code
from neoserra.translation import gettext as _


@blueprint.route("/preferences/mobile", methods=["GET", "POST"])
@access(Level.WITH_CODE)
def mobile() -> ResponseReturnValue:
    """Ask for a new number and the current password; an empty number removes the one on file."""
    account = own_account()
    form = MobileForm(account)
    if request.method == "GET":
        return _page(form, account)
    refused = form.refusal()
    if refused:
        return _page(form, account), *refused
    return _remove(account) if form.removes else _ask(form, account)


@blueprint.route("/preferences/mobile/confirm", methods=["GET", "POST"])
@access(Level.WITH_CODE)
def confirm_mobile() -> ResponseReturnValue:
    return confirmation.confirm(Purpose.MOBILE)


@blueprint.get("/preferences/mobile/progress")
@access(Level.WITH_CODE)
def progress_of_mobile() -> Response:
    return pending.progress(Purpose.MOBILE)


@blueprint.post("/preferences/mobile/resend")
@access(Level.WITH_CODE)
def resend_mobile_code() -> ResponseReturnValue:
    return confirmation.resend(Purpose.MOBILE)


@blueprint.post("/preferences/mobile/take-back")
@access(Level.WITH_CODE)
def take_back_mobile() -> ResponseReturnValue:
    return confirmation.take_back(Purpose.MOBILE)


def _ask(form: MobileForm, account: Account) -> ResponseReturnValue:
    who, typed = visitor_for_code(), form.mobile.data or ""
    try:
        asked = credentials.ask_mobile(account.id, typed, who)
    except NameTaken:
        own = phone_numbers.parse(typed) == account.mobile
        form.mobile.errors = [_("That is your mobile number already") if own else pending.taken(Purpose.MOBILE)]
        return _page(form, account), 422
    pending.send_first(asked, Purpose.MOBILE, who)
    return redirect(url_for("preferences.confirm_mobile"), 303)


def _remove(account: Account) -> ResponseReturnValue:
    who = visitor()
    credentials.remove_mobile(account.id, who)
    browser_session.stay_signed_in()
    sending.send_notice(account, Message.MOBILE_REMOVED, who)
    flash(_("Your mobile number is removed. Codes go to your email address from now on."), "status")
    return redirect(url_for("preferences.show"), 303)


def _page(form: MobileForm, account: Account) -> str:
    return render_template(
        "preferences/mobile.html",
        form=form,
        has_number=form.has_number,
        example=phone_numbers.example(),
        username=account.username,
    )
