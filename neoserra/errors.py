"""Error pages: in the site's frame, in plain words, with the request's id, and never a stack trace (ASVS 16.5.1)."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from neoserra.translation import gettext as _

AWAY = (RedisError, OperationalError, InterfaceError, PoolTimeout)

Answer = tuple[str, int, dict[str, str]]


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, show)
    app.register_error_handler(CSRFError, show)
    app.register_error_handler(InternalServerError, unexpected)
    for away in AWAY:
        app.register_error_handler(away, unavailable)
    app.log_exception = log_exception  # type: ignore[method-assign]


def log_exception(exc_info: Any) -> None:
    """Write down what nobody expected. Flask's own line has the address, which may be a link to choose a password."""
    told = {"endpoint": request.endpoint, "method": request.method}
    current_app.logger.error("unexpected error", exc_info=exc_info, extra=told)


def show(error: HTTPException) -> Answer:
    """A page for an HTTP error. Every status without words of its own reads like a bad request."""
    code = error.code or 500
    if code < 500:  # the others are in the log already
        _log_refused(code)
    title, message = _words(error).get(code, _words(error)[400])
    headers = dict(error.get_headers()) if code in (405, 429) else {}
    headers.pop("Content-Type", None)
    if code == 503:
        headers["Retry-After"] = "5"
    if code == 413:
        headers["Connection"] = "close"  # the server hangs up: the rest of what was sent is on its way
    way_on = [("/", _("Go to the start page"))]  # url_for does not work for a host that is not ours
    # Not render_template: it would have Flask-Login ask for the account, and that may be what went wrong.
    page = current_app.jinja_env.get_template("error.html")
    return page.render(title=title, message=message, way_on=way_on), code, headers


def _log_refused(code: int) -> None:
    """So that the reference on the page leads somewhere. The address is left out: it may be a link of somebody's."""
    told = {"status": code, "method": request.method, "endpoint": request.endpoint, "from": request.remote_addr}
    current_app.logger.info("refused", extra=told)


def unavailable(error: Exception) -> Answer:
    """Redis or the database is away: say so; the next request tries again by itself."""
    reason = str(getattr(error, "orig", error))  # of SQLAlchemy's errors without the statement
    told = {"error": type(error).__name__, "reason": reason}
    current_app.logger.error("a server this site needs is away", extra=told)
    return show(ServiceUnavailable())


def unexpected(error: InternalServerError) -> Answer:
    """The last resort; also for what happens while a session is kept, outside the reach of the other handlers."""
    if isinstance(error.original_exception, AWAY):
        return unavailable(error.original_exception)
    return show(error)


def _words(error: HTTPException) -> dict[int, tuple[str, str]]:
    bad = _("Neoserra could not read what the browser sent. Go back, reload the page and try again.")
    stale = _("This page was open for too long, or the form came from another place. Go back, reload it and try again.")
    return {
        400: (_("This did not work"), stale if isinstance(error, CSRFError) else bad),
        403: (_("You cannot open this page"), _("Ask a Neoserra administrator.")),
        404: (_("Page not found"), _("Check the address, or go to the start page.")),
        405: (_("This did not work"), _("This address cannot be opened this way. Go to the start page.")),
        413: (_("Too much was sent"), _("What you sent is larger than Neoserra takes. Go back and shorten it.")),
        429: (_("Too many tries"), _("Wait a few minutes, then try again.")),
        500: (
            _("There is a problem with Neoserra"),
            _("Try again later. What you typed was not saved. We have noted what happened."),
        ),
        503: (
            _("Neoserra is not available right now"),
            _("Try again in a minute. What you typed was not saved. You need to do nothing else: it mends itself."),
        ),
    }
