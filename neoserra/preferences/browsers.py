"""Other browsers: taking their trust back, and logging them off."""

from __future__ import annotations

from flask import abort, flash, redirect, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra.access import Level, access
from neoserra.every_request import visitor
from neoserra.identity import sign_ins, trusted_browsers
from neoserra.login.routes import log_out
from neoserra.preferences import blueprint
from neoserra.translation import gettext as _


@blueprint.post("/preferences/browsers/<int(max=2147483647):trust_id>/forget")
@access(Level.SIGNED_IN)
def forget_browser(trust_id: int) -> Response:
    """Trust this browser no longer."""
    if not trusted_browsers.forget_as_asked(current_user.id, trust_id, visitor()):
        abort(404)
    flash(_("The browser is forgotten. The next sign-in there asks for a code."), "status")
    return redirect(url_for("preferences.show"), 303)


@blueprint.post("/preferences/browsers/forget-all")
@access(Level.SIGNED_IN)
def forget_all_browsers() -> Response:
    """Trust no browser any longer, this one neither."""
    trusted_browsers.forget_all_as_asked(current_user.id, visitor())
    flash(_("All browsers are forgotten. The next sign-in in each of them asks for a code."), "status")
    return redirect(url_for("preferences.show"), 303)


@blueprint.post("/preferences/sessions/<int(max=9223372036854775807):event_id>/end")
@access(Level.SIGNED_IN)
def end_session(event_id: int) -> Response:
    """Log off the browser that signed in with this event."""
    if event_id == session.get("event"):
        return log_out()
    if not sign_ins.end(current_user.id, event_id, visitor()):
        abort(404)
    flash(_("The browser is logged off."), "status")
    return redirect(url_for("preferences.show"), 303)
