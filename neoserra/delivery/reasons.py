"""What stops deliveries, by the words in `deliveries.reason`: what to do about each, and whose matter it is."""

from __future__ import annotations

from neoserra.delivery.providers import smtp_replies, sns_errors, twilio_errors
from neoserra.translation import gettext as _

# Codes that tell of one person's number, to be corrected or to be heard of from that person
NUMBERS = {
    "twilio": frozenset({*twilio_errors.PERMANENT} - {"21617", "30007"}),
    "sns": frozenset(sns_errors.PERMANENT),
    "outbox": frozenset({"invalid", "opted-out"}),
}
# Of those, the ones whose owner has told us to stop
OPTED_OUT = {
    "twilio": twilio_errors.OPTED_OUT,
    "sns": sns_errors.OPTED_OUT,
    "outbox": "opted-out",
}
MAILBOXES = ("5.1.", "5.2.", "5.4.")  # RFC 3463: addressing, mailbox and routing
OUR_SENDER = ("5.1.7", "5.1.8")
REFUSED_MAILBOX = (550, 553)


def is_about_destination(provider: str, reason: str) -> bool:
    """Whether the number or mailbox itself is what stops it, so that the account is where to mend it."""
    if provider == "smtp":
        code, status = _mail_codes(reason)
        return status.startswith(MAILBOXES) and status not in OUR_SENDER if status else code in REFUSED_MAILBOX
    return reason in NUMBERS.get(provider, ())


def is_opted_out(provider: str, reason: str) -> bool:
    """Whether the person has told us to send that number nothing more."""
    return OPTED_OUT.get(provider) == reason


def sentence(provider: str, reason: str) -> str:
    """What to do about it."""
    return _own(reason) or _providers(provider, reason)


def _own(reason: str) -> str:
    """For what Neoserra found itself, or a provider told without a code."""
    return {
        "expired": _("It was over before it could be sent: see whether workers and providers kept up."),
        "no_provider": _("Every provider failed: see which, and why, under Status."),
        "permanent": _("The provider refused it for good and gave no code: see the message."),
        "temporary": _("The provider refused it for now and gave no code: see the message."),
        "unknown": _("The provider's answer was lost: it may have arrived. Ask the person."),
        "receipt": _("The provider took it and said later that it did not arrive, without a code: see the message."),
    }.get(reason, "")


def _providers(provider: str, reason: str) -> str:
    if provider == "twilio":
        return twilio_errors.sentence(reason)
    if provider == "smtp":
        code, status = _mail_codes(reason)
        return smtp_replies.sentence(status, code)
    if provider == "sns":
        known = sns_errors.PERMANENT | sns_errors.MISCONFIGURED | sns_errors.TEMPORARY
        return known.get(reason, _("SNS told this error: look it up in the SNS API reference."))
    return _("The provider told this code: see the message.")


def _mail_codes(reason: str) -> tuple[int, str]:
    """`550 5.1.1`, as mail servers answer, or what reports tell: `5.1.1`. What is not there is 0 or empty."""
    words = reason.split()
    status = next((word for word in words if "." in word), "")
    return next((int(word) for word in words if word.isdecimal()), 0), status
