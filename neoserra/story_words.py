"""The story of a delivery in words: each step, the state now, and what stopped it with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from neoserra import delivery_words, event_words, message_words
from neoserra.delivery import acts, queues, reasons, texts
from neoserra.delivery.story import Happened, Step
from neoserra.models import WAITING_STATES, Attempt, Channel, Delivery, State
from neoserra.translation import browser_words, local_time, ngettext
from neoserra.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Told:
    """One step: when, how long after the one before, what, and more about it. `code` is the provider's."""

    at: datetime
    gap: str
    what: str
    more: str
    code: str = ""


def told(delivery: Delivery, steps: list[Step]) -> Iterator[Told]:
    before: datetime | None = None
    for step in steps:
        gap = "" if before is None else _gap(step.at - before)
        what, more = _words(delivery, step)
        code = step.attempt.provider_code if step.happened == Happened.TRIED and step.attempt else ""
        if step.happened == Happened.CAME_BACK:
            code = delivery.reason
        yield Told(step.at, gap, what, more, code)
        before = step.at


def _gap(after: timedelta) -> str:
    """How long after the step before, as exactly as it matters."""
    seconds = after.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)}\N{NO-BREAK SPACE}ms"
    if seconds < 120:
        return f"{seconds:.1f}\N{NO-BREAK SPACE}s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return ngettext("%(number)s minute", "%(number)s minutes", minutes)
    return ngettext("%(number)s hour", "%(number)s hours", round(minutes / 60))


def _words(delivery: Delivery, step: Step) -> tuple[str, str]:
    """What happened, and more about it."""
    if step.happened == Happened.ASKED:
        return _asked(delivery, step)
    if step.happened == Happened.TRIED and step.attempt:
        return _tried(step.attempt)
    if step.happened == Happened.PICKED_UP:
        return _("Picked up by a worker"), step.attempt.worker if step.attempt else delivery.worker
    who = step.line.who.name if step.line and step.line.who else ""
    if step.happened == Happened.RETRIED:
        return _("Put into its queue again by %(name)s", name=who), ""
    if step.happened == Happened.WRONG_CODE and step.line:
        return _("A code was entered and refused"), event_words.detail("reason", step.line.details.get("reason"))
    return _plain(delivery, step.happened)


def _asked(delivery: Delivery, step: Step) -> tuple[str, str]:
    """The event of an administrator's act names whom it was done to; what a person asks for is done to nobody."""
    if step.line and step.line.whom and step.line.who:
        return _("Asked for by %(name)s, an administrator", name=step.line.who.name), ""
    if delivery.address:
        where = (browser_words(delivery.browser_description) or _("An unknown browser"), delivery.address)
        if step.line and not step.line.request_id and delivery.message not in texts.LINKS:
            return _("Sent by Neoserra, because the text message did not get through"), ", ".join(where)
        return _("Asked for in the person's browser"), ", ".join(where)
    return _("Asked for by Neoserra or an administrator"), ""


def _tried(attempt: Attempt) -> tuple[str, str]:
    took = _gap(attempt.finished_at - attempt.started_at)
    what = _("Handed to %(provider)s, answered after %(time)s", provider=attempt.provider, time=took)
    said = delivery_words.outcome(attempt.outcome)
    return what, f"{said}. {attempt.explanation}" if attempt.explanation else f"{said}."


def _plain(delivery: Delivery, happened: Happened) -> tuple[str, str]:
    queue = queues.name_for(delivery.message)
    return {
        Happened.CODE_MADE: (_("Code made: its hour began"), ""),
        Happened.QUEUED: (_("Put into the queue %(queue)s", queue=queue), ""),
        Happened.ARRIVED: (_("A receipt came: it arrived"), delivery.explanation),
        Happened.CAME_BACK: (_("A receipt came: it did not arrive"), delivery.explanation),
        Happened.ENTERED: (_("Its code was entered"), ""),
        Happened.CANCELED: (_("Canceled"), delivery.explanation),
        Happened.EXPIRED: (_("Over before it could be sent"), ""),
        Happened.CODE_ENDED: (_("The hour of its code ended"), ""),
    }[happened]


def state(delivery: Delivery) -> str:
    """Where it is now, in one sentence."""
    provider = delivery.provider or _("the provider")
    if delivery.used_at:
        return _("Its code was entered.")
    return {
        State.QUEUED: _("It waits in the queue %(queue)s.", queue=queues.name_for(delivery.message)),
        State.SENDING: _("A worker is sending it: %(worker)s.", worker=delivery.worker),
        State.ACCEPTED: _("%(provider)s accepted it. No receipt says yet whether it arrived.", provider=provider),
        State.DELIVERED: _("It arrived: %(provider)s says so.", provider=provider),
        State.RETRYING: _("It is not sent yet, and is tried again at %(time)s.", time=_at(delivery.next_at)),
        State.FAILED: _("It did not get through."),
        State.EXPIRED: _("It was over before it could be sent."),
        State.CANCELED: _("It was canceled."),
    }.get(delivery.state, delivery_words.state(delivery.state))


def _at(moment: datetime) -> str:
    return local_time(moment, seconds=True)


def stopped(delivery: Delivery, *, unattended: bool, paused: str | None) -> str:
    """What stops it and what to do about it; empty where nothing does. `paused` is why its queue is."""
    if delivery.state in WAITING_STATES and paused is not None:
        return _("Its queue is paused (%(reason)s): resume it under Deliveries.", reason=paused)
    if delivery.state in WAITING_STATES and unattended:
        return _("No worker listens to its queue: start one with python -m workers.")
    if delivery.state == State.EXPIRED:
        return _("See whether workers and providers keep up. The person can ask for a new one.")
    if delivery.state == State.ACCEPTED and not delivery.used_at:
        if delivery.channel == Channel.EMAIL:
            return _("If it is not there, have the person look in the spam folder.")
        return _("If it is not there, have the person check that the phone gets other text messages.")
    return delivery.explanation or (reasons.sentence(delivery.provider, delivery.reason) if delivery.reason else "")


def dead(of: acts.Dead, delivery: Delivery) -> str:
    """Why it is not sent again, and what to do instead."""
    if delivery.message not in message_words.CARRIES_CODE:
        if of == acts.Dead.NOBODY:
            return _("It is not sent again: nobody has the name that was typed. Ask for the username.")
        if of == acts.Dead.ENDED:
            return _(
                "It is not sent again: a password was chosen since, a newer link was sent, or the account may get "
                "none. Send a new one from the account if it is still wanted."
            )
        return _("It is not sent again: it is over. Send a new one from the account if it is still wanted.")
    return {
        acts.Dead.OVER: _("It is not sent again: its code has ended. Have the person ask for a new one."),
        acts.Dead.USED: _("It is not sent again: its code was entered already."),
        acts.Dead.ENDED: _(
            "It is not sent again: its code works no more, or a newer one was sent. Have the person ask for a new one."
        ),
        acts.Dead.NOBODY: _("It is not sent again: it is for nobody."),
    }[of]
