"""What the refusals of a mail server mean: reply codes of RFC 5321, status codes of RFC 3463 and its registry."""

from __future__ import annotations

import re

from neoserra.delivery.providers.base import PermanentFailure, ProviderError, TemporaryFailure

MAILBOX_BUSY = 450  # or greylisted: RFC 5321, 4.2.3
OF_MAILBOX = "4.2."  # RFC 3463, 3.3
STATUS = re.compile(rb"[45]\.\d{1,3}\.\d{1,3}\b")

STATUSES = {
    "4.2.2": "The mailbox is full: ask its owner.",
    "4.4.1": "The mail server of the recipient does not answer.",
    "5.1.1": "The mailbox does not exist: correct the email address in the account.",
    "5.1.2": "The mail domain does not exist: correct the email address in the account.",
    "5.1.3": "The email address is not written right: correct it in the account.",
    "5.1.6": "The mailbox has moved and left no new address: correct the email address in the account.",
    "5.1.8": "The mail server does not accept our sender: check MAIL_DEFAULT_SENDER.",
    "5.1.10": "The mail domain takes no mail: correct the email address in the account.",
    "5.2.1": "The mailbox is switched off: ask its owner.",
    "5.2.2": "The mailbox is full: ask its owner.",
    "5.3.4": "The mail is too big for the mail server.",
    "5.4.1": "The recipient's mail server knows no such address: correct the email address in the account.",
    "5.4.4": "There is no way to the recipient's domain: correct the email address in the account.",
    "5.5.1": "The mail server did not understand us: check MAIL_PORT, MAIL_USE_TLS and MAIL_USE_SSL.",
    "5.7.0": "The mail server wants credentials or has a rule against us: check MAIL_USERNAME and MAIL_PASSWORD.",
    "5.7.1": "The mail server does not let us send to this address: check its rules for us.",
    "5.7.8": "The mail server refused our credentials: check MAIL_USERNAME and MAIL_PASSWORD.",
    "5.7.23": "The recipient refused our sender by SPF: check the DNS of its domain.",
    "5.7.25": "The recipient refused the mail server for want of a reverse DNS name.",
    "5.7.26": "The recipient refused our sender by SPF and DKIM: check the DNS of its domain.",
}

CODES = {
    421: "The mail server is closing: it is restarting or gets too many connections from us.",
    450: "The mailbox is busy, or the mail server asks new senders to come back later.",
    451: "The mail server had an error of its own.",
    452: "The mail server has no room, or gets too much from us.",
    454: "The mail server cannot start TLS or check our credentials just now.",
    530: "The mail server wants credentials or TLS: check MAIL_USERNAME, MAIL_PASSWORD and MAIL_USE_TLS.",
    535: "The mail server refused our credentials: check MAIL_USERNAME and MAIL_PASSWORD.",
    550: "The mail server refused the recipient: correct the email address in the account.",
    552: "The mailbox is full, or the mail is too big.",
    553: "The mail server does not accept the address, or not our sender: check MAIL_DEFAULT_SENDER.",
    554: "The mail server refused the mail as unwanted: check its rules for us.",
}


def failure(code: int, reply: bytes) -> ProviderError:
    """The failure that a reply stands for; 4xx and what is no reply at all are temporary (RFC 5321, 4.2.1).

    The server's own words stay out of it: they repeat the address.
    """
    found = STATUS.match(reply)
    status = found[0].decode() if found else ""
    kind = PermanentFailure if 500 <= code < 600 else TemporaryFailure
    theirs = status.startswith(OF_MAILBOX) if status else code == MAILBOX_BUSY
    return kind(f"{code} {status}".strip(), sentence(status, code), theirs=theirs)


def sentence(status: str, code: int = 0) -> str:
    """What to do about a status, told at the door or in a report that came later."""
    return STATUSES.get(status) or CODES.get(code) or "The mail server refused the mail: see its log."
