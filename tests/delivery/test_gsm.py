"""The alphabet of text messages."""

from __future__ import annotations

import pytest

from neoserra.delivery import gsm

# 3GPP TS 23.038, section 6.2.1, as it is printed there: rows for the low half of a code, columns for the high one.
PRINTED = (
    *("@Δ 0¡P¿p", "£_!1AQaq", '$Φ"2BRbr', "¥Γ#3CScs", "èΛ¤4DTdt", "éΩ%5EUeu", "ùΠ&6FVfv", "ìΨ'7GWgw"),
    *("òΣ(8HXhx", "ÇΘ)9IYiy", "\nΞ*:JZjz", "Ø\x1b+;KÄkä", "øÆ,<LÖlö", "\ræ-=MÑmñ", "Åß.>NÜnü", "åÉ/?O§oà"),
)


def test_the_alphabet_is_the_one_of_the_standard() -> None:
    assert set("".join(PRINTED)) - {"\x1b"} == gsm.BASIC
    assert set("\f^{}\\[~]|€") == gsm.EXTENDED


def test_characters_of_the_extension_table_count_twice() -> None:
    assert gsm.septets("a" * 160) == 160
    assert gsm.septets("[€]") == 6


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Don\u2019t share \u201cit\u201d", 'Don\'t share "it"'),
        ("C\u2019est fini \u2013 déjà\u2026", "C'est fini - déjà..."),
        ("código, ¿año?", "codigo, ¿año?"),
        ("façade, œuvre, être", "facade, oeuvre, etre"),
        ("1\u00a0heure", "1 heure"),
        ("Ⓐ ☎ 文", "A  "),
    ],
)
def test_other_letters_become_those_of_the_alphabet(typed: str, sent: str) -> None:
    assert gsm.plain(typed) == sent
