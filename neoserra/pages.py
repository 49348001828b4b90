"""What every template can use: translation, times, the addresses of static files and of pages that exist."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from neoserra import administrator_mode, browser_session, extensions, request_id, translation
from neoserra.identity.configuration import Contact

STATIC = Path(__file__).parent.parent / "static"


def init_app(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        local_time=translation.local_time,
        local_hour=translation.local_hour,
        browser_words=translation.browser_words,
    )
    app.jinja_env.globals.update(
        _=translation.gettext,
        csrf_token=csrf_token,
        contact_line=contact_line,
        ngettext=translation.ngettext,
        language=translation.language,
        time_zone=translation.time_zone,
        request_id=request_id.current,
        administrator_mode=administrator_mode.is_on,
        is_limited=browser_session.is_limited,
        static_url=static_url,
        database_name=extensions.settings.database_name,
    )
    # Flask-WTF gives every page its own function of that name, which would hide ours.
    app.context_processor(lambda: {"csrf_token": csrf_token})


def csrf_token() -> str:
    """The token for a form. Signing one costs as much as a query, so a session's is signed once in each process."""
    session = browser_session.this()
    return _signed_once(session.id) if session.stored else str(generate_csrf())


@lru_cache(maxsize=4096)
def _signed_once(_session_id: str) -> str:
    return str(generate_csrf())


@lru_cache(maxsize=16)
def contact_line(contact: Contact) -> Markup:
    """Whom to ask, for the foot of every page."""
    macros = current_app.jinja_env.get_template("macros.html").module
    return Markup(macros.contact_details(contact))  # type: ignore[attr-defined]  # noqa: S704  a macro escapes by itself


@cache
def static_url(name: str) -> str:
    """The address of a static file. It changes with the content, so that browsers may keep the file for a year."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={version}"
