"""Rules for the source of every page: no page has to be opened to see them broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neoserra.pages import STATIC

FOLDER = STATIC.parent / "templates"
PAGES = [path for path in FOLDER.rglob("*.html") if path.parent.name != "messages"]


@pytest.fixture(params=PAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def source(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_it_asks_for_static_files_that_are_there(source: str) -> None:
    for name in re.findall(r"static_url\('([^']+)'\)", source):
        assert (STATIC / name).is_file(), name


def test_it_holds_nothing_inline_and_nothing_foreign(source: str) -> None:
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! )|https?:", source)


def test_every_word_on_it_can_be_translated(source: str) -> None:
    """Left over when code and tags are gone: nothing but the product's own name, which is the same everywhere."""
    kind = r"\{% block kind %\}.*?\{% endblock %\}"
    for code in (kind, r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>", r'[a-z-]+="[^"]*"'):
        source = re.sub(code, " ", source, flags=re.DOTALL)
    assert set(re.findall(r"[A-Za-z]{2,}", source)) <= {"Neoserra"}


def test_it_neither_begs_nor_blames(source: str) -> None:
    """The words that the GOV.UK Design System keeps out of messages."""
    for words in re.findall(r'_\("([^"]+)"', source):
        assert not re.search(r"\b(please|sorry|invalid|valid|forbidden|oops)\b", words, re.IGNORECASE)
