"""Username and password; logging out."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra import browser_cookie, browser_session, next_page, words
from neoserra.access import Level, access
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import configuration, events, limits
from neoserra.identity import sign_in as signing
from neoserra.login.forms import SignInForm
from neoserra.models import EventKind, Message
from neoserra.translation import gettext as _
from neoserra.verification.begin import begin

blueprint = Blueprint("login", __name__)


@blueprint.route("/login", methods=["GET", "POST"])
@access(Level.ANYONE)
def sign_in() -> ResponseReturnValue:
    """Ask for username and password."""
    if current_user.is_authenticated:
        return redirect(next_page.safe(request.values.get("next")), 303)
    form = SignInForm(next=next_page.safe(request.args.get("next")))
    if request.method == "GET":
        return _page(form)
    if not form.validate():
        return _page(form), 422
    return _check(form)


@blueprint.post("/logout")
@access(Level.ANYONE)
def log_out() -> Response:
    """End this session, signed in or half-way. Trust stays: the `browser` cookie is not cleared (ASVS 14.3.1)."""
    if current_user.is_authenticated:
        events.note(EventKind.LOGGED_OUT, visitor(), current_user.id)
    browser_session.log_out()
    flash(_("You are signed out."), "status")
    response = make_response(redirect(url_for("login.sign_in"), 303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _check(form: SignInForm) -> ResponseReturnValue:
    browser = browser_cookie.read() or browser_cookie.new()
    who = visitor(browser)
    try:
        accepted = signing.with_password(form.username.data or "", form.password.data or "", who)
    except limits.TooManyFailures as refusal:
        message = words.too_many_failures(refusal.retry_in)
        return _refused(form, message), 429, {"Retry-After": str(refusal.retry_in)}
    except signing.SignInRefused as refusal:
        if refusal.locked:
            sending.send_notice(refusal.locked, Message.ACCOUNT_LOCKED, who)
        return _refused(form, _("The username or password is not right. Check both and try again.")), 422
    wanted = next_page.safe(form.next.data)
    if accepted.browser_is_trusted:
        browser_session.sign_in(accepted.account, signing.Proof.TRUSTED_BROWSER, who)
        return redirect(wanted, 303)
    return begin(accepted.account, browser, wanted)


def _refused(form: SignInForm, message: str) -> str:
    form.form_errors.append(message)
    return _page(form)


def _page(form: SignInForm) -> str:
    saved = configuration.current()
    return render_template(
        "login/login.html",
        form=form,
        contact=configuration.contact(saved),
        may_reset=saved.allow_password_reset,
    )
