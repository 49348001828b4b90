"""Out of the limited session that a link opened, into a full one: by a code, like every other sign-in."""

from __future__ import annotations

from flask import abort, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra import browser_cookie, browser_session
from neoserra.access import Level, access
from neoserra.identity import accounts
from neoserra.reset import blueprint
from neoserra.verification.begin import begin


@blueprint.post("/sign-in-fully")
@access(Level.SIGNED_IN)
def sign_in_fully() -> Response:
    """End the limited session, half-way into a new one, and send a code."""
    if not browser_session.is_limited():
        return redirect(url_for("home.show"), 303)
    account = accounts.by_id(current_user.id) or abort(404)
    return begin(account, browser_cookie.read() or browser_cookie.new(), url_for("home.show"))
