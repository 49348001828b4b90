"""The Twilio provider against a real HTTP server on a loopback port."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from neoserra.delivery.providers import twilio as module
from neoserra.delivery.providers import twilio_errors
from neoserra.delivery.providers.base import (
    Misconfigured,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.delivery.providers.twilio import TwilioProvider
from tests.delivery.providers.conftest import MakeSettings
from tests.servers.twilio_server import ACCOUNT, PATH, SENDER, TOKEN, Answer, TwilioServer


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


RECEIPTS = "http://localhost:8000/receipts/twilio"


@pytest.fixture
def credentials(server: TwilioServer) -> dict[str, str]:
    return {
        "sms_providers": "twilio",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_from": SENDER,
        "twilio_api_base": server.url,
    }


@pytest.fixture
def provider(make_settings: MakeSettings, credentials: dict[str, str]) -> Iterator[TwilioProvider]:
    provider = TwilioProvider(make_settings(**credentials))
    yield provider
    provider.close()


def test_a_text_is_posted_once_and_its_sid_comes_back(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage
) -> None:
    assert provider.send(text).startswith("SM")
    (request,) = server.requests
    assert (request.method, request.path, request.credentials) == ("POST", PATH, f"{ACCOUNT}:{TOKEN}")
    assert request.content_type == "application/x-www-form-urlencoded"
    assert request.fields == {"To": text.to, "From": SENDER, "Body": text.body, "StatusCallback": RECEIPTS}


def test_a_messaging_service_takes_the_place_of_the_sender(
    make_settings: MakeSettings, credentials: dict[str, str], server: TwilioServer, text: TextMessage
) -> None:
    settings = make_settings(**credentials, twilio_messaging_service_sid="MG123")
    TwilioProvider(settings).send(text)
    [fields] = server.accepted
    assert fields == {"To": text.to, "MessagingServiceSid": "MG123", "Body": text.body, "StatusCallback": RECEIPTS}


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://crm.example.org"])
def test_receipts_are_asked_for(
    make_settings: MakeSettings, credentials: dict[str, str], server: TwilioServer, text: TextMessage, url: str
) -> None:
    TwilioProvider(make_settings(**credentials, public_url=url)).send(text)
    assert server.accepted[0]["StatusCallback"] == f"{url}/receipts/twilio"


def test_twilio_itself_is_asked_for_none_where_it_cannot_reach_us_safely(
    make_settings: MakeSettings, credentials: dict[str, str]
) -> None:
    real = credentials | {"twilio_api_base": "https://api.twilio.com", "public_url": "http://localhost:8000"}
    assert "StatusCallback" not in TwilioProvider(make_settings(**real))._fields  # noqa: SLF001  it would be called


def test_the_connection_is_kept_open(provider: TwilioProvider, server: TwilioServer, text: TextMessage) -> None:
    for _ in range(3):
        provider.send(text)
    assert len({request.connection for request in server.requests}) == 1


def test_a_connection_dropped_while_idle_is_opened_again(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage
) -> None:
    provider.send(text)
    server.drop_connections()
    provider.send(text)
    assert len(server.accepted) == 2
    assert len({request.connection for request in server.requests}) == 2


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_one(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage
) -> None:
    server.script(Answer(twice=True), Answer(400, 21211))
    provider.send(text)
    assert server.said_twice.wait(5)
    with pytest.raises(PermanentFailure):
        provider.send(text)


def test_the_answer_to_another_message_is_not_taken_for_ours(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage
) -> None:
    server.script(Answer(body=b'{"sid": "SM1", "body": "551204 is your Neoserra sign-in code. Ref WXHJXDCJ"}'))
    with pytest.raises(UnknownOutcome):
        provider.send(text)
    provider.send(text)
    assert len({request.connection for request in server.requests}) == 2


@pytest.mark.parametrize("code", sorted(twilio_errors.PERMANENT))
def test_a_refusal_that_no_repetition_mends_is_permanent(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage, code: str
) -> None:
    server.script(Answer(400, int(code)))
    with pytest.raises(PermanentFailure) as failure:
        provider.send(text)
    assert (failure.value.code, failure.value.explanation) == (code, twilio_errors.PERMANENT[code])


@pytest.mark.parametrize("code", sorted(twilio_errors.MISCONFIGURED))
def test_a_refusal_of_our_account_or_sender_leaves_the_message_to_another_provider(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage, code: str
) -> None:
    server.script(Answer(400, int(code)))
    with pytest.raises(Misconfigured) as failure:
        provider.send(text)
    assert (failure.value.code, failure.value.explanation) == (code, twilio_errors.MISCONFIGURED[code])


@pytest.mark.parametrize("code", sorted(twilio_errors.TEMPORARY))
def test_a_refusal_that_time_mends_is_temporary(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage, code: str
) -> None:
    server.script(Answer(400, int(code)))
    with pytest.raises(TemporaryFailure) as failure:
        provider.send(text)
    assert (failure.value.code, failure.value.explanation) == (code, twilio_errors.TEMPORARY[code])


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(429), TemporaryFailure, "429"),
        (Answer(429, 20429), TemporaryFailure, "20429"),
        (Answer(503), TemporaryFailure, "503"),
        (Answer(502, body=b"<html>Bad gateway"), UnknownOutcome, "502"),
        (Answer(500, 20500), UnknownOutcome, "20500"),
        (Answer(504), UnknownOutcome, "504"),
        (Answer(400, 29999), PermanentFailure, "29999"),
        (Answer(404, body=b"<html>Not here"), PermanentFailure, "404"),
        (Answer(400, body=b"[1]"), PermanentFailure, "400"),
        (Answer(307, location="/elsewhere"), PermanentFailure, "307"),
        (Answer(201, 30006), PermanentFailure, "30006"),
        (Answer(201, body=b"{"), UnknownOutcome, ""),
        (Answer(201, body=b"{}"), UnknownOutcome, ""),
    ],
)
def test_other_answers_are_judged_by_their_status(
    provider: TwilioProvider,
    server: TwilioServer,
    text: TextMessage,
    answer: Answer,
    kind: type[ProviderError],
    code: str,
) -> None:
    server.script(answer)
    with pytest.raises(kind) as failure:
        provider.send(text)
    assert failure.value.code == code
    assert len(server.requests) == 1


def test_wrong_credentials_say_which_settings_to_check(
    make_settings: MakeSettings, credentials: dict[str, str], text: TextMessage
) -> None:
    provider = TwilioProvider(make_settings(**credentials | {"twilio_auth_token": "wrong"}))
    with pytest.raises(PermanentFailure, match="TWILIO_AUTH_TOKEN"):
        provider.send(text)


@pytest.mark.parametrize("answer", [Answer(hang=True), Answer(drop=True)], ids=["silence", "hanging up"])
def test_a_lost_answer_is_unknown_and_the_text_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
    make_settings: MakeSettings,
    credentials: dict[str, str],
    server: TwilioServer,
    text: TextMessage,
    answer: Answer,
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.2)
    server.script(answer)
    with pytest.raises(UnknownOutcome):
        TwilioProvider(make_settings(**credentials)).send(text)
    assert len(server.requests) == 1


def test_a_kept_connection_that_breaks_under_a_request_leaves_the_outcome_unknown(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage
) -> None:
    server.script(Answer(), Answer(drop=True))
    provider.send(text)
    with pytest.raises(UnknownOutcome):
        provider.send(text)
    assert len(server.requests) == 2


@pytest.mark.parametrize("base", ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "http://no-such-host.invalid"])
def test_what_was_never_reached_may_be_tried_again(
    make_settings: MakeSettings, credentials: dict[str, str], text: TextMessage, closed_port: int, base: str
) -> None:
    settings = make_settings(**credentials | {"twilio_api_base": base.format(port=closed_port)})
    with pytest.raises(TemporaryFailure, match="TWILIO_API_BASE"):
        TwilioProvider(settings).send(text)


def test_a_server_that_does_not_speak_tls_got_nothing(
    make_settings: MakeSettings, credentials: dict[str, str], server: TwilioServer, text: TextMessage
) -> None:
    settings = make_settings(**credentials | {"twilio_api_base": server.url.replace("http:", "https:")})
    with pytest.raises(TemporaryFailure):
        TwilioProvider(settings).send(text)
    assert server.requests == []


def test_a_tls_handshake_that_never_comes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings, credentials: dict[str, str], text: TextMessage
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, and never a TLS handshake
        base = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TemporaryFailure):
            TwilioProvider(make_settings(**credentials | {"twilio_api_base": base})).send(text)


def test_twenty_threads_share_one_provider(provider: TwilioProvider, server: TwilioServer) -> None:
    texts = [TextMessage(f"REF{number}", f"+1202555{number:04}", f"text REF{number}") for number in range(200)]
    with ThreadPoolExecutor(20) as threads:
        sids = list(threads.map(provider.send, texts))
    assert len(set(sids)) == 200
    assert sorted(fields["Body"] for fields in server.accepted) == sorted(text.body for text in texts)
    assert len({request.connection for request in server.requests}) <= 20


def test_errors_and_logs_tell_neither_number_nor_text_nor_token(
    provider: TwilioProvider, server: TwilioServer, text: TextMessage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refusals = [Answer(400, int(code)) for code in (*twilio_errors.PERMANENT, *twilio_errors.TEMPORARY)]
    answers = [*refusals, Answer(400, 29999), Answer(drop=True), Answer(201, body=b"{")]
    server.script(*answers)
    told = []
    for _ in answers:
        with pytest.raises(ProviderError) as failure:
            provider.send(text)
        told.append("".join(traceback.format_exception(failure.value)))
        assert len(failure.value.explanation) <= 300
    told.append(caplog.text)
    for secret in (text.to, "2025550123", "482913", TOKEN):
        assert secret not in "".join(told) + repr(text)
