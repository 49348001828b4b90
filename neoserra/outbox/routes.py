"""The outbox: what the provider of that name wrote down instead of sending it. Registered outside production alone."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from neoserra.access import Level, access
from neoserra.delivery.providers import outbox
from neoserra.models.delivery import Channel

blueprint = Blueprint("outbox", __name__)

PUBLIC_FIELDS = ("channel", "to", "subject", "text", "at")


@blueprint.get("/outbox")
@access(Level.ANYONE)
def show() -> ResponseReturnValue:
    messages = [record | {"at": datetime.fromisoformat(record["at"])} for record in outbox.sent()]
    return render_template(
        "outbox/outbox.html",
        texts=[message for message in messages if message["channel"] == Channel.SMS],
        mails=[message for message in messages if message["channel"] == Channel.EMAIL],
        simulations=outbox.SIMULATIONS,
    )


@blueprint.get("/outbox.json")
@access(Level.ANYONE)
def as_json() -> ResponseReturnValue:
    return jsonify([{field: record[field] for field in PUBLIC_FIELDS} for record in outbox.sent()])
