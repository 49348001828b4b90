"""The Configuration page: what administrators decide for their database."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Field

from neoserra.access import Level, access
from neoserra.administration import blueprint, other_values
from neoserra.administration.account_page import actor
from neoserra.administration.configuration_form import ConfigurationForm
from neoserra.identity import configuration as decisions
from neoserra.models import Configuration
from neoserra.translation import gettext as _
from neoserra.translation import ngettext


@blueprint.route("/configuration", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def configuration() -> ResponseReturnValue:
    """Show the settings, and save them."""
    saved = decisions.current()
    form = ConfigurationForm(obj=saved)  # what is not sent stays as it is, but for boxes
    if request.method == "GET":
        form.shown.data = json.dumps(_values(saved))
        return _page(form)
    return _save(form) if form.validate() else (_page(form), 422)


def _save(form: ConfigurationForm) -> ResponseReturnValue:
    try:
        changes = decisions.save(form.values(), other_values.version_shown(form), actor())
    except decisions.SavedMeanwhile as meanwhile:
        if not _tell_of_other_values(form, meanwhile.saved):
            return _save(form)  # what was saved is what was typed, or what the page showed
        return _page(form), 422
    for change in changes:
        field = form[change.setting]
        said = {"setting": field.label.text, "old": _said(field, change.old), "new": _said(field, change.new)}
        flash(_("%(setting)s: was %(old)s, is now %(new)s.", **said), "status")
        raised = change.setting == "minimum_password_length" and change.new > change.old
        if raised and (concerned := decisions.passwords_below(change.new)):
            flash(_when_it_holds(concerned, at_once=form.minimum_applies_at_sign_in.data), "status")
    if not changes:
        flash(_("Nothing was different, so nothing was saved."), "status")
    return redirect(url_for("administration.configuration"), 303)


def _when_it_holds(number: int, *, at_once: bool) -> str:
    """How many people a raised minimum concerns, and when it does."""
    concerns = ngettext(
        "%(number)s person chose a password while fewer characters were enough.",
        "%(number)s people chose their passwords while fewer characters were enough.",
        number,
    )
    if at_once:
        return f"{concerns} {_('Right after signing in next they choose a new one.')}"
    return f"{concerns} {_('They keep it until they change it, and the new one must be longer.')}"


def _tell_of_other_values(form: ConfigurationForm, saved: Configuration) -> bool:
    """See `other_values.tell`."""

    def described(setting: str, value: Any) -> dict[str, str]:
        return {"what": form[setting].label.text, "value": _said(form[setting], value)}

    return other_values.tell(form, form.values(), _values(saved), saved.version, described)


def _values(saved: Configuration) -> dict[str, Any]:
    return {setting: getattr(saved, setting) for setting in decisions.SETTINGS}


def _said(field: Field, value: Any) -> str:
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    return str(value) if value != "" else _("nothing")


def _page(form: ConfigurationForm) -> str:
    return render_template("administration/configuration.html", form=form)
