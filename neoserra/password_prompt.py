"""Asking a signed-in person for their password once more, in a form of any page."""

from __future__ import annotations

from flask import abort, flash, redirect, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import Field

from neoserra import browser_session, words
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import credentials, limits
from neoserra.identity.sign_in import SignInRefused
from neoserra.models import Account, Message
from neoserra.translation import gettext as _


def refusal(form: FlaskForm, field: Field) -> tuple[int, dict[str, str]] | None:
    """Check the password in `field`. None when it is right; otherwise the status and headers to show the form with.

    A wrong password counts like one at the door. The one that locks the account ends this session.

    Raises:
        HTTPException: that leads to the login page, when the account was locked.
    """
    try:
        credentials.check_current_password(current_user.id, field.data or "", visitor())
    except limits.TooManyFailures as too_many:
        form.form_errors.append(words.too_many_failures(too_many.retry_in))
        return 429, {"Retry-After": str(too_many.retry_in)}
    except SignInRefused as refused:
        if refused.locked:
            abort(_locked_out(refused.locked))
        field.errors = [_("That is not your current password")]
        return 422, {}
    return None


def _locked_out(account: Account) -> Response:
    sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor())
    browser_session.log_out()
    flash(
        _("Too many wrong passwords. Your account is locked now: ask your Neoserra administrator to unlock it."),
        "error",
    )
    return redirect(url_for("login.sign_in"), 303)
