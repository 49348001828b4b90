"""The words that people read: friendly (ux.md, A13), translatable, and never put together out of order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from jinja2.ext import babel_extract

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "templates").rglob("*.html"))
TEMPLATES = [*PAGES, *sorted((ROOT / "templates").rglob("*.txt"))]
CODE = sorted((ROOT / "neoserra").rglob("*.py"))

MARKERS = {"_", "_l", "gettext", "lazy_gettext", "ngettext"}
OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
UNFRIENDLY = re.compile(r"\b(please|sorry|valid|invalid|forbidden|oops|illegal|denied|failure)\b", re.IGNORECASE)
NAMED = re.compile(r"%\([a-z_]+\)s")
JINJA = re.compile(r"\{% block kind %\}.*?\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


class Phrase(NamedTuple):
    place: str
    words: str


def phrases() -> list[Phrase]:
    """Everything that is translated, in code and templates."""
    return [*_phrases_of_code(), *_phrases_of_templates()]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function that translates."""
    for path in CODE:
        if path.name == "translation.py":
            continue  # it defines them
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _phrases_of_code() -> Iterator[Phrase]:
    for place, call in calls():
        for argument in call.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield Phrase(place, argument.value)


def _phrases_of_templates() -> Iterator[Phrase]:
    for path in TEMPLATES:
        with path.open("rb") as file:
            for line, _, found, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), OPTIONS):
                for words in [found] if isinstance(found, str) else found or ():
                    if words:
                        yield Phrase(f"{path.relative_to(ROOT)}:{line}", words)


def test_phrases_are_found_in_code_and_templates() -> None:
    """Or the tests below would prove nothing."""
    assert len(list(_phrases_of_code())) > 100
    assert len(list(_phrases_of_templates())) > 100


def test_no_phrase_blames_pleads_or_speaks_like_a_machine() -> None:
    assert [phrase for phrase in phrases() if UNFRIENDLY.search(phrase.words)] == []


def test_values_in_phrases_have_names() -> None:
    """A translator may have to put them in another order."""
    assert [phrase for phrase in phrases() if re.search(r"%\S|\{", NAMED.sub("", phrase.words))] == []


def test_only_whole_phrases_are_translated() -> None:
    """An f-string or a variable could not be found by a translator."""
    first = {"ngettext": 2}
    loose = [
        place
        for place, call in calls()
        if not all(isinstance(argument, ast.Constant) for argument in call.args[: first.get(ast.unparse(call.func), 1)])
    ]
    assert loose == []


def test_phrases_begin_and_end_with_words() -> None:
    """Pieces with spaces at their ends are put together in an order that other languages do not share."""
    assert [phrase for phrase in phrases() if phrase.words != phrase.words.strip()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    html = JINJA.sub("", path.read_text("utf-8"))
    said = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"]+)"', html)
    written = re.sub(r'<[^>]*>|[a-z-]+="[^"]*"', "\n", html)
    words = {line.strip(" -\u2013\u00b7\u2026") for text in (*said, written) for line in text.splitlines()}
    assert [line for line in words if re.search(r"[A-Za-z]{2}", line.replace("Neoserra", ""))] == []
