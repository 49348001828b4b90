"""The alphabet of text messages: 3GPP TS 23.038, GSM 7 bit default alphabet and its extension table.

One character outside it turns the whole message into UCS-2, with room for 70 characters instead of 160.
"""

from __future__ import annotations

import unicodedata

SEGMENT = 160  # septets in a message of one part

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape and a character: two septets

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\t", " "),
        "\u2026": "...",
        "\u0152": "OE",
        "\u0153": "oe",
    }
)


def septets(text: str) -> int:
    """How much room `text`, which is all in the alphabet, takes in a message."""
    return len(text) + sum(character in EXTENDED for character in text)


def plain(text: str) -> str:
    """`text` in the letters of the alphabet: straight quotes, accents dropped where it has none, the rest left out."""
    return "".join(map(_plain, text.translate(_PLAIN)))


def _plain(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    return "".join(part for part in unicodedata.normalize("NFKD", character) if part in BASIC)
