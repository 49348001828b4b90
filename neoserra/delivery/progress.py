"""What has become of a message, in words for the person who waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from neoserra.delivery import reasons
from neoserra.identity import names, phone_numbers
from neoserra.models import Channel, Delivery, Message, State
from neoserra.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Progress:
    """`to` is masked; `at` is when the message was asked for, `expires_at` when what it carries is over; `explanation`
    says what to do, or is empty."""

    reference: str
    channel: Channel
    to: str
    state: State
    state_words: str
    explanation: str
    at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery, *, mailed: bool = False) -> Progress:
        """`mailed` tells that the same goes by email, too."""
        channel, state = delivery.channel, delivery.state
        other_way = delivery.message == Message.SIGN_IN_CODE
        masked = names.masked_email if channel == Channel.EMAIL else phone_numbers.masked_mobile
        return cls(
            reference=delivery.reference,
            channel=channel,
            to=masked(delivery.destination),
            state=state,
            state_words=_words(state),
            explanation=_explanation(delivery, other_way=other_way, mailed=mailed),
            at=delivery.created_at,
            expires_at=delivery.expires_at,
        )

    def for_script(self) -> dict[str, str]:
        """What `GET /verification/progress` answers for one message."""
        return {
            "reference": self.reference,
            "channel": self.channel,
            "to": self.to,
            "state": self.state,
            "explanation": self.explanation,
            "at": self.at.isoformat(),
        }


def _words(state: State) -> str:
    return {
        State.QUEUED: _("Waiting to be sent"),
        State.SENDING: _("Being sent"),
        State.ACCEPTED: _("Sent"),
        State.DELIVERED: _("Delivered"),
        State.RETRYING: _("Not sent yet: we are trying again"),
        State.FAILED: _("Not sent"),
        State.EXPIRED: _("Not sent in time"),
        State.CANCELED: _("Canceled"),
    }.get(state, state)


def _explanation(delivery: Delivery, *, other_way: bool, mailed: bool) -> str:
    """`other_way` tells whether the message could go by email instead, `mailed` that it does."""
    state, by_text = delivery.state, delivery.channel == Channel.SMS
    if state == State.FAILED and reasons.is_opted_out(delivery.provider, delivery.reason):
        return _opted_out(other_way=other_way, mailed=mailed)
    if state in (State.FAILED, State.RETRYING) and mailed and by_text:
        return _("The text message does not get through just now. The code goes by email, too.")
    if state == State.FAILED:
        return _not_sent(by_text=by_text, other_way=other_way)
    return _under_way(state, by_text=by_text, other_way=other_way)


def _under_way(state: State, *, by_text: bool, other_way: bool) -> str:
    if state == State.RETRYING and by_text and other_way:
        return _("It takes longer than usual. You can have the code sent by email meanwhile.")
    if state == State.RETRYING:
        return _("It takes longer than usual.")
    if state in (State.EXPIRED, State.CANCELED):
        return _("Ask for a new code.")
    return _("Look in the spam folder too.") if state == State.ACCEPTED and not by_text else ""


def _opted_out(*, other_way: bool, mailed: bool) -> str:
    if mailed:
        return _("That number has told us to stop, so it gets no text messages from us. The code goes by email, too.")
    if other_way:
        return _("That number has told us to stop, so it gets no text messages from us. Have the code sent by email.")
    return _("That number has told us to stop, so it gets no text messages from us. Text START to our sender first.")


def _not_sent(*, by_text: bool, other_way: bool) -> str:
    if by_text and other_way:
        return _("We could not send a text message to that number. Have it sent by email, or ask your administrator.")
    if by_text:
        return _("We could not send a text message to that number. Take it back if it is wrong.")
    if other_way:
        return _("We could not send a mail to that address. Ask your administrator.")
    return _("We could not send a mail to that address. Take it back if it is wrong.")
