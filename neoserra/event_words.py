"""The audit log in words: what each kind of event means, how it came out, and what its details say."""

from __future__ import annotations

from functools import cache
from typing import Any

from neoserra import account_words, finding_words, message_words
from neoserra.models import EventKind, Message, Role
from neoserra.setting_words import SETTINGS
from neoserra.translation import browser_words, language
from neoserra.translation import gettext as _

REFUSED = frozenset(
    {
        EventKind.SIGN_IN_REFUSED,
        EventKind.PASSWORD_REFUSED,
        EventKind.CODE_REFUSED,
        EventKind.SENDING_REFUSED,
        EventKind.TEXTS_CEILING_REACHED,
        EventKind.TOO_MANY_FAILURES,
    }
)


ROW_IDS = frozenset({"sign_in", "trust"})  # by which a row is found again; they say nothing to a reader


def kind(of: EventKind) -> str:
    """What happened, in a few words."""
    return kinds().get(of, of)


def kinds() -> dict[EventKind, str]:
    """Every kind of event in words, in the order of the enumeration."""
    return {
        EventKind.SIGN_IN_REFUSED: _("Username or password refused"),
        EventKind.PASSWORD_ACCEPTED: _("Password accepted"),
        EventKind.CODE_SENT: _("Code sent"),
        EventKind.CODE_REFUSED: _("Code refused"),
        EventKind.SENDING_REFUSED: _("Sending a code refused"),
        EventKind.TEXTS_CEILING_REACHED: _("No more text messages this hour"),
        EventKind.SIGNED_IN: _("Signed in"),
        EventKind.TWO_NETWORKS: _("Signed in while signed in from another network"),
        EventKind.TOO_MANY_FAILURES: _("Too many failures from one address"),
        EventKind.LOGGED_OUT: _("Logged out"),
        EventKind.SESSION_ENDED: _("Own session ended"),
        EventKind.BROWSER_FORGOTTEN: _("Trusted browser forgotten"),
        EventKind.BROWSERS_FORGOTTEN: _("All trusted browsers forgotten"),
        EventKind.PASSWORD_REFUSED: _("Current password refused"),
        EventKind.PASSWORD_CHANGED: _("Password changed"),
        EventKind.MOBILE_ASKED: _("New mobile number typed"),
        EventKind.MOBILE_CHANGED: _("Mobile number changed"),
        EventKind.MOBILE_REMOVED: _("Mobile number removed"),
        EventKind.EMAIL_ASKED: _("New email address typed"),
        EventKind.EMAIL_CHANGED: _("Email address changed"),
        EventKind.TAKEN_BACK: _("New number or address taken back"),
        EventKind.DISPLAY_CHANGED: _("Language or time zone changed"),
        EventKind.RESET_ASKED: _("Password link asked for"),
        EventKind.RESET_LINK_SENT: _("Password link sent"),
        EventKind.PASSWORD_RESET: _("Password reset by a link"),
        EventKind.ADMINISTRATOR_MODE_ENTERED: _("Administrator mode entered"),
        EventKind.ADMINISTRATOR_MODE_LEFT: _("Administrator mode left"),
        EventKind.ACCOUNT_CREATED: _("Account created"),
        EventKind.ACCOUNTS_IMPORTED: _("Accounts imported"),
        EventKind.ACCOUNT_CHANGED: _("Account changed"),
        EventKind.ACCOUNT_LOCKED: _("Account locked"),
        EventKind.ACCOUNT_UNLOCKED: _("Account unlocked"),
        EventKind.ACCOUNT_INACTIVATED: _("Account inactivated"),
        EventKind.ACCOUNT_ACTIVATED: _("Account activated"),
        EventKind.LOGGED_OFF: _("Logged off by an administrator"),
        EventKind.TEST_MESSAGE_SENT: _("Test message sent"),
        EventKind.CONFIGURATION_CHANGED: _("Configuration changed"),
        EventKind.FINDING_DISMISSED: _("Finding dismissed"),
        EventKind.DELIVERY_RETRIED: _("Message sent again by an administrator"),
        EventKind.DELIVERY_CANCELED: _("Message canceled"),
        EventKind.DELIVERY_SENT_OTHERWISE: _("Code sent by the other channel"),
        EventKind.QUEUE_PAUSED: _("Queue paused"),
        EventKind.QUEUE_RESUMED: _("Queue resumed"),
        EventKind.QUEUE_DRAINED: _("Waiting messages of a queue canceled"),
        EventKind.PROVIDER_TRIED: _("Failing provider to be tried at once"),
    }


