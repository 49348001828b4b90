"""Carrying one delivery: write it and hand it to a provider, or to the next one when that one fails."""

from __future__ import annotations

import logging
import time
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from neoserra import clock
from neoserra.delivery import leases, providers, queues, recording, routing, texts
from neoserra.delivery.providers.base import (
    MailMessage,
    Misconfigured,
    PermanentFailure,
    Provider,
    ProviderError,
    TemporaryFailure,
    TextMessage,
)
from neoserra.delivery.recording import Carried, Try
from neoserra.identity import links
from neoserra.models import Delivery, Outcome

FAULT = "Neoserra itself failed; the worker's log tells why."
TOOK_TOO_LONG = "The provider took too long, or Neoserra itself failed; the worker's log tells why."
WORKER_DIED = "The worker died while it was sending: the message may or may not have left."

log = logging.getLogger(__name__)


def deliver(reference: str) -> None:
    """Send the delivery if it is due and nobody else has it in hand."""
    for delivery in leases.claim([reference]):
        recording.record([carry(delivery)])


def release_lost() -> None:
    """Take back what a worker that died had in hand."""
    for delivery in leases.lost():
        provider = routing.names_for(delivery.channel)[0]
        died = Try(provider, delivery.changed_at, clock.now(), Outcome.UNKNOWN, explanation=WORKER_DIED)
        recording.record([Carried(delivery, [died])])


def carry(delivery: Delivery) -> Carried:
    """Send what was claimed; what came of it is still to be recorded. Never raises: what is wrong with one delivery
    stays with it."""
    try:
        message = _message(delivery)
    except Exception:
        log.exception("a message could not be written", extra={"reference": delivery.reference})
        return Carried(delivery, [_fault(routing.names_for(delivery.channel)[0])])
    return message if isinstance(message, Carried) else Carried(delivery, _send(delivery, message))


def _message(delivery: Delivery) -> TextMessage | MailMessage | Carried:
    """What is to be sent, or why nothing is."""
    if delivery.expires_at and delivery.expires_at <= clock.now():
        return Carried(delivery, expired=True)
    if delivery.message in texts.LINKS and (reason := _unaddressed(delivery)):
        return Carried(delivery, canceled=reason)
    try:
        return texts.render(delivery) or Carried(delivery, expired=True)
    except links.Superseded as newer:
        return _beside_a_newer_link(delivery, newer.number)


def _beside_a_newer_link(delivery: Delivery, newer: int) -> TextMessage | MailMessage | Carried:
    """The newer one was made. It takes this one's place if its mail leaves; one that was only tried gives way."""
    from neoserra.delivery import resets

    if resets.is_leaving(newer, delivery.account_id or 0):
        return Carried(delivery, canceled=texts.NEWER_LINK)
    links.end(delivery.account_id or 0)
    return texts.render(delivery) or Carried(delivery, expired=True)


def _unaddressed(delivery: Delivery) -> str:
    """Why nobody gets the link; empty once it has an address."""
    from neoserra.delivery import resets  # and with it much that workers of other queues never need

    return resets.address(delivery)


def _send(delivery: Delivery, message: TextMessage | MailMessage) -> list[Try]:
    """Ask the providers in turn, until one has accepted the message or no other may be asked."""
    tries: list[Try] = []
    for name in routing.names_that_answer(delivery.channel):
        tries.append(_try(name, message))
        if tries[-1].final or not _may_go_on(delivery, tries):
            break
    return tries


def _may_go_on(delivery: Delivery, tries: list[Try]) -> bool:
    """A lost answer: only what somebody waits for is said once more, by the next provider."""
    unknown = recording.unknown_among(tries)
    if not unknown or not queues.is_waited_for(delivery.message):
        return not unknown
    try:
        return recording.unknown_before(delivery) + unknown < recording.UNKNOWN_OUTCOMES
    except SQLAlchemyError:
        return False  # the next round decides


def _try(name: str, message: TextMessage | MailMessage) -> Try:
    try:
        provider = providers.provider(name)
    except Exception:
        log.exception("a provider could not be set up", extra={"provider": name})
        routing.tell(name, failed=True, seconds=0.0)
        return _fault(name)
    return _sent(provider, message)


def _fault(provider: str) -> Try:
    """Nothing has left, and it is nobody's fault but ours."""
    now = clock.now()
    return Try(provider, now, now, Outcome.TEMPORARY, explanation=FAULT, final=False)


def _sent(provider: Provider[Any], message: TextMessage | MailMessage) -> Try:
    started_at, began = clock.now(), time.monotonic()
    code = explanation = message_id = ""
    outcome, final, failed = Outcome.ACCEPTED, True, False
    try:
        message_id = provider.send(message)
    except ProviderError as error:
        code, explanation = error.code, error.explanation
        outcome, final = _outcome(error), isinstance(error, PermanentFailure) and not isinstance(error, Misconfigured)
        failed = not (final or error.theirs)
    except Exception:  # a job's time limit, too, comes as an exception of its own
        log.exception("no answer from the provider", extra={"reference": message.reference})
        outcome, explanation, final, failed = Outcome.UNKNOWN, TOOK_TOO_LONG, False, True
    routing.tell(provider.name, failed=failed, seconds=time.monotonic() - began)
    return Try(provider.name, started_at, clock.now(), outcome, code, explanation, message_id, final)


def _outcome(error: ProviderError) -> Outcome:
    if isinstance(error, PermanentFailure):
        return Outcome.PERMANENT
    return Outcome.TEMPORARY if isinstance(error, TemporaryFailure) else Outcome.UNKNOWN
