"""The provider of development, which writes files and simulates failures."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import phonenumbers
import pytest
import time_machine

from neoserra import extensions
from neoserra.delivery.providers import outbox
from neoserra.delivery.providers.base import (
    MailMessage,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.delivery.providers.outbox import SIMULATIONS, OutboxProvider, sent
from tests.delivery.providers.conftest import MakeSettings

Simulate = Callable[[str], TextMessage | MailMessage]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings) -> OutboxProvider:
    settings = make_settings()
    monkeypatch.setattr(extensions, "settings", settings, raising=False)
    return OutboxProvider(settings)


@pytest.fixture(params=["sms", "email"])
def simulate(request: pytest.FixtureRequest, text: TextMessage, mail: MailMessage) -> Simulate:
    """Makes the message of a channel that meets the simulation of a name."""

    def make(name: str) -> TextMessage | MailMessage:
        (found,) = [simulation for simulation in SIMULATIONS if simulation.name == name]
        if request.param == "sms":
            return replace(text, to=found.number)
        return replace(mail, to=f"{found.local_part.title()}@example.org")

    return make


@time_machine.travel(datetime(2026, 3, 8, 9, 30, tzinfo=UTC))
def test_what_was_sent_is_read_newest_first(provider: OutboxProvider, text: TextMessage, mail: MailMessage) -> None:
    assert sent() == []
    assert provider.send(text) == "outbox-BCDFGHJK"
    provider.send(mail)
    newest, oldest = sent()
    assert (newest["channel"], newest["to"], newest["subject"]) == ("email", mail.to, mail.subject)
    assert (newest["text"], newest["html"], newest["reference"]) == (mail.text, mail.html, mail.reference)
    assert (oldest["channel"], oldest["to"], oldest["text"]) == ("sms", text.to, text.body)
    assert (oldest["subject"], oldest["html"]) == (None, None)
    assert oldest["at"].startswith("2026-03-08T09:30:")
    assert oldest["at"].endswith("+00:00")


def test_only_its_owner_can_open_the_outbox(make_settings: MakeSettings) -> None:
    OutboxProvider(make_settings())
    assert stat.S_IMODE((make_settings().data / "outbox").stat().st_mode) == 0o700


def test_the_last_five_hundred_are_kept(
    monkeypatch: pytest.MonkeyPatch, provider: OutboxProvider, text: TextMessage
) -> None:
    assert outbox.KEPT == 500
    monkeypatch.setattr(outbox, "KEPT", 3)
    for number in range(5):
        provider.send(replace(text, reference=f"REF{number}"))
    assert [message["reference"] for message in sent()] == ["REF4", "REF3", "REF2"]


def test_twenty_threads_share_one_outbox(provider: OutboxProvider, text: TextMessage) -> None:
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(provider.send, [replace(text, reference=f"REF{number}") for number in range(100)]))
    assert len({message["reference"] for message in sent()}) == 100


@pytest.mark.parametrize(
    ("name", "kind"),
    [("invalid", PermanentFailure), ("opted out", PermanentFailure), ("unavailable", TemporaryFailure)],
)
def test_a_simulated_refusal_sends_nothing(
    provider: OutboxProvider, simulate: Simulate, name: str, kind: type[ProviderError]
) -> None:
    for _ in range(4):
        with pytest.raises(kind, match="Simulated"):
            provider.send(simulate(name))
    assert sent() == []


@pytest.mark.parametrize("name", ["unavailable", "answer lost"])
def test_a_simulated_failure_is_that_of_one_person(provider: OutboxProvider, simulate: Simulate, name: str) -> None:
    with pytest.raises(ProviderError) as failure:
        provider.send(simulate(name))
    assert failure.value.theirs


def test_the_third_time_gets_through_even_in_another_process(
    provider: OutboxProvider, simulate: Simulate, make_settings: MakeSettings
) -> None:
    message = simulate("third time")
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            OutboxProvider(make_settings()).send(message)
    provider.send(message)
    assert len(sent()) == 1


def test_an_answer_lost_leaves_the_message_sent(provider: OutboxProvider, simulate: Simulate) -> None:
    with pytest.raises(UnknownOutcome):
        provider.send(simulate("answer lost"))
    assert len(sent()) == 1


def test_a_slow_provider_takes_its_time(
    monkeypatch: pytest.MonkeyPatch, provider: OutboxProvider, simulate: Simulate
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    provider.send(simulate("slow"))
    assert waits == [3]
    assert len(sent()) == 1


def test_the_simulating_numbers_are_real_to_a_form_and_nobodys() -> None:
    for simulation in SIMULATIONS:
        number = phonenumbers.parse(simulation.number)
        assert phonenumbers.is_valid_number(number)
        assert "+12025550100" <= simulation.number <= "+12025550199"
