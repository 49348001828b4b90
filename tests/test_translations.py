"""The catalogs: complete, compiled, and true to what they translate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from neoserra.delivery import gsm
from neoserra.translation import FOLDER, LANGUAGES
from tools import translations

TRANSLATED = sorted(set(LANGUAGES) - {"en"})
FORGOTTEN = "run `python3 dev.py translate`"
NAMED = re.compile(r"%\([a-z_]+\)s")
TYPOGRAPHIC = re.compile("[\u2018-\u201f\u2032\u2033\u00ab\u00bb\u2026`\u00b4]")

pytestmark = pytest.mark.parametrize("language", TRANSLATED)


@cache
def extracted() -> Catalog:
    return translations.extracted()


@cache
def catalog(language: str) -> Catalog:
    return translations.read(translations.catalogs()[language], language)


def messages(language: str) -> list[Message]:
    return [message for message in catalog(language) if message.id]


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """What is said in English, and in the language; plural forms one by one."""
    for message in messages(language):
        yield from zip(translations.strings(message.id), translations.strings(message.string), strict=True)


def is_texted(message: Message) -> bool:
    return any(file.endswith(".sms.txt") for file, _ in message.locations)


def names(*forms: str) -> set[str]:
    return {name for form in forms for name in NAMED.findall(form)}


def test_it_has_every_message_and_no_other(language: str) -> None:
    said = {str(message.id) for message in extracted() if message.id}
    assert {str(message.id) for message in messages(language)} == said, FORGOTTEN
    assert not catalog(language).obsolete


def test_everything_is_translated_in_each_plural_form(language: str) -> None:
    assert [message.id for message in translations.missing(catalog(language))] == []
    for message in messages(language):
        assert len(translations.strings(message.string)) == (2 if message.pluralizable else 1)


def test_what_is_used_is_what_is_written(language: str) -> None:
    compiled = (FOLDER / language / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert compiled == translations.compiled(catalog(language)), FORGOTTEN


def test_values_go_where_the_sentence_wants_them(language: str) -> None:
    """All of them are there, and no other. The form for one may leave out, or have, the number itself."""
    for message in messages(language):
        said, translated = translations.strings(message.id), translations.strings(message.string)
        assert names(translated[-1]) == names(said[-1]), message.id
        assert names(said[0]) <= names(translated[0]) <= names(*said), message.id


def test_a_percent_sign_beside_values_is_part_of_one(language: str) -> None:
    """Or filling in the values would fail."""
    wrong = [translated for said, translated in pairs(language) if names(said) and "%" in NAMED.sub("", translated)]
    assert wrong == []


def test_the_sign_that_scripts_replace_stays(language: str) -> None:
    assert [translated for said, translated in pairs(language) if said.count("#") != translated.count("#")] == []


def test_quotes_and_apostrophes_are_the_straight_ones(language: str) -> None:
    assert [translated for _, translated in pairs(language) if TYPOGRAPHIC.search(translated)] == []


def test_sentences_begin_and_end_as_in_english(language: str) -> None:
    for said, translated in pairs(language):
        assert translated == translated.strip()
        assert "  " not in translated
        assert translated.endswith(".") == said.endswith("."), translated
        assert said[0].islower() == translated[0].islower() or translated.isupper(), translated


def test_questions_and_signs_have_the_marks_of_the_language(language: str) -> None:
    """Spanish opens a question; French puts a no-break space, and a text message a space, before these signs."""
    for message in messages(language):
        for translated in translations.strings(message.string):
            assert translated.count("\u00bf") == (translated.count("?") if language == "es" else 0), translated
            space = "" if language == "es" else " " if is_texted(message) else "\u00a0"
            for before in re.findall(r"(\s?)[:;?!](?!//)", translated):
                assert before == space, translated


def test_text_messages_keep_to_their_alphabet(language: str) -> None:
    """What had to be left out by `gsm.plain` is left out by the translator, who finds the better words."""
    texted = [message for message in messages(language) if is_texted(message)]
    assert len(texted) > 10
    for message in texted:
        assert set(NAMED.sub("", str(message.string))) <= gsm.BASIC, message.string


def test_some_words_are_the_same_in_both_and_most_are_not(language: str) -> None:
    same = [said for said, translated in pairs(language) if said == translated]
    assert [words for words in same if " " in words and not words.startswith("%(number)s")] == []
    assert len(same) < 40
