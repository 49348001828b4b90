"""Opening a link and choosing a password. Nothing but the form uses a link up, so mail scanners may follow it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from neoserra import browser_session, next_page
from neoserra.access import Level, access
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import accounts, configuration, limits, new_passwords, password_policy
from neoserra.reset import blueprint
from neoserra.reset.chooser import LINK, Chooser
from neoserra.reset.forms import ChooseForm
from neoserra.translation import gettext as _


@blueprint.get("/reset/<token>")
@access(Level.ANYONE)
def open_link(token: str) -> Response:
    """Keep the link in the session and go to an address without it. A bad one leads there too, and is told there."""
    session.pop(LINK, None)
    with suppress(new_passwords.LinkOver), _counting():
        session[LINK] = new_passwords.opened(token).id
    return redirect(url_for("reset.choose"), 303)


def _counting() -> AbstractContextManager[None]:
    """A bad link counts against the client address when it is opened as a page. Pictures and frames of other sites must
    not keep a whole office from signing in; nobody guesses 256 bits through them (Fetch Metadata, `Sec-Fetch-Dest`)."""
    if request.headers.get("Sec-Fetch-Dest", "document") == "document":
        return limits.counting_failures(visitor().address)
    return nullcontext()


@blueprint.route("/reset/password", methods=["GET", "POST"])
@access(Level.ANYONE)
def choose() -> ResponseReturnValue:
    """Ask for a new password, twice."""
    chooser = Chooser.of_this_browser()
    if chooser is None:
        return _over()
    form = ChooseForm(chooser.account)
    if request.method == "GET":
        return _page(form, chooser)
    if not form.validate():
        return _page(form, chooser), 422
    return _change(form, chooser)


def _change(form: ChooseForm, chooser: Chooser) -> ResponseReturnValue:
    who = visitor()
    try:
        chooser.choose(form.password.data or "", who)
    except new_passwords.LinkOver:
        return _over()
    except new_passwords.SamePassword:
        form.password.errors = [_("That is the password you have. Choose another one.")]
        return _page(form, chooser), 422
    sending.send_notice(chooser.account, chooser.notice, who)
    browser_session.sign_in(accounts.by_id(chooser.account.id) or abort(404), chooser.proof, who)
    flash(_("Your password is changed, and you are signed in."), "status")
    return redirect(next_page.safe(request.args.get("next")), 303)


def _page(form: ChooseForm, chooser: Chooser) -> str:
    return render_template(
        "reset/choose.html",
        form=form,
        why=chooser.why,
        username=chooser.account.username,
        rules=[password_policy.sentence(rule) for rule in password_policy.Rule],
        contact=configuration.contact(),
    )


def _over() -> ResponseReturnValue:
    """One page for links that are used, too old, superseded or made up."""
    session.pop(LINK, None)
    saved = configuration.current()
    contact = configuration.contact(saved)
    page = render_template("reset/over.html", contact=contact, may_reset=saved.allow_password_reset)
    return page, 200 if request.method == "GET" else 410
