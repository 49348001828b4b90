"""What a text message says: one GSM-7 segment, in every language, for every host."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from neoserra import extensions
from neoserra.delivery import gsm, sending, texts
from neoserra.delivery.providers.base import TextMessage
from neoserra.identity import codes
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Delivery, Message
from neoserra.translation import FOLDER, LANGUAGES
from tests.delivery import rows

TRANSLATED = [language for language in LANGUAGES if language == "en" or (FOLDER / language).exists()]
TEXTED = {Message.SIGN_IN_CODE, Message.NUMBER_CONFIRMATION} | sending.TEXTED
LONGEST_HOST = ".".join(["x" * 63, "y" * 63, "z" * 63, "w" * 61])


@pytest.fixture
def delivery(account: Account, visitor: Visitor) -> Delivery:
    return sending.send_code(account, codes.Purpose.SIGN_IN, visitor)


def body(delivery: Delivery) -> str:
    message = texts.render(delivery)
    assert isinstance(message, TextMessage)
    return message.body


def serve_at(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "settings", replace(extensions.settings, public_url=f"https://{host}"))


def test_it_has_the_form_that_the_interface_promises(account: Account, visitor: Visitor, delivery: Delivery) -> None:
    code = codes.current(rows.owner(account, visitor))
    assert body(delivery) == (
        f"{code} is your Neoserra sign-in code. It expires in 1 hour. Don't share it: our staff will never ask for it."
        f" Ref {delivery.reference}\n\n@crm.example.org #{code}"
    )


def test_it_goes_to_the_whole_number_and_carries_the_reference(delivery: Delivery) -> None:
    message = texts.render(delivery)
    assert isinstance(message, TextMessage)
    assert (message.to, message.reference) == ("+12025550142", delivery.reference)


@pytest.mark.parametrize("language", TRANSLATED)
def test_it_is_one_segment_for_every_host(language: str, delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery.language = language
    for length in range(1, len(LONGEST_HOST) + 1):
        host = LONGEST_HOST[:length].rstrip(".")
        serve_at(host, monkeypatch)
        said = body(delivery)
        assert set(said) <= gsm.BASIC | gsm.EXTENDED
        assert gsm.septets(said) <= 160
        assert delivery.reference in said


def test_a_longer_host_shortens_the_words_and_keeps_the_last_line(
    account: Account, visitor: Visitor, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = codes.current(rows.owner(account, visitor)) or ""
    said = []
    for length in range(10, 126):
        host = LONGEST_HOST[-length:].lstrip(".")
        serve_at(host, monkeypatch)
        words, last_line = body(delivery).split("\n\n")
        assert last_line == f"@{host} #{code}"
        assert words.startswith(code)
        if words not in said:
            said.append(words)
    assert len(said) == 5
    assert [len(words) for words in said] == sorted((len(words) for words in said), reverse=True)


def test_a_host_with_letters_of_its_own_is_written_as_browsers_compare_it(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_at("crm.bücher.example", monkeypatch)
    assert "\n\n@crm.xn--bcher-kva.example #" in body(delivery)


def test_the_port_is_left_out_and_nothing_follows_the_code(
    account: Account, visitor: Visitor, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_at("localhost:8000", monkeypatch)
    assert body(delivery).endswith(f"\n\n@localhost #{codes.current(rows.owner(account, visitor))}")


def test_a_code_that_is_repeated_tells_the_life_it_has_left(delivery: Delivery) -> None:
    assert delivery.expires_at
    with time_machine.travel(delivery.expires_at - timedelta(minutes=9, seconds=30), tick=False):
        assert "It expires in 10 minutes." in body(delivery)
    with time_machine.travel(delivery.expires_at - timedelta(seconds=5), tick=False):
        assert "It expires in 1 minute." in body(delivery)


def test_every_message_has_its_template() -> None:
    for message in set(Message) - {Message.NUMBER_CONFIRMATION}:
        assert (texts.FOLDER / f"{message}.subject.txt").is_file()
        assert (texts.FOLDER / f"{message}.email.txt").is_file()
    for message in TEXTED:
        assert (texts.FOLDER / f"{message}.sms.txt").is_file()


def test_the_message_hides_what_it_says_from_logs(delivery: Delivery) -> None:
    message = texts.render(delivery)
    assert repr(message) == f"TextMessage(reference={delivery.reference!r})"
