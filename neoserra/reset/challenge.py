"""The CAPTCHA of this browser, as a picture and as a sound."""

from __future__ import annotations

from io import BytesIO

from flask import Response, abort, send_file

from neoserra import browser_session, extensions
from neoserra.access import Level, access
from neoserra.every_request import visitor
from neoserra.identity import captcha
from neoserra.reset import blueprint


@blueprint.get("/reset/captcha.png")
@access(Level.ANYONE)
def picture() -> Response:
    return Response(captcha.picture(browser_session.told_id(), visitor().address), mimetype="image/png")


@blueprint.get("/reset/captcha.wav")
@access(Level.ANYONE)
def sound() -> Response:
    """Safari plays nothing that it cannot ask for in parts."""
    wav = captcha.sound(browser_session.told_id(), visitor().address)
    return send_file(BytesIO(wav), "audio/wav", conditional=True)


@blueprint.get("/reset/captcha.txt")
@access(Level.ANYONE)
def answer() -> Response:
    """What would be right: for tests of the whole site, and elsewhere not there."""
    if extensions.settings.environment != "testing":
        abort(404)
    return Response(captcha.answer(browser_session.told_id()), mimetype="text/plain")
