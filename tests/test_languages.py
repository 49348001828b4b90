"""Pages and messages in the language and the time zone of whoever reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from neoserra import clock, extensions
from neoserra.delivery import gsm, sending, texts
from neoserra.delivery.providers.base import MailMessage, TextMessage
from neoserra.identity import accounts, codes
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, Message
from tests.client import PAGE, CheckedClient
from tests.conftest import PASSWORD
from tests.journey import code_of, deliveries, sign_in
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

TRANSLATED = ["es", "fr"]
JANUARY = datetime(2026, 1, 31, 23, 5, tzinfo=UTC)

# The sign-in: its first page, a refusal, the code page, a wrong code, the start page
JOURNEY = {
    "en": (
        "Sign in",
        "The username or password is not right.",
        "Enter your code",
        "The code must be 6 digits (you entered 3)",
        "Welcome, Ann Lee",
    ),
    "es": (
        "Iniciar sesión",
        "El nombre de usuario o la contraseña no es correcto.",
        "Escriba su código",
        "El código debe tener 6 dígitos (usted escribió 3)",
        "Le damos la bienvenida, Ann Lee",
    ),
    "fr": (
        "Se connecter",
        "Le nom d'utilisateur ou le mot de passe n'est pas correct.",
        "Saisissez votre code",
        "Le code doit compter 6 chiffres (vous en avez saisi 3)",
        "Bienvenue, Ann Lee",
    ),
}
LONGEST = {
    Message.SIGN_IN_CODE: {"es": "nunca se lo pediremos", "fr": "nous ne le demandons jamais"},
    Message.NUMBER_CONFIRMATION: {"es": "No lo comparta", "fr": "Ne le donnez à personne"},
}
ACCEPTED = {"en": "de-DE, en;q=0.5", "es": "es-MX, es;q=0.9, en;q=0.8", "fr": "fr-CA, en;q=0.5"}


@pytest.mark.parametrize("language", JOURNEY)
def test_the_sign_in_speaks_the_language_of_the_browser(client: CheckedClient, account: Account, language: str) -> None:
    first, refused, code_page, three_digits, welcome = JOURNEY[language]
    client.language = ACCEPTED[language]
    client.get("/login")
    assert (client.h1, client.page.get("lang")) == (first, language)
    client.press("/login", username="ann", password="A wrong one, 1")
    assert refused in client.text
    client.submit("/login", username="ann", password=PASSWORD)
    client.get("/verification")
    assert (client.h1, client.page.get("lang")) == (code_page, language)
    client.press("/verification", code="123")
    assert three_digits in client.text
    client.press("/verification", code=code_of(client, account))
    client.get("/")
    assert (client.h1, client.page.get("lang")) == (welcome, language)
    assert [sent.language for sent in deliveries()] == [language] * len(deliveries())


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr;q=0.5, es-419;q=0.7, en;q=0.6", "es"),
        ("de, FR-CH;q=0.9, en;q=0.8", "fr"),
        ("fr;q=0, es;q=0.1", "es"),
        ("*", "en"),
        ("pt-BR", "en"),
        ("fr;q=much", "en"),
        ("", "en"),
    ],
)
def test_the_language_that_is_liked_best_is_spoken(client: CheckedClient, accepted: str, language: str) -> None:
    client.language = accepted
    client.get("/login")
    assert client.page.get("lang") == language


def test_pages_that_anybody_sees_follow_the_browser_too(client: CheckedClient) -> None:
    client.language = ACCEPTED["fr"]
    client.get("/reset")
    assert client.h1 == "Mot de passe oublié ?"
    assert client.get("/nowhere").status_code == 404
    assert (client.h1, client.page.get("lang")) == ("Page introuvable", "fr")


def test_the_language_of_the_account_goes_before_that_of_the_browser(
    client: CheckedClient, account: Account, visitor: Visitor
) -> None:
    accounts.choose_display(account.id, "fr", "America/Bogota", visitor)
    client.language = ACCEPTED["es"]
    client.submit("/login", username="ann", password=PASSWORD)
    client.get("/verification")
    assert client.h1 == JOURNEY["es"][2]
    assert deliveries()[0].language == "fr"
    client.press("/verification", code=code_of(client, account))
    client.get("/")
    assert (client.h1, client.page.get("lang")) == (JOURNEY["fr"][-1], "fr")


def test_pages_tell_times_and_browsers_in_the_zone_and_language_of_the_account(
    client: CheckedClient, account: Account, visitor: Visitor
) -> None:
    accounts.choose_display(account.id, "es", "America/Bogota", visitor)
    with time_machine.travel(JANUARY, tick=False):
        sign_in(client, account)
        client.get("/preferences")
    assert "31 de enero de 2026, 18:05 -0500" in client.text
    assert "23:05" not in client.text
    assert "Chrome en Windows" in client.text
    assert "2026-01-31T23:05:00Z" in [time.get("datetime") for time in client.page.iter(f"{PAGE}time")]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "on 31 January 2026, 18:05 -0500, in Chrome on Windows"),
        ("es", "el 31 de enero de 2026, 18:05 -0500, en Chrome en Windows"),
        ("fr", "le 31 janvier 2026, 18:05 -0500, dans Chrome sous Windows"),
    ],
)
def test_mails_tell_times_and_browsers_in_the_zone_and_language_of_the_account(
    account: Account, visitor: Visitor, language: str, told: str
) -> None:
    accounts.choose_display(account.id, language, "America/Bogota", visitor)
    with time_machine.travel(JANUARY, tick=False):
        mail = texts.render(delivery(account, visitor, Message.PASSWORD_CHANGED, Channel.EMAIL, language))
    assert isinstance(mail, MailMessage)
    assert told in mail.text
    assert f'<html lang="{language}">' in mail.html


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("message", sorted(set(Message) - {Message.NUMBER_CONFIRMATION}))
def test_a_mail_is_all_in_the_language(account: Account, visitor: Visitor, message: Message, language: str) -> None:
    english = paragraphs(delivery(account, visitor, message, Channel.EMAIL, "en"))
    translated = paragraphs(delivery(account, visitor, message, Channel.EMAIL, language))
    assert len(translated) == len(english)
    assert [words for words in translated if words in english and " " in words] == []


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("message", sorted({*sending.TEXTED, Message.TEST_MESSAGE}))
def test_a_notice_by_text_message_is_one_segment(
    account: Account, visitor: Visitor, message: Message, language: str
) -> None:
    said = text_message(delivery(account, visitor, message, Channel.SMS, language))
    assert said.endswith("Ref BCDFGHJK")
    assert set(said) <= gsm.BASIC
    assert len(said) <= gsm.SEGMENT
    assert said != text_message(delivery(account, visitor, message, Channel.SMS, "en"))


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("message", [Message.SIGN_IN_CODE, Message.NUMBER_CONFIRMATION])
@pytest.mark.parametrize("minutes", [60, 59])
def test_a_code_by_text_message_says_everything_in_one_segment(
    account: Account, visitor: Visitor, message: Message, language: str, minutes: int
) -> None:
    sent = delivery(account, visitor, message, Channel.SMS, language)
    sent.expires_at = clock.now() + timedelta(minutes=minutes)
    code = codes.current(texts.owner(sent))
    words, last_line = text_message(sent).split("\n\n")
    assert last_line == f"@crm.example.org #{code}"
    assert len(words) + 2 + len(last_line) <= gsm.SEGMENT
    assert words.startswith(f"{code} es")
    assert LONGEST[message][language] in words


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("message", [Message.SIGN_IN_CODE, Message.NUMBER_CONFIRMATION])
def test_a_long_host_still_leaves_room_for_a_sentence(
    account: Account, visitor: Visitor, message: Message, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"crm.{'x' * 56}.example.org"
    monkeypatch.setattr(extensions, "settings", replace(extensions.settings, public_url=f"https://{host}"))
    said = text_message(delivery(account, visitor, message, Channel.SMS, language))
    assert gsm.septets(said) <= gsm.SEGMENT
    assert " es" in said.partition("\n\n")[0]


def delivery(account: Account, visitor: Visitor, message: Message, channel: Channel, language: str) -> Delivery:
    """One that is ready to be rendered, with a live code behind it where it carries one."""
    to = account.mobile if channel == Channel.SMS else account.email
    made = sending.new_delivery(account, message, (channel, to or ""), visitor)
    made.id, made.reference, made.language = 1, "BCDFGHJK", language
    if message in texts.PURPOSES:
        made.expires_at = codes.issue(texts.owner(made))
    return made


def text_message(of: Delivery) -> str:
    message = texts.render(of)
    assert isinstance(message, TextMessage)
    return message.body


def paragraphs(of: Delivery) -> list[str]:
    message = texts.render(of)
    assert isinstance(message, MailMessage)
    return [message.subject, *message.text.strip().split("\n\n")]
