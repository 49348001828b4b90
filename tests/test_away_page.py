"""What nginx shows while the web process does not answer."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest

from neoserra import translation
from tests.client import PAGE, words

DEPLOY = Path(__file__).parents[1] / "deploy"
TITLE = "Neoserra is not available right now"
ADVICE = "Try again in a minute. What you typed was not saved. You need to do nothing else: it mends itself."


@pytest.mark.parametrize("language", translation.LANGUAGES)
def test_it_says_in_every_language_what_the_page_of_the_site_would_say(language: str) -> None:
    page = html5lib.HTMLParser(strict=True).parse((DEPLOY / "away.html").read_text("utf-8"))
    assert words(next(page.iter(f"{PAGE}title"))) == f"{words(next(page.iter(f'{PAGE}h1')))} - Neoserra"
    translation.speak(language)
    shown = words(next(page.iter(f"{PAGE}main")))
    for sentence in (TITLE, ADVICE):
        assert " ".join(translation.gettext(sentence).split()) in shown
    translation.speak("en")


def test_the_sample_of_nginx_shows_it_with_503() -> None:
    sample = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert "error_page 502 =503 /away.html;" in sample
    assert "root /opt/neoserra/deploy;" in sample
    assert "add_header Referrer-Policy no-referrer always;" in sample
