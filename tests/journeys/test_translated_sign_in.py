"""The sign-in in a Chromium that is set to another language, on a small phone, where longer words must fit too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from neoserra.models import Account
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

# Locale; labels of username, password, button, code, button; what a script counts down; headings of two pages
WORDS = {
    "es": (
        ("es-US", "Nombre de usuario o dirección de correo electrónico", "Contraseña", "Inicio de sesión"),
        ("Código de 6 dígitos", "Guardar", "Vale durante 60 minutos más."),
        ("Le damos la bienvenida, Ann Lee", "Preferencias"),
    ),
    "fr": (
        ("fr-CA", "Nom d'utilisateur ou adresse e-mail", "Mot de passe", "Connexion"),
        ("Code à 6 chiffres", "Enregistrer", "Il fonctionne encore 60 minutes."),
        ("Bienvenue, Ann Lee", "Préférences"),
    ),
}


@pytest.mark.parametrize("language", WORDS)
def test_somebody_signs_in_without_a_word_of_english(
    browser: Browser, site: str, account: Account, language: str
) -> None:
    (locale, name, password, sign_in), (code, save, left), (welcome, preferences) = WORDS[language]
    context = browser.new_context(base_url=site, locale=locale, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto("/login")
    fits(page, language)
    page.get_by_label(name).fill("ann")
    page.get_by_label(password, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=sign_in, exact=True).click()
    page.wait_for_url("/verification")
    expect(page.get_by_text(left)).to_be_visible()
    fits(page, language)
    page.get_by_label(code).fill(texted_code(page, language))
    page.get_by_role("button", name=save, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(welcome)
    fits(page, language)
    page.goto("/preferences")
    expect(page.get_by_role("heading", level=1)).to_have_text(preferences)
    fits(page, language)


def fits(page: Page, language: str) -> None:
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def texted_code(page: Page, language: str) -> str:
    """Read off the phone, in a tab of its own."""
    outbox = page.context.new_page()
    outbox.goto("/outbox")
    fits(outbox, language)
    said = outbox.locator(".outbox-text").first.inner_text()  # the page shows by itself what comes in
    outbox.close()
    found = re.search(r"\b[0-9]{6}(?= est? )", said)
    assert found, said
    return found[0]
