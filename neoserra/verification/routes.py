"""The code: entering it, having it sent again, watching it arrive."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra import browser_cookie, browser_session, clock, words
from neoserra.access import Level, access
from neoserra.delivery import sending, usage
from neoserra.every_request import visitor
from neoserra.identity import codes, limits
from neoserra.identity import sign_in as signing
from neoserra.identity.sign_in import Proof
from neoserra.models import Channel, Message
from neoserra.translation import gettext as _
from neoserra.verification import refusals
from neoserra.verification.forms import CodeForm
from neoserra.verification.page import Verification, page

blueprint = Blueprint("verification", __name__)


@blueprint.route("/verification", methods=["GET", "POST"])
@access(Level.HALF_SIGNED_IN)
def enter() -> ResponseReturnValue:
    """Ask for the code that was sent."""
    form = CodeForm()
    if request.method == "GET":
        return page(form)
    if not form.validate():
        return page(form), 422
    return _check(form)


@blueprint.post("/verification/resend")
@access(Level.HALF_SIGNED_IN)
def resend() -> ResponseReturnValue:
    """Send the live code once more, or a new one when none lives."""
    under_way = Verification.of_this_browser()
    channel = Channel.EMAIL if request.form.get("channel") == Channel.EMAIL else Channel.SMS
    try:
        sent = sending.send_code(under_way.account, codes.Purpose.SIGN_IN, visitor(), channel)
    except sending.SendingRefused as refusal:
        form = CodeForm(formdata=None)
        form.form_errors.append(words.sending_refused(refusal))
        return page(form), 429, {"Retry-After": str(refusal.retry_in)}
    flash(words.code_sent(sent), "status")
    return redirect(url_for("verification.enter"), 303)


@blueprint.get("/verification/progress")
@access(Level.HALF_SIGNED_IN)
def progress() -> Response:
    """What has become of the messages so far, for the script on the page."""
    under_way = Verification.of_this_browser()
    deliveries, expires_at = under_way.deliveries(), codes.expiry(under_way.owner)
    return jsonify(
        deliveries=[entry.for_script() for entry in deliveries],
        delay=words.delay(deliveries, expires_at),
        expires_in=max(0, int((expires_at - clock.now()).total_seconds())) if expires_at else 0,
        resend_in=sending.resend_in(under_way.owner),
    )


def _check(form: CodeForm) -> ResponseReturnValue:
    under_way, who = Verification.of_this_browser(), visitor()
    try:
        new_browser = signing.with_code(under_way.owner, form.digits, who)
    except limits.TooManyFailures as refusal:
        form.form_errors.append(words.too_many_failures(refusal.retry_in))
        return page(form), 429, {"Retry-After": str(refusal.retry_in)}
    except codes.TooManyWrongCodes:
        return _locked(under_way)
    except codes.CodeRefused as refusal:
        form.code.errors = [refusals.sentence(refusal)]
        return page(form), 422
    usage.code_entered(under_way.owner)
    browser_session.sign_in(under_way.account, Proof.CODE, who)
    browser_cookie.give(browser_cookie.read())
    if new_browser:
        sending.send_notice(under_way.account, Message.BROWSER_TRUSTED, who)
    return redirect(under_way.next, 303)


def _locked(under_way: Verification) -> Response:
    sending.send_notice(under_way.account, Message.ACCOUNT_LOCKED, visitor())
    browser_session.log_out()
    flash(_("Too many wrong codes. Your account is locked now: ask your Neoserra administrator to unlock it."), "error")
    return redirect(url_for("login.sign_in"), 303)