def outcome(of: EventKind) -> str:
    return _("Refused") if of in REFUSED else _("Done")


def details(of: dict[str, Any]) -> str:
    """What an event holds besides, as `name: value` in words; what has no words yet is said as it stands."""
    names = _names()
    told = {name: value for name, value in of.items() if name not in ROW_IDS}
    return "; ".join(f"{names.get(name, name)}: {detail(name, value)}" for name, value in told.items())


def detail(name: str, value: Any) -> str:
    """One of the details in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "forgotten":
        return browser_words(str(value))
    return _values(language()).get((name, str(value)), str(value))


def _names() -> dict[str, str]:
    return {
        "also_from": _("signed in from"),
        "channel": _("sent by"),
        "canceled": _("canceled"),
        "count": _("accounts"),
        "field": _("what"),
        "finding": _("finding"),
        "forgotten": _("browser"),
        "language": _("language"),
        "message": _("message"),
        "most": _("at most"),
        "new": _("is now"),
        "old": _("was"),
        "proof": _("proved by"),
        "provider": _("provider"),
        "purpose": _("code for"),
        "queue": _("queue"),
        "reason": _("reason"),
        "reference": _("reference"),
        "setting": _("setting"),
        "stopped_by": _("had been stopped by"),
        "time_zone": _("time zone"),
        "to": _("to"),
    }


@cache
def _values(_language: str) -> dict[tuple[str, str], str]:
    """Made once for each language that somebody reads in."""
    settings = {("setting", name): str(words) for name, words in SETTINGS.items()}
    fields = {("field", name): str(words) for name, words in account_words.FIELDS.items()}
    roles = {(name, str(role)): account_words.role(role) for name in ("old", "new") for role in Role}
    messages = {("message", str(each)): message_words.message(each) for each in Message}
    findings = {("finding", str(each)): words for each, words in finding_words.names().items()}
    return (
        settings
        | findings
        | fields
        | roles
        | messages
        | {
            ("channel", "sms"): _("text message"),
            ("channel", "email"): _("email"),
            ("field", "new_email"): _("email address"),
            ("field", "new_mobile"): _("mobile number"),
            ("purpose", "email"): _("a new email address"),
            ("purpose", "mobile"): _("a new mobile number"),
            ("purpose", "sign-in"): _("signing in"),
            ("proof", "code"): _("a code"),
            ("proof", "reset_link"): _("a password link"),
            ("proof", "trusted_browser"): _("a trusted browser"),
            ("reason", "CodeExpired"): _("expired, used or burned"),
            ("reason", "CodeUsedUp"): _("too many tries of this code"),
            ("reason", "TooManyWrongCodes"): _("too many wrong codes in a row"),
            ("reason", "WrongCode"): _("wrong"),
            ("reason", "account"): _("too many for this account"),
            ("reason", "address"): _("too many from this address"),
            ("reason", "codes"): _("too many wrong codes"),
            ("reason", "database"): _("too many for the whole database"),
            ("reason", "destination"): _("too many to this number or address"),
            ("reason", "gap"): _("too soon after the last one"),
            ("reason", "name"): _("too many for the name that was typed"),
            ("reason", "passwords"): _("too many wrong passwords"),
        }
    )
