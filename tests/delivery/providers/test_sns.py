"""The SNS provider against moto's server, over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from neoserra.delivery.providers import sns as module
from neoserra.delivery.providers import sns_errors
from neoserra.delivery.providers.base import (
    Misconfigured,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.delivery.providers.sns import SnsProvider
from tests.delivery.providers.conftest import MakeSettings
from tests.servers.sns_server import SnsServer

CREDENTIALS = {"aws_region": "us-east-1", "aws_access_key_id": "key", "aws_secret_access_key": "secret of the tests"}


@pytest.fixture(scope="module")
def server() -> Iterator[SnsServer]:
    with SnsServer() as server:
        yield server


def provider_at(url: str, make_settings: MakeSettings) -> SnsProvider:
    return SnsProvider(make_settings(sms_providers="sns", aws_endpoint_url_sns=url, **CREDENTIALS))


def test_a_text_is_published_and_its_id_comes_back(
    server: SnsServer, make_settings: MakeSettings, text: TextMessage
) -> None:
    provider = provider_at(server.url, make_settings)
    assert len(provider.send(text)) == 36
    assert server.texts() == [(text.to, text.body)]
    provider.close()


def test_a_number_that_sns_does_not_take_is_refused_for_good(server: SnsServer, make_settings: MakeSettings) -> None:
    with pytest.raises(PermanentFailure) as failure:
        provider_at(server.url, make_settings).send(TextMessage("BCDFGHJK", "nonsense", "482913"))
    assert (failure.value.code, failure.value.explanation) == (
        "InvalidParameter",
        sns_errors.PERMANENT["InvalidParameter"],
    )
    assert not isinstance(failure.value, Misconfigured)


def test_a_server_that_is_not_there_may_be_tried_again(
    make_settings: MakeSettings, text: TextMessage, closed_port: int
) -> None:
    with pytest.raises(TemporaryFailure, match="SNS cannot be reached"):
        provider_at(f"http://127.0.0.1:{closed_port}", make_settings).send(text)


def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings, text: TextMessage
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    requests = []

    def swallow(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        requests.append(connection.recv(65536))
        listening.accept()[0].close()
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=swallow, args=[listening])
        thread.start()
        with pytest.raises(UnknownOutcome):
            provider_at(f"http://127.0.0.1:{listening.getsockname()[1]}", make_settings).send(text)
        socket.create_connection(listening.getsockname()).close()
        thread.join()
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        *((code, 400, PermanentFailure) for code in sns_errors.PERMANENT),
        *((code, 403, Misconfigured) for code in sns_errors.MISCONFIGURED),
        *((code, 400, TemporaryFailure) for code in sns_errors.TEMPORARY),
        ("InvalidParameterException", 400, PermanentFailure),
        ("Odd", 429, TemporaryFailure),
        ("Odd", 503, TemporaryFailure),
        ("InternalError", 500, UnknownOutcome),
        ("Odd", 400, PermanentFailure),
    ],
)
def test_every_code_tells_what_to_do(code: str, status: int, kind: type[ProviderError]) -> None:
    failure = sns_errors.failure(code, status)
    assert type(failure) is kind
    assert failure.explanation.endswith(".")
