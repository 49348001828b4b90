"""One account: its record, and a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra import account_words, administrator_mode, browser_session
from neoserra.access import Level, access
from neoserra.administration import account_page, blueprint, other_values
from neoserra.administration.account_forms import AccountForm, NewAccountForm, filled_in
from neoserra.administration.account_page import ACCOUNT, account_or_404, actor
from neoserra.delivery import from_administrators
from neoserra.identity import account_records, accounts, names
from neoserra.identity.account_records import SIGNS_IN_WITH, Change, OwnAccount, SavedMeanwhile
from neoserra.identity.records import RecordRefused
from neoserra.models import Account
from neoserra.translation import gettext as _


@blueprint.route(ACCOUNT, methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def account(account_id: int) -> ResponseReturnValue:
    """Show the record, and save it."""
    found = account_or_404(account_id)
    form = filled_in(found)
    if request.method == "GET":
        return account_page.page(found, form)
    if not form.validate():
        return account_page.page(found, form), 422
    return _save(found, form)


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def new_account() -> ResponseReturnValue:
    """Make an account for somebody, who is invited by a link to choose a password."""
    form = NewAccountForm()
    if request.method == "POST" and form.validate():
        return _create(form)
    page = render_template("administration/account_new.html", form=form, words=account_words)
    return page, 422 if form.errors else 200


def _save(found: Account, form: AccountForm) -> ResponseReturnValue:
    try:
        changes = account_records.save(found.id, form.record(), other_values.version_shown(form), actor())
    except RecordRefused as refusal:
        form.refuse(refusal)
    except SavedMeanwhile as meanwhile:
        if not form.tell_of_other_values(meanwhile):
            return _save(found, form)  # what was saved is in no field of the page
    except OwnAccount as refusal:
        form[refusal.field].errors = [account_page.why_not(refusal)]
    else:
        return _saved(found, changes)
    return account_page.page(found, form), 422


def _saved(before: Account, changes: list[Change]) -> Response:
    from_administrators.tell_of_changes(before, changes, actor())
    if before.id == current_user.id and any(change.field in SIGNS_IN_WITH for change in changes):
        browser_session.stay_signed_in()
        administrator_mode.enter()
    invited_anew = from_administrators.invite_at_new_address(before, changes, actor())
    for change in changes:
        old, new = (account_words.value(change.field, value) for value in (change.old, change.new))
        what = account_words.FIELDS[change.field]
        flash(_("%(what)s: was %(old)s, is now %(new)s.", what=what, old=old, new=new), "status")
    if invited_anew:
        to = names.masked_email(invited_anew.email)
        flash(_("The link to choose a password works no more. A new one goes to %(to)s.", to=to), "status")
    if not changes:
        flash(_("Nothing was different, so nothing was saved."), "status")
    return redirect(url_for("administration.account", account_id=before.id), 303)


def _create(form: NewAccountForm) -> ResponseReturnValue:
    try:
        created = accounts.keep(form.record(), by=actor())
    except RecordRefused as refusal:
        twin = account_records.created_just_now(form.record())
        if twin is None:
            form.refuse(refusal)
            return render_template("administration/account_new.html", form=form, words=account_words), 422
        created = twin
    from_administrators.send_password_link(created, actor())
    to = names.masked_email(created.email)
    flash(_("%(name)s has an account. A link to choose a password goes to %(to)s.", name=created.name, to=to), "status")
    return redirect(url_for("administration.account", account_id=created.id), 303)
