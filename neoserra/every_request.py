"""What holds for every request before a view sees it: an id, the reader's language, well-formed input, who asks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import Flask, abort, request
from ua_parser import parse as parse_user_agent
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from config import Settings
from neoserra import browser_cookie, request_id, translation
from neoserra.identity import trusted_browsers
from neoserra.identity.visitor import Visitor

LARGEST_BODY = 64 * 1024
LONGEST_ADDRESS = 45  # IPv6 with an IPv4 address in it; more is a proxy's nonsense, and would not fit its column
WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


def flask_settings(settings: Settings) -> dict[str, Any]:
    """Flask's configuration. The host of `PUBLIC_URL` is the only one that is answered (ASVS 4.1.3, 14.2.1)."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "PROVIDE_AUTOMATIC_OPTIONS": False,  # a method that nobody uses is refused (ASVS 4.1.4)
        "PREFERRED_URL_SCHEME": "https" if settings.https else "http",
        "TRUSTED_HOSTS": _trusted_hosts(settings),
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_PARTS": 50,
        "SESSION_COOKIE_NAME": settings.host_cookie("session"),
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_SECRET_KEY": [*reversed(settings.secret_keys)],  # itsdangerous signs with the last
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.https,
    }


def _trusted_hosts(settings: Settings) -> list[str]:
    local = [] if settings.production else ["localhost", "127.0.0.1"]
    return [settings.public_host, *local]


def init_app(app: Flask) -> None:
    @app.before_request
    def prepare() -> None:
        _read_language()
        _take_head_for_get()
        _refuse_odd_forms()


def visitor(browser: str = "") -> Visitor:
    """Who sends this request; `browser` is the identity when the answer is about to give one."""
    return Visitor(
        address=_address(),
        browser=trusted_browsers.digest(browser or browser_cookie.read()),
        description=described(request.user_agent.string),
        request_id=request_id.current(),
    )


def _address() -> str:
    """The client's address, without the port that some proxies write behind it. A server that listens to both kinds
    hears of 192.0.2.1 as ::ffff:192.0.2.1, and these would all be counted as one network."""
    address = (request.remote_addr or "").lower()
    if found := WITH_PORT.fullmatch(address):
        address = found[1] or found[2]
    return (address.removeprefix("::ffff:") if "." in address else address)[:LONGEST_ADDRESS]


def described(user_agent: str) -> str:
    """A browser and its system in words a person knows, like `Chrome on Windows`; empty when nothing is known."""
    found = parse_user_agent(user_agent[:512])
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return " on ".join(part for part in (browser, system) if part)[:150]


def _read_language() -> None:
    translation.speak(_preferred_language(request.headers.get("Accept-Language", "")))


@lru_cache(maxsize=256)
def _preferred_language(header: str) -> str:
    """The first that we speak, best liked first. A region counts for its language: es-MX goes before en that is liked
    less, which `best_match` sees otherwise."""
    for tag, liking in parse_accept_header(header, LanguageAccept):
        language = tag.partition("-")[0].lower()
        if liking and language in translation.LANGUAGES:
            return language
    return "en"


def _take_head_for_get() -> None:
    """Views know GET and POST. HEAD is GET without the body, which Werkzeug leaves out."""
    if request.method == "HEAD":
        request.method = "GET"


def _refuse_odd_forms() -> None:
    """A field given twice (ASVS 15.3.7), a control character in one, or a file is no browser's doing."""
    fields = [*request.args.lists()]
    if request.method == "POST":
        if request.files:
            abort(400)
        fields += request.form.lists()
    for name, values in fields:
        if len(values) > 1 or CONTROL.search(name) or CONTROL.search(values[0]):
            abort(400)
