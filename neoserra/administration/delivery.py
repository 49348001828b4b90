"""One message: its story, what stopped it, and the button that mends it."""

from __future__ import annotations

from flask import abort, render_template
from flask_login import current_user

from neoserra import delivery_words, message_words, story_words
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.delivery import acts, pauses, queues, reasons, story
from neoserra.delivery.acts import STOPPED
from neoserra.identity import accounts
from neoserra.models import LEFT_STATES, WAITING_STATES, Account, Delivery, State

DELIVERY = "/deliveries/<reference>"


@blueprint.get(DELIVERY)
@access(Level.ADMINISTRATOR_MODE)
def delivery(reference: str) -> str:
    found = delivery_or_404(reference)
    account = account_of(found)
    tries = story.attempts(found)
    dead = acts.why_dead(found)
    return render_template(
        "administration/delivery.html",
        delivery=found,
        account=account,
        story=list(story_words.told(found, story.steps(found, tries))),
        state=story_words.state(found),
        stopped=_stopped(found),
        dead=story_words.dead(dead, found) if dead and found.state in (*STOPPED, State.EXPIRED) else "",
        related=story.carrying_the_same(found),
        can_retry=not dead and found.state in STOPPED,
        can_cancel=found.state in WAITING_STATES,
        other_channel=_other_channel(found, account) if not dead else None,
        edits=reasons.is_about_destination(found.provider, found.reason) and found.state not in LEFT_STATES,
        can_test=account and account.active and not found.used_at and found.state in (*LEFT_STATES, State.FAILED),
        own=account and account.id == current_user.id,
        words=delivery_words,
        message_words=message_words,
    )


def delivery_or_404(reference: str) -> Delivery:
    """References are read out and typed: their case does not matter."""
    return story.find(reference.upper()) or abort(404)


def account_of(found: Delivery) -> Account | None:
    return accounts.by_id(found.account_id) if found.account_id else None


def _other_channel(found: Delivery, account: Account | None) -> str | None:
    way = acts.other_way(found, account)
    return way[0] if way else None


def _stopped(found: Delivery) -> str:
    queue = queues.name_for(found.message)
    paused = pauses.paused(queue) if found.state in WAITING_STATES else None
    unattended = found.state in WAITING_STATES and not queues.heartbeats(queue)
    return story_words.stopped(found, unattended=unattended, paused=paused.reason if paused else None)
