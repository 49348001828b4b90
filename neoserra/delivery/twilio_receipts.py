"""Twilio's status callbacks: who signed them, and what they say (www.twilio.com/docs/usage/security)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from config import Settings
from neoserra.delivery.providers import twilio_errors
from neoserra.delivery.receipts import Receipt
from neoserra.models import State

PATH = "/receipts/twilio"
STATES = {"delivered": State.DELIVERED, "read": State.DELIVERED, "undelivered": State.FAILED, "failed": State.FAILED}
PORTS = {"https": 443, "http": 80}


def is_signed(fields: Mapping[str, str], signature: str, settings: Settings) -> bool:
    """Whether Twilio signed these fields for our address; it does so with or without the port."""
    token = settings.twilio_auth_token
    right = [_signature(token, address, fields) for address in _addresses(settings.public_url)]
    return bool(token) and any(hmac.compare_digest(each.encode(), signature.encode()) for each in right)


def read(fields: Mapping[str, str]) -> Receipt | None:
    """What is final; None for a message that is still on its way."""
    state = STATES.get(fields.get("MessageStatus", ""))
    if state is None or not fields.get("MessageSid"):
        return None
    code = fields.get("ErrorCode", "") if state == State.FAILED else ""
    explanation = twilio_errors.sentence(code) if state == State.FAILED else ""
    return Receipt("twilio", fields["MessageSid"], state, code, explanation)


def _addresses(public_url: str) -> list[str]:
    url = urlsplit(public_url)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return [f"{url.scheme}://{host}{PATH}", f"{url.scheme}://{host}:{url.port or PORTS[url.scheme]}{PATH}"]


def _signature(token: str, address: str, fields: Mapping[str, str]) -> str:
    signed = address + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
