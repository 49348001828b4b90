"""What an administrator does to one message with a button; nothing happens twice when it is pressed twice."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from neoserra import message_words, story_words, words
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.account_page import actor
from neoserra.administration.delivery import DELIVERY, account_of, delivery_or_404
from neoserra.delivery import acts, bounds
from neoserra.models import Delivery, Message, State
from neoserra.translation import gettext as _


@blueprint.post(f"{DELIVERY}/retry")
@access(Level.ADMINISTRATOR_MODE)
def retry_delivery(reference: str) -> Response:
    """`attempts` is how many the page showed: with more, it was tried meanwhile."""
    found = delivery_or_404(reference)
    if found.state in (State.CANCELED, State.EXPIRED):
        return _back(found, _("Nothing to do: the message is over and is not sent again."))
    if found.state not in acts.STOPPED:
        return _back(found, _("Nothing to do: the message is not stopped any more. Below you see what becomes of it."))
    if dead := acts.why_dead(found):
        return _back(found, story_words.dead(dead, found))
    shown = request.form.get("attempts", "")
    found.attempts = int(shown) if shown.isdecimal() and len(shown) < 9 else found.attempts
    if acts.retry([found], actor()):
        return _back(found, _("The message is sent again now. Below you see what becomes of it."))
    return _back(found, _("Nothing to do: the message was tried again meanwhile. Below you see how it came out."))


@blueprint.post(f"{DELIVERY}/cancel")
@access(Level.ADMINISTRATOR_MODE)
def cancel_delivery(reference: str) -> Response:
    found = delivery_or_404(reference)
    if acts.cancel(found, actor()):
        return _back(found, _("The message is canceled: it is not sent any more."))
    return _back(found, _("Nothing to cancel: the message does not wait to be sent."))


@blueprint.post(f"{DELIVERY}/send-otherwise")
@access(Level.ADMINISTRATOR_MODE)
def send_delivery_otherwise(reference: str) -> Response:
    """The live code by the other channel: by email instead of text message, or the other way round."""
    found = delivery_or_404(reference)
    account = account_of(found)
    way = acts.other_way(found, account)
    if found.message != Message.SIGN_IN_CODE:
        return _back(found, _("Only sign-in codes can go by the other channel."))
    if account is None or way is None:
        return _back(found, _("There is no other channel: the account has no mobile number."))
    if dead := acts.why_dead(found):
        return _back(found, story_words.dead(dead, found))
    try:
        other = acts.send_otherwise(found, account, way, actor())
    except bounds.Full as full:
        return _back(found, _not_otherwise(full))
    sent = _("The same code goes out now: %(destination)s.", destination=message_words.destination(other))
    return _back(other, sent)


def _not_otherwise(full: bounds.Full) -> str:
    if full.reason == bounds.Reason.GAP:
        return _("The code was sent there a moment ago. Below you see what becomes of it.")
    return words.enough_sent(full.retry_in)


def _back(found: Delivery, done: str) -> Response:
    flash(done, "status")
    return redirect(url_for("administration.delivery", reference=found.reference), 303)
