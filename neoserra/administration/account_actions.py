"""What an administrator does to one account with a button. What is hard to undo asks on a page of its own first."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra.access import Level, access
from neoserra.administration import account_page, blueprint
from neoserra.administration.account_forms import filled_in
from neoserra.administration.account_page import ACCOUNT, account_or_404, actor
from neoserra.delivery import from_administrators
from neoserra.identity import account_records, current_users
from neoserra.identity.account_records import OwnAccount
from neoserra.models import Account, Channel
from neoserra.translation import gettext as _


@blueprint.post(f"{ACCOUNT}/unlock")
@access(Level.ADMINISTRATOR_MODE)
def unlock(account_id: int) -> Response:
    account = account_or_404(account_id)
    account_records.unlock(account_id, actor())
    return _back(account, _("%(name)s is not locked any more.", name=account.name))


@blueprint.post(f"{ACCOUNT}/activate")
@access(Level.ADMINISTRATOR_MODE)
def activate(account_id: int) -> ResponseReturnValue:
    return _set_active(account_or_404(account_id), active=True)


@blueprint.route(f"{ACCOUNT}/inactivate", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def inactivate(account_id: int) -> ResponseReturnValue:
    account = account_or_404(account_id)
    if request.method == "POST":
        return _set_active(account, active=False)
    return _ask(
        account,
        title=_("Inactivate %(name)s?", name=account.name),
        button=_("Inactivate %(name)s", name=account.name),
        consequence=_(
            "They are logged off everywhere and cannot sign in until an administrator activates them again. Their"
            " trusted browsers are forgotten. We tell them by email."
        ),
    )


@blueprint.route(f"{ACCOUNT}/log-off", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def log_off(account_id: int) -> ResponseReturnValue:
    account = account_or_404(account_id)
    if request.method == "POST":
        current_users.log_off(account_id, actor())
        return _back(account, _("%(name)s is logged off everywhere.", name=account.name))
    return _ask(
        account,
        title=_("Log off %(name)s?", name=account.name),
        button=_("Log off %(name)s", name=account.name),
        consequence=_("Every session of theirs ends now. What they have not saved is lost. They can sign in again."),
    )


@blueprint.route(f"{ACCOUNT}/forget-browsers", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def forget_browsers(account_id: int) -> ResponseReturnValue:
    account = account_or_404(account_id)
    if request.method == "POST":
        account_records.forget_browsers(account_id, actor())
        return _back(account, _("No browser of %(name)s is trusted any more.", name=account.name))
    return _ask(
        account,
        title=_("Forget the trusted browsers of %(name)s?", name=account.name),
        button=_("Forget the trusted browsers of %(name)s", name=account.name),
        consequence=_("At their next sign-in in each browser they need a code again."),
    )


@blueprint.post(f"{ACCOUNT}/send-reset")
@access(Level.ADMINISTRATOR_MODE)
def send_reset(account_id: int) -> Response:
    """A link to choose a password, for somebody who forgot theirs or never had one."""
    account = account_or_404(account_id)
    if not account.active:
        return _back(account, _("%(name)s is inactive: activate the account first.", name=account.name))
    if from_administrators.send_password_link(account, actor()):
        return _back(account, _("A password link goes to %(name)s by email.", name=account.name))
    return _back(account, _("A password link was sent to %(name)s a moment ago.", name=account.name))


@blueprint.post(f"{ACCOUNT}/test-message")
@access(Level.ADMINISTRATOR_MODE)
def test_message(account_id: int) -> Response:
    """A message that says nothing, to see whether it arrives: by text message where a number is on file, or by the
    `channel` that the button names."""
    account = account_or_404(account_id)
    channel = Channel.EMAIL if request.form.get("channel") == Channel.EMAIL else None
    if from_administrators.send_test_message(account, channel, actor()):
        return _back(
            account, _("A test message goes to %(name)s. Below you see what becomes of it.", name=account.name)
        )
    return _back(account, _("A test message was sent to %(name)s a moment ago.", name=account.name))


def _set_active(account: Account, *, active: bool) -> ResponseReturnValue:
    try:
        changes = account_records.set_active(account.id, active, actor())
    except OwnAccount as refusal:
        form = filled_in(account)
        form.active.errors = [account_page.why_not(refusal)]
        return account_page.page(account, form), 422
    from_administrators.tell_of_changes(account, changes, actor())
    done = _("%(name)s is active.", name=account.name) if active else _("%(name)s is inactive.", name=account.name)
    return _back(account, done)


def _ask(account: Account, *, title: str, button: str, consequence: str) -> str:
    return render_template(
        "administration/account_question.html", account=account, title=title, button=button, consequence=consequence
    )


def _back(account: Account, done: str) -> Response:
    flash(done, "status")
    return redirect(url_for("administration.account", account_id=account.id), 303)
