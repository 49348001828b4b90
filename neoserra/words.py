"""Sentences that more than one page says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil

from neoserra import extensions
from neoserra.delivery import pauses, queues
from neoserra.delivery.sending import Progress, SendingRefused
from neoserra.identity import names, password_policy, phone_numbers
from neoserra.models import WAITING_STATES, Channel, Delivery
from neoserra.translation import country_name, local_hour, ngettext
from neoserra.translation import gettext as _


def wait(seconds: int) -> str:
    """How long to wait, in whole minutes from two minutes on."""
    if seconds < 120:
        return ngettext("Wait %(number)s second, then try again.", "Wait %(number)s seconds, then try again.", seconds)
    minutes = ceil(seconds / 60)
    return ngettext("Wait %(number)s minute, then try again.", "Wait %(number)s minutes, then try again.", minutes)


def too_many_failures(seconds: int) -> str:
    """The same for every name that was tried (ASVS 6.3.1)."""
    return _("Too many tries from your network. %(wait)s", wait=wait(seconds))


def enough_sent(seconds: int) -> str:
    """To an administrator, whichever bound has no room."""
    return _("As many messages as are allowed went out in the last hour. %(wait)s", wait=wait(seconds))


def code_sent(sent: Delivery) -> str:
    """By which way, where to and when."""
    at = local_hour(sent.created_at)
    if sent.channel == Channel.SMS:
        to = phone_numbers.masked_mobile(sent.destination)
        return _("We sent the code by text message to %(to)s at %(at)s.", to=to, at=at)
    return _("We sent the code by email to %(to)s at %(at)s.", to=names.masked_email(sent.destination), at=at)


def delay(deliveries: Iterable[Progress], expires_at: datetime | None) -> str:
    """Why codes are not sent for the moment and what people can do; nothing while they are. Of the messages those with
    the live code, which its hour tells from others, say whether it is still to go out."""
    pause = pauses.paused(queues.CODES)
    if pause is None:
        return ""
    waits = any(each.state in WAITING_STATES for each in deliveries if each.expires_at == expires_at)
    told = _yours_waits() if waits else _none_waits()
    return told % {"since": local_hour(pause.since), "reason": pause.reason.rstrip(".")}


def _yours_waits() -> str:
    return _(
        "Codes have been delayed since %(since)s: %(reason)s. You need not ask for another one: yours goes out as soon"
        " as sending goes on, while it works. A browser that you signed in with before may not ask for a code. If it is"
        " urgent, ask your Neoserra administrator."
    )


def _none_waits() -> str:
    return _(
        "Codes have been delayed since %(since)s: %(reason)s. One that you ask for goes"
        " out as soon as sending goes on. If it is urgent, ask your Neoserra administrator."
    )


def bad_number(refusal: phone_numbers.BadNumber) -> str:
    """What is wrong with a mobile number that was typed."""
    example = phone_numbers.example()
    if isinstance(refusal, phone_numbers.NotTextable):
        return _(
            "That number gets no text messages, like a landline. Enter a mobile number, like %(example)s",
            example=example,
        )
    if isinstance(refusal, phone_numbers.ForeignNumber):
        countries = ", ".join(country_name(region) for region in sorted(extensions.settings.sms_countries))
        return _(
            "Neoserra sends no text messages to the country of that number, only to: %(countries)s", countries=countries
        )
    return _("Enter a mobile number with its area code, like %(example)s", example=example)


def weak_password(weak: password_policy.WeakPassword) -> str:
    """Every rule that a new password breaks."""
    return " ".join(password_policy.sentence(rule) for rule in weak.broken)


def sending_refused(refusal: SendingRefused) -> str:
    """Why no code was sent, and when one can be."""
    if refusal.reason == "gap":
        return _("A code was sent a moment ago. %(wait)s", wait=wait(refusal.retry_in))
    if refusal.reason == "database":
        return _("No more text messages can be sent at the moment. %(wait)s", wait=wait(refusal.retry_in))
    if refusal.reason == "address":
        return _("Too many codes were asked for from your network. %(wait)s", wait=wait(refusal.retry_in))
    return _("You have asked for too many codes. %(wait)s", wait=wait(refusal.retry_in))
