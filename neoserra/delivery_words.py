"""What becomes of deliveries, in words for administrators."""

from __future__ import annotations

from neoserra import extensions
from neoserra.delivery.providers import PROVIDERS
from neoserra.models import LEFT_STATES, Channel, Outcome, State
from neoserra.translation import country_name
from neoserra.translation import gettext as _

NO_PROVIDER = "none"  # in addresses, for messages that no provider was asked for


def state(of: State) -> str:
    return states().get(of, of)


def states() -> dict[State, str]:
    return {
        State.QUEUED: _("Waiting"),
        State.SENDING: _("Being sent"),
        State.ACCEPTED: _("Accepted by the provider"),
        State.DELIVERED: _("Delivered"),
        State.RETRYING: _("Tried again soon"),
        State.FAILED: _("Failed"),
        State.EXPIRED: _("Over before it was sent"),
        State.CANCELED: _("Canceled"),
    }


def tone(of: State) -> str:
    """The class of the tag that shows a state; its words say the same."""
    if of in LEFT_STATES:
        return "tag-good"
    if of in (State.FAILED, State.EXPIRED):
        return "tag-bad"
    return "tag-wary" if of == State.RETRYING else ""


def channels() -> dict[Channel, str]:
    return {Channel.SMS: _("Text message"), Channel.EMAIL: _("Email")}


def providers() -> dict[str, str]:
    """Who can be asked for in the list of messages."""
    return {name: name for name in PROVIDERS} | {NO_PROVIDER: _("none asked")}


def countries(chosen: str | None) -> dict[str, str]:
    """Those that text messages may go to, and the one that was asked for."""
    regions = {*extensions.settings.sms_countries, *([chosen] if chosen else [])}
    return dict(sorted(((region, country_name(region)) for region in regions), key=lambda pair: pair[1]))


def outcome(of: Outcome) -> str:
    """How one try came out."""
    return {
        Outcome.ACCEPTED: _("Accepted"),
        Outcome.TEMPORARY: _("Refused for now"),
        Outcome.PERMANENT: _("Refused for good"),
        Outcome.UNKNOWN: _("No answer: it may or may not have left"),
    }.get(of, of)
