"""Twilio's own SDK and our provider say the same thing to the same server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from neoserra.delivery.providers.base import ProviderError, TextMessage
from neoserra.delivery.providers.twilio import TwilioProvider
from tests.delivery.providers.conftest import MakeSettings
from tests.servers.twilio_server import ACCOUNT, SENDER, TOKEN, Answer, TwilioServer

CALLBACK = "https://crm.example.org/receipts/twilio"


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture
def sdk(server: TwilioServer) -> Iterator[Client]:
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = server.url
    yield client
    client.http_client.session.close()


def our_provider(make_settings: MakeSettings, server: TwilioServer, **changes: str) -> TwilioProvider:
    credentials = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": SENDER}
    where = {"twilio_api_base": server.url, "public_url": "https://crm.example.org"}
    return TwilioProvider(make_settings(**credentials | where | changes))


@pytest.mark.parametrize("service", ["", "MG00000000000000000000000000000001"])
def test_both_make_the_same_request(
    make_settings: MakeSettings, server: TwilioServer, sdk: Client, text: TextMessage, service: str
) -> None:
    sender = {"messaging_service_sid": service} if service else {"from_": SENDER}
    sdk.messages.create(to=text.to, body=text.body, status_callback=CALLBACK, **sender)
    our_provider(make_settings, server, twilio_messaging_service_sid=service).send(text)
    theirs, ours = server.requests
    assert (ours.method, ours.path, ours.credentials) == (theirs.method, theirs.path, theirs.credentials)
    assert ours.content_type == theirs.content_type
    assert ours.fields == theirs.fields


def test_the_sdk_reads_the_answer_of_the_server(sdk: Client, text: TextMessage) -> None:
    message = sdk.messages.create(to=text.to, body=text.body, from_=SENDER)
    assert (message.to, message.body, message.from_, message.status) == (text.to, text.body, SENDER, "queued")
    assert message.sid.startswith("SM")
    assert message.date_created is not None


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (400, 21610), (401, 20003), (429, 20429), (503, 20503)])
def test_both_read_the_same_code_from_a_refusal(
    make_settings: MakeSettings, server: TwilioServer, sdk: Client, text: TextMessage, status: int, code: int
) -> None:
    server.script(Answer(status, code), Answer(status, code))
    with pytest.raises(TwilioRestException) as theirs:
        sdk.messages.create(to=text.to, body=text.body, from_=SENDER)
    with pytest.raises(ProviderError) as ours:
        our_provider(make_settings, server).send(text)
    assert (theirs.value.status, theirs.value.code) == (status, code)
    assert ours.value.code == str(code)
