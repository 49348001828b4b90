"""Status callbacks of providers. Each proves who it comes from by a signature; there is no session and no form."""

from __future__ import annotations

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from neoserra import extensions
from neoserra.access import Level, access
from neoserra.delivery import receipts, twilio_receipts
from neoserra.flask_extensions import csrf

blueprint = Blueprint("receipts", __name__, url_prefix="/receipts")


@blueprint.post("/twilio")
@csrf.exempt  # signed by Twilio instead
@access(Level.ANYONE)
def twilio() -> ResponseReturnValue:
    """A message has moved on at Twilio."""
    fields = request.form.to_dict()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not twilio_receipts.is_signed(fields, signature, extensions.settings):
        abort(403)
    if receipt := twilio_receipts.read(fields):
        receipts.take(receipt)
    return "", 204
