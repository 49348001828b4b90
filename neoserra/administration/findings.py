"""A finding of the security panel: whom it concerns, and dismissing it with a reason."""

from __future__ import annotations

import re

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from neoserra import finding_words
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.account_page import actor
from neoserra.identity import accounts, security_findings, shared_accounts
from neoserra.identity.shared_accounts import Suspect
from neoserra.models import Finding
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l


class DismissForm(FlaskForm):
    """`shown` is how many it concerned when the page was opened; where that is not sent, how many it concerns now."""

    reason = StringField(
        _l("Reason"),
        [
            DataRequired(_l("Enter why this needs nothing to be done")),
            Length(max=300, message=_l("Enter a reason of at most 300 characters")),
        ],
    )
    shown = HiddenField()

    def number_shown(self, found: Finding) -> int:
        typed = self.shown.data
        if typed is None:
            return security_findings.count()[found]
        return int(typed) if re.fullmatch("[0-9]{1,9}", typed) else 0


@blueprint.get("/findings/<name>")
@access(Level.ADMINISTRATOR_MODE)
def finding(name: str) -> str:
    """Whom the finding concerns."""
    return _page(_named(name), DismissForm())


@blueprint.post("/findings/<name>/dismiss")
@access(Level.ADMINISTRATOR_MODE)
def dismiss_finding(name: str) -> ResponseReturnValue:
    """Take the finding off the panel until it grows."""
    found, form = _named(name), DismissForm()
    if not form.validate():
        return _page(found, form), 422
    security_findings.dismiss(found, form.number_shown(found), (form.reason.data or "").strip(), actor())
    flash(_("Dismissed. It comes back when it concerns more."), "status")
    return redirect(url_for("home.show"), 303)


def _named(name: str) -> Finding:
    return Finding(name) if name in set(Finding) else abort(404)


def _page(found: Finding, form: DismissForm) -> str:
    number = security_findings.count()[found]
    dismissal = security_findings.dismissals().get(found)
    return render_template(
        "administration/finding.html",
        form=form,
        finding=found,
        number=number,
        words=finding_words,
        state=security_findings.OF_STATES.get(found),
        suspects=_suspects(found),
        dismissal=dismissal,
        dismissed_by=accounts.by_id(dismissal.account_id) if dismissal else None,
    )


def _suspects(found: Finding) -> list[Suspect]:
    """The accounts that only this page can list."""
    if found == Finding.MANY_BROWSERS:
        return shared_accounts.accounts_with_many_browsers()
    if found == Finding.TWO_NETWORKS:
        return shared_accounts.accounts_in_two_networks()
    return shared_accounts.accounts_sharing_a_browser() if found == Finding.SHARED_BROWSER else []
