"""The overview, and how somebody wants pages to be shown."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from neoserra import browser_cookie, translation
from neoserra.access import Level, access
from neoserra.every_request import visitor
from neoserra.identity import accounts, configuration, phone_numbers, sign_ins, trusted_browsers
from neoserra.preferences import blueprint, time_zones
from neoserra.preferences.forms import DisplayForm
from neoserra.preferences.here import own_account
from neoserra.translation import gettext as _


@blueprint.get("/preferences")
@access(Level.SIGNED_IN)
def show() -> str:
    language = current_user.language or translation.language()
    return _page(DisplayForm(language=language, time_zone=current_user.time_zone or time_zones.DEFAULT))


@blueprint.post("/preferences/display")
@access(Level.SIGNED_IN)
def display() -> ResponseReturnValue:
    """Keep language and time zone; the answer is in them already."""
    form = DisplayForm()
    if not form.validate():
        return _page(form), 422
    accounts.choose_display(current_user.id, form.language.data, form.time_zone.data, visitor())
    translation.speak(form.language.data, form.time_zone.data)
    flash(_("Your display settings are saved."), "status")
    return redirect(url_for("preferences.show"), 303)


def _page(form: DisplayForm) -> str:
    account = own_account()
    this_sign_in = session.get("event")
    return render_template(
        "preferences/show.html",
        form=form,
        account=account,
        mobile=phone_numbers.displayed(account.mobile) if account.mobile else "",
        new_mobile=phone_numbers.displayed(account.new_mobile) if account.new_mobile else "",
        may_change_password=configuration.current().allow_password_change,
        languages=translation.LANGUAGES,
        zones=time_zones.groups(form.time_zone.data or ""),
        trusted=trusted_browsers.of_account(account.id),
        trust_lasts=trusted_browsers.life(),
        this_browser=browser_cookie.digest(),
        open_now=sorted(sign_ins.open_now(account.id), key=lambda one: one.event_id != this_sign_in),
        this_sign_in=this_sign_in,
        latest=sign_ins.latest(account.id),
    )
