"""Security headers, the same on every answer whether page, redirect, error or static file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response
from whitenoise import WhiteNoise

from neoserra import extensions, pages

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

YEAR = 365 * 24 * 3600
POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "media-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # no-referrer would make Flask-WTF refuse every form over https (ASVS 3.4.5)
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
OVER_HTTPS = {"Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains"}


def init_app(app: Flask) -> None:
    """Put the headers on what Flask answers and on what WhiteNoise answers, which has the static files before Flask."""
    always = [*ALWAYS.items(), *(OVER_HTTPS.items() if extensions.settings.https else ())]
    files = WhiteNoise(app.wsgi_app, root=pages.STATIC, prefix="static/", max_age=YEAR, allow_all_origins=False)

    @app.after_request
    def never_keep(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], error: OptExcInfo | None = None
        ) -> Callable[[bytes], object]:
            return start_response(status, [*headers, *always], error)

        answer: Iterable[bytes] = files(environ, start)
        return answer

    app.wsgi_app = serve  # type: ignore[method-assign]
