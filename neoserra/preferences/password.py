"""The password."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra import browser_session
from neoserra.access import Level, access
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import configuration, credentials, password_policy
from neoserra.models import Account, EventKind, Message
from neoserra.preferences import blueprint
from neoserra.preferences.forms import PasswordForm
from neoserra.preferences.here import own_account
from neoserra.translation import gettext as _


@blueprint.get("/.well-known/change-password")
@access(Level.ANYONE)
def well_known() -> Response:
    """Where password managers look (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("preferences.password"), 303)


@blueprint.route("/preferences/password", methods=["GET", "POST"])
@access(Level.SIGNED_IN)
def password() -> ResponseReturnValue:
    """Ask for the current password and twice for a new one, where the administrator lets people choose theirs."""
    if not configuration.current().allow_password_change:
        page = render_template("preferences/password_of_administrator.html")
        return page, 200 if request.method == "GET" else 403
    account = own_account()
    form = PasswordForm(account)
    if request.method == "GET":
        return _page(form)
    refused = form.refusal()
    if refused:
        return _page(form), *refused
    if form.password.data == form.current_password.data:  # would put off the day on which it expires
        form.password.errors = [_("That is the password you have. Choose another one.")]
        return _page(form), 422
    return _change(form, account)


def _change(form: PasswordForm, account: Account) -> Response:
    who = visitor()
    credentials.change_password(account.id, form.password.data or "", who, EventKind.PASSWORD_CHANGED)
    browser_session.stay_signed_in()
    sending.send_notice(account, Message.PASSWORD_CHANGED, who)
    flash(_("Your password is changed. You are signed out in every other browser, and none is trusted."), "status")
    return redirect(url_for("preferences.show"), 303)


def _page(form: PasswordForm) -> str:
    rules = [password_policy.sentence(rule) for rule in password_policy.Rule]
    return render_template("preferences/password.html", form=form, rules=rules, username=current_user.username)
