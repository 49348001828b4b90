"""Entering and leaving administrator mode."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from neoserra import administrator_mode, next_page, password_prompt
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.every_request import visitor
from neoserra.identity import events
from neoserra.models import EventKind
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l


class EnterForm(FlaskForm):
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password"))])
    next = HiddenField()


@blueprint.route("/enter", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR)
def enter() -> ResponseReturnValue:
    """Ask for the password once more."""
    form = EnterForm(next=next_page.safe(request.args.get("next")))
    if request.method == "GET":
        return render_template("administration/enter.html", form=form)
    if not form.validate():
        return render_template("administration/enter.html", form=form), 422
    return _enter(form)


@blueprint.post("/leave")
@access(Level.ADMINISTRATOR)
def leave() -> ResponseReturnValue:
    administrator_mode.leave()
    events.note(EventKind.ADMINISTRATOR_MODE_LEFT, visitor(), current_user.id)
    flash(_("You left administrator mode."), "status")
    return redirect(url_for("home.show"), 303)


def _enter(form: EnterForm) -> ResponseReturnValue:
    refused = password_prompt.refusal(form, form.password)
    if refused:
        return render_template("administration/enter.html", form=form), *refused
    administrator_mode.enter()
    events.note(EventKind.ADMINISTRATOR_MODE_ENTERED, visitor(), current_user.id)
    flash(_("You are in administrator mode. It ends after 15 minutes without a page of it."), "status")
    return redirect(next_page.safe(form.next.data), 303)
