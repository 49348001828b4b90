"""Text messages through Twilio's Messages resource, or whatever speaks like it at `TWILIO_API_BASE`."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout, make_headers
from urllib3.exceptions import HTTPError

from config import Settings
from neoserra.delivery.providers import twilio_errors
from neoserra.delivery.providers.base import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Provider,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.models.delivery import Channel

CONNECTIONS = 64


class _Body:
    """A request's body that knows whether it was asked for: before that nothing can have been accepted."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.content = urlencode(fields).encode()
        self.asked_for = False

    def __iter__(self) -> Iterator[bytes]:
        self.asked_for = True
        yield self.content


class TwilioProvider(Provider[TextMessage]):
    name = "twilio"
    channels = frozenset({Channel.SMS})

    def __init__(self, settings: Settings) -> None:
        account = settings.twilio_account_sid
        self._url = f"{settings.twilio_api_base}/2010-04-01/Accounts/{account}/Messages.json"
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **make_headers(basic_auth=f"{account}:{settings.twilio_auth_token}"),
        }
        self._fields = _sender(settings)
        if settings.https or not settings.twilio_api_base.startswith("https://"):  # or a stand-in on this machine
            self._fields["StatusCallback"] = f"{settings.public_url}/receipts/twilio"
        self._pool = PoolManager(
            maxsize=CONNECTIONS,
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,  # and no redirects: nothing is sent twice, or elsewhere
            ssl_context=ssl.create_default_context(),
        )

    def send(self, message: TextMessage) -> str:
        body = _Body({"To": message.to, **self._fields, "Body": message.body})
        headers = {**self._headers, "Content-Length": str(len(body.content))}
        try:
            response = self._pool.request("POST", self._url, body=body, headers=headers)
        except HTTPError:
            if body.asked_for:
                raise UnknownOutcome("", "Twilio's answer was lost: the message may still arrive.") from None
            raise TemporaryFailure("", "Twilio cannot be reached: check TWILIO_API_BASE.") from None
        reply = _object(response.data)
        if message.reference not in (reply.get("body") or message.reference):
            self._pool.clear()  # an earlier message was answered twice: on this connection every answer is one too late
            raise UnknownOutcome("", "Twilio's answer was to another message: this one may still arrive.")
        return _message_id(response.status, reply)

    def close(self) -> None:
        self._pool.clear()


def _sender(settings: Settings) -> dict[str, str]:
    if settings.twilio_messaging_service_sid:
        return {"MessagingServiceSid": settings.twilio_messaging_service_sid}
    return {"From": settings.twilio_from}


def _message_id(status: int, reply: dict[str, Any]) -> str:
    """The `sid` of an accepted message.

    Raises:
        ProviderError: refused, or accepted and failed at once (`error_code` is then set), or unreadable.
    """
    code = str(reply.get("error_code") or reply.get("code") or "")
    if status not in (200, 201) or code:
        raise twilio_errors.failure(code, status)
    if not reply.get("sid"):
        raise UnknownOutcome("", "Twilio's answer cannot be read: the message may still arrive.")
    return str(reply["sid"])


def _object(data: bytes) -> dict[str, Any]:
    """`data` as a JSON object, empty if it is none (a proxy's error page)."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
