"""The `browser` cookie: this browser's random identity. It proves nothing by itself; trust is a row on the server."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, after_this_request, request

from neoserra import extensions
from neoserra.identity import trusted_browsers

LIFE = timedelta(days=90)


def name() -> str:
    return extensions.settings.host_cookie("browser")


def read() -> str:
    """The identity, or an empty text when the browser has none or one that we never gave."""
    cookie = request.cookies.get(name(), "")
    return cookie if trusted_browsers.digest(cookie) else ""


def digest() -> str:
    """What the server knows this browser by; empty when it has no identity."""
    return trusted_browsers.digest(request.cookies.get(name()))


def new() -> str:
    """An identity for a browser that has none."""
    return trusted_browsers.new_identity()


def give(identity: str) -> None:
    """Let the answer to this request keep `identity` in the browser for 90 days from now."""

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            name(), identity, max_age=LIFE, path="/", httponly=True, samesite="Lax", secure=extensions.settings.https
        )
        return response
