"""Who may open which page. Every view says so itself; one that does not is not there (default deny, ASVS 8.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from flask import Flask, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from neoserra import administrator_mode, browser_cookie, browser_session, next_page, translation
from neoserra.translation import gettext as _

SEARCHES = {"q", "person"}  # fields of lists in which numbers and email addresses are typed

View = TypeVar("View", bound=Callable[..., object])


class Level(IntEnum):
    """`WITH_CODE` shuts out a limited session, which began with a reset link instead of a code."""

    ANYONE = 0
    HALF_SIGNED_IN = 1
    SIGNED_IN = 2
    WITH_CODE = 3
    ADMINISTRATOR = 4
    ADMINISTRATOR_MODE = 5


def access(level: Level) -> Callable[[View], View]:
    """Say who may open a view."""

    def mark(view: View) -> View:
        view.access = level  # type: ignore[attr-defined]
        return view

    return mark


def init_app(app: Flask) -> None:
    app.before_request(_check)


def _check() -> Response | None:
    """Refuse, send to the page that is due first, or let pass."""
    if request.endpoint is None:
        _refuse_to_tell()
        return None
    level = getattr(current_app.view_functions[request.endpoint], "access", None)
    if level is None:
        abort(404)
    if browser_session.this().unavailable and (level > Level.ANYONE or request.method == "POST"):
        abort(503)
    if level == Level.ANYONE:
        return None
    if level == Level.HALF_SIGNED_IN:
        return _half_signed_in()
    if not current_user.is_authenticated:
        return _to_login()
    _speak_as_chosen()
    return _above_signed_in(level)


def _refuse_to_tell() -> None:
    """Flask answers 404 or 405 by itself, and the second would tell that there is something."""
    administration = request.path.startswith("/administration")
    if administration and current_user.is_authenticated and not current_user.is_administrator:
        abort(404)


def _above_signed_in(level: Level) -> Response | None:
    """Nobody but an administrator learns that the administration is there."""
    if level >= Level.ADMINISTRATOR and not current_user.is_administrator:
        abort(404)
    if level >= Level.WITH_CODE and browser_session.is_limited():
        return make_response(render_template("limited.html"), 403)
    if level == Level.ADMINISTRATOR_MODE and not administrator_mode.active():
        if request.method == "POST":
            flash(_("Administrator mode was over, so nothing was saved. Enter it and do that again."), "error")
        return redirect(url_for("administration.enter", next=_wanted()), 303)
    return None


def _speak_as_chosen() -> None:
    """The account's own language and zone, where it has chosen them, go before what the browser asks for."""
    if current_user.language or current_user.time_zone:
        translation.speak(current_user.language or translation.language(), current_user.time_zone)


def _half_signed_in() -> Response | None:
    if current_user.is_authenticated:
        return redirect(url_for("home.show"), 303)
    browser = browser_cookie.digest()
    if browser_session.half_signed_in(browser):
        return None
    # Told by the address and not by the session: a late answer to the code page's script must give no session away.
    again = 1 if browser_session.left_half_way(browser) else None
    return redirect(url_for("login.sign_in", again=again), 303)


def _to_login() -> Response:
    """A page that was asked for is shown after signing in; what was posted to it is not repeated."""
    wanted = _wanted()
    if browser_session.must_choose():
        return redirect(url_for("reset.choose", next=wanted if wanted != "/" else None), 303)
    if browser_session.this().was_signed_in and not _is_from_a_script():
        browser_session.log_out()  # the id that has ended is not used again
        flash(
            _("You need to sign in again. You were logged off, or your session was idle or open for too long."),
            "status",
        )
    return redirect(url_for("login.sign_in", next=wanted), 303)


def _is_from_a_script() -> bool:
    """A script may ask with the id of a session that has just gone on under a new one: its answer must bring no other
    cookie. Browsers tell (Fetch Metadata); those that do not are known by the addresses that only scripts ask for."""
    return request.path in browser_session.BACKGROUND or request.headers.get("Sec-Fetch-Dest") == "empty"


def _wanted() -> str | None:
    """The page to come back to, without what was searched for there: it may be somebody's number. One with a longer
    address than the login page keeps is forgotten (ASVS 4.2.5)."""
    wanted = request.path if SEARCHES & request.args.keys() else request.full_path.rstrip("?")
    return wanted if request.method == "GET" and len(wanted) <= next_page.LONGEST else None
