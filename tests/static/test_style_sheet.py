"""The style sheet hangs together, and its colours can be told apart in light and dark (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re

import pytest

from neoserra.pages import STATIC

SHEET = (STATIC / "neoserra.css").read_text()
BLOCKS = {"light": r":root \{(.*?)\n\}", "dark": r'\[data-bs-theme="dark"\] \{(.*?)\n\}'}

WORDS = 4.5
SHAPES = 3.0
PAIRS = [
    ("ink", "surface", WORDS),
    ("ink", "ground", WORDS),
    ("muted", "surface", WORDS),
    ("muted", "ground", WORDS),
    ("accent", "surface", WORDS),
    ("accent", "ground", WORDS),
    ("accent-strong", "surface", WORDS),
    ("accent-strong", "ground", WORDS),
    ("accent-strong", "sunken", WORDS),
    ("on-accent", "accent", WORDS),
    ("on-accent", "accent-strong", WORDS),
    ("good", "surface", WORDS),
    ("good", "good-ground", WORDS),
    ("bad", "surface", WORDS),
    ("bad", "bad-ground", WORDS),
    ("wary", "surface", WORDS),
    ("surface", "check", SHAPES),
    ("edge", "surface", SHAPES),
    ("focus", "surface", SHAPES),
    ("focus", "ground", SHAPES),
]


def test_it_names_only_files_that_are_there() -> None:
    for address in re.findall(r'url\("?([^")]+)"?\)', SHEET):
        assert (STATIC / address).is_file(), address


def test_every_value_it_names_is_used_and_none_is_missing() -> None:
    named = set(re.findall(r"[\s{](--(?!bs-)[a-z-]+):", SHEET))
    assert named == set(re.findall(r"var\((--[a-z-]+)\)", SHEET))


@pytest.mark.parametrize("theme", BLOCKS)
@pytest.mark.parametrize(("tone", "ground", "least"), PAIRS)
def test_its_colours_stand_out(theme: str, tone: str, ground: str, least: float) -> None:
    colours = _colours(theme)
    assert _contrast(colours[tone], colours[ground]) >= least


@pytest.mark.parametrize("theme", BLOCKS)
def test_white_words_can_be_read_on_the_band(theme: str) -> None:
    assert _contrast("#fff", _colours(theme)["pine"]) >= WORDS


def _colours(theme: str) -> dict[str, str]:
    block = re.search(BLOCKS[theme], SHEET, re.DOTALL)
    assert block
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", block[1]))


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (_linear(int(digits[place : place + 2], 16) / 255) for place in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
