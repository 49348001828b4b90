"""Twilio's error codes, by whether the same message can be sent later, each with what to do about it.

From Twilio's error dictionary (www.twilio.com/docs/api/errors). The codes from 30001 on are told in receipts
rather than in the answer to a request. What is in `MISCONFIGURED` an administrator must repair first: trying again
before that gets the same answer.
"""

from __future__ import annotations

from neoserra.delivery.providers.base import (
    Misconfigured,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    UnknownOutcome,
)

OPTED_OUT = "21610"

PERMANENT = {
    "21211": "The mobile number does not exist: correct it in the account.",
    "21265": "The mobile number is a short code: correct it in the account.",
    "21266": "The mobile number is our own sender: correct it in the account.",
    "21268": "The mobile number is a premium-rate number: correct it in the account.",
    OPTED_OUT: "The person answered STOP to our sender: they can text START to it, or use email.",
    "21614": "The number cannot get text messages: correct it in the account, or use email.",
    "21617": "The text message is too long for Twilio.",
    "21635": "The number is a landline: correct it in the account, or use email.",
    "30004": "The phone or its carrier blocks our messages: the person can ask their carrier, or use email.",
    "30005": "The number is not in service: correct it in the account, or use email.",
    "30006": "The number is a landline, or out of our sender's reach: correct it in the account, or use email.",
    "30007": "The carrier filtered the message as unwanted: see the Twilio console.",
}

# Because of our account or sender, whoever the message is for
MISCONFIGURED = {
    "20003": "Twilio refused our credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    "20403": "The Twilio account is suspended or closed: see the Twilio console.",
    "20404": "Twilio knows no such account: check TWILIO_ACCOUNT_SID and TWILIO_API_BASE.",
    "21212": "Twilio does not accept our sender: check TWILIO_FROM.",
    "21408": "Twilio may not send to this country: allow it under Geo permissions in the Twilio console.",
    "21603": "Twilio was given no sender: set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.",
    "21606": "Our sender cannot send text messages from this account: check TWILIO_FROM.",
    "21608": "A trial account of Twilio sends to verified numbers only: upgrade it.",
    "21609": "Twilio cannot use the address for receipts: check PUBLIC_URL.",
    "21612": "Twilio has no route from our sender to this number: use another sender, or email.",
    "21659": "Our sender is not a number of Twilio's, or not one for this country: check TWILIO_FROM.",
    "21660": "Our sender belongs to another Twilio account: check TWILIO_FROM and TWILIO_ACCOUNT_SID.",
    "21661": "Our sender cannot send text messages: check TWILIO_FROM.",
    "21701": "The messaging service does not exist: check TWILIO_MESSAGING_SERVICE_SID.",
    "21703": "The messaging service has no number that can send: add one in the Twilio console.",
    "21704": "The messaging service has no numbers: add one in the Twilio console.",
    "21705": "The messaging service is not valid: check TWILIO_MESSAGING_SERVICE_SID.",
    "30002": "The Twilio account is suspended: see the Twilio console.",
    "30032": "Our toll-free sender is not verified: verify it in the Twilio console.",
    "30034": "Our sender is not registered for US A2P 10DLC: register it in the Twilio console.",
    "30037": "Sending is switched off for the Twilio account: see the Twilio console.",
    "30038": "Twilio filtered the message because it holds a code: see the Twilio console.",
}

TOO_MANY_TO_ONE = "14107"

TEMPORARY = {
    TOO_MANY_TO_ONE: "Twilio allows no more messages to this number for the next half minute.",
    "20429": "Twilio gets more requests from us than it takes.",
    "20503": "Twilio is not available: see status.twilio.com if it lasts.",
    "21611": "Too many messages wait at Twilio for our sender: add senders.",
    "30001": "Too many messages wait at Twilio for our sender: add senders.",
    "30003": "The phone is off or out of reach.",
    "30008": "The carrier gave no reason.",
    "30022": "The carrier takes no more messages a minute from our sender.",
    "30023": "The carrier takes no more messages today from our sender.",
    "63038": "The Twilio account has used up its messages for 24 hours: ask Twilio for more.",
}


def failure(code: str, status: int) -> ProviderError:
    """What a refusal with Twilio's `code` (empty if it gave none) and HTTP `status` means.

    500, 502 and 504 do not tell whether the message was accepted: Twilio warns that asking again may send it twice.
    """
    kinds = {code: kind for kind, codes in KINDS.items() for code in codes}
    kind = kinds.get(code) or _kind(status)
    told = sentence(code) if code else f"Twilio answered with HTTP status {status}."
    return kind(code or str(status), told, theirs=code == TOO_MANY_TO_ONE)


def sentence(code: str) -> str:
    """What to do about a code, told in an answer or in a receipt."""
    known = PERMANENT | MISCONFIGURED | TEMPORARY
    if not code:
        return "Twilio gave no reason."
    return known.get(code, f"Twilio told error {code}: look it up in Twilio's error dictionary.")


def _kind(status: int) -> type[ProviderError]:
    if status in (408, 429, 503):
        return TemporaryFailure
    return UnknownOutcome if status >= 500 else PermanentFailure


KINDS: dict[type[ProviderError], dict[str, str]] = {
    PermanentFailure: PERMANENT,
    Misconfigured: MISCONFIGURED,
    TemporaryFailure: TEMPORARY,
}
