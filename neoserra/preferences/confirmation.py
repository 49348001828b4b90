"""The steps with the code that was sent to a new number or address, the same for both."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra import browser_session, words
from neoserra.delivery import sending, usage
from neoserra.every_request import visitor
from neoserra.identity import codes, credentials, limits
from neoserra.identity.codes import Purpose
from neoserra.identity.records import NameTaken
from neoserra.identity.visitor import Visitor
from neoserra.models import Message
from neoserra.preferences.here import own_account, visitor_for_code
from neoserra.preferences.pending import Pending, page, taken
from neoserra.translation import gettext as _
from neoserra.verification import refusals
from neoserra.verification.forms import CodeForm

CONFIRM = {Purpose.MOBILE: credentials.confirm_mobile, Purpose.EMAIL: credentials.confirm_email}


def confirm(purpose: Purpose) -> ResponseReturnValue:
    """Ask for the code that was sent to the new number or address."""
    pending = Pending.of_this_account(purpose)
    form = CodeForm()
    if request.method == "GET":
        return page(form, pending)
    if not form.validate():
        return page(form, pending), 422
    return _check(form, pending)


def resend(purpose: Purpose) -> ResponseReturnValue:
    """Send the live code once more, or a new one when none lives."""
    pending = Pending.of_this_account(purpose)
    try:
        sent = sending.send_code(pending.account, purpose, visitor_for_code())
    except sending.SendingRefused as refusal:
        form = CodeForm(formdata=None)
        form.form_errors.append(words.sending_refused(refusal))
        return page(form, pending), 429, {"Retry-After": str(refusal.retry_in)}
    flash(words.code_sent(sent), "status")
    return redirect(url_for(f"preferences.confirm_{purpose}"), 303)


def take_back(purpose: Purpose) -> Response:
    """Stay with the number or address on file."""
    credentials.take_back(own_account().id, f"new_{purpose}", visitor())
    flash(_("Taken back: nothing has changed."), "status")
    return redirect(url_for("preferences.show"), 303)


def _check(form: CodeForm, pending: Pending) -> ResponseReturnValue:
    who = visitor()
    try:
        CONFIRM[pending.owner.purpose](pending.owner, form.digits, who)
    except limits.TooManyFailures as refusal:
        form.form_errors.append(words.too_many_failures(refusal.retry_in))
        return page(form, pending), 429, {"Retry-After": str(refusal.retry_in)}
    except codes.TooManyWrongCodes:
        return _locked(pending, who)
    except codes.CodeRefused as refusal:
        form.code.errors = [refusals.sentence(refusal)]
        return page(form, pending), 422
    except NameTaken:
        credentials.take_back(pending.account.id, f"new_{pending.owner.purpose}", who)
        flash(taken(pending.owner.purpose), "error")
        return redirect(url_for("preferences.show"), 303)
    return _confirmed(pending, who)


def _confirmed(pending: Pending, who: Visitor) -> Response:
    """Tell those on file before; the account in `pending` was read before the change."""
    usage.code_entered(pending.owner)
    browser_session.stay_signed_in()
    if pending.owner.purpose == Purpose.MOBILE:
        sending.send_notice(pending.account, Message.MOBILE_CHANGED, who)
        flash(_("Your mobile number is now %(mobile)s.", mobile=pending.shown), "status")
    else:
        sending.send_notice(pending.account, Message.EMAIL_CHANGED, who, also=pending.owner.to)
        flash(_("Your email address is now %(email)s.", email=pending.shown), "status")
    return redirect(url_for("preferences.show"), 303)


def _locked(pending: Pending, who: Visitor) -> Response:
    sending.send_notice(pending.account, Message.ACCOUNT_LOCKED, who)
    browser_session.log_out()
    flash(_("Too many wrong codes. Your account is locked now: ask your Neoserra administrator to unlock it."), "error")
    return redirect(url_for("login.sign_in"), 303)
