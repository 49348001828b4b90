"""The picture of a CAPTCHA: readable by a person, a nuisance to a program.

What makes it hold was measured against recognisers (docs/security.md): characters on an upper or a lower row, wavy
vertical bands in which ink and ground change places, and two lines that change them once more, all in one dark ink.
"""

from __future__ import annotations

import secrets
from functools import cache
from io import BytesIO
from math import sin, tau
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

WIDTH, HEIGHT = 300, 120
INK, GROUND = (24, 32, 56), (244, 242, 236)
FONTS = sorted((Path(__file__).parent / "fonts").glob("*.ttf"))
FONT_SIZES = (54, 60, 66)
ROWS = (44, 76)
MOST_TURN = 24  # degrees
BANDS, LINES, LINE_WIDTH = 4, 2, 4


def drawn(text: str) -> bytes:
    """A PNG of 300 by 120 pixels that shows `text`."""
    mask = _characters(text)
    for pattern in (_bands(), *(_line() for _ in range(LINES))):
        mask = ImageChops.difference(mask, pattern)  # where both are set, ink and ground change places
    picture = Image.composite(Image.new("RGB", mask.size, INK), Image.new("RGB", mask.size, GROUND), mask)
    png = BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def _characters(text: str) -> Image.Image:
    mask = Image.new("L", (WIDTH, HEIGHT))
    step = (WIDTH - 20) / len(text)
    for number, character in enumerate(text):
        drawing = _character(character)
        x = 10 + step * (number + 0.5) - drawing.width / 2 + _between(-4, 4)
        y = secrets.choice(ROWS) - drawing.height / 2 + _between(-5, 5)
        place = (round(x), round(y))
        mask.paste(255, (*place, place[0] + drawing.width, place[1] + drawing.height), drawing)
    return mask


def _character(character: str) -> Image.Image:
    font = _font(secrets.choice(FONTS), secrets.choice(FONT_SIZES))
    left, top, right, bottom = (round(edge) for edge in font.getbbox(character))
    drawing = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(drawing).text((-left, -top), character, fill=255, font=font)
    return drawing.rotate(_between(-MOST_TURN, MOST_TURN), Image.Resampling.BICUBIC, expand=True)


def _bands() -> Image.Image:
    """Vertical bands with wavy edges, at uneven distances."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(mask)
    for number in range(BANDS):
        left = WIDTH * (number + 0.5) / BANDS + _between(-18, 18) - 17
        width = _between(26, 38)
        height, length, phase = _between(5, 9), _between(50, 90), _between(0, tau)
        edge = [(left + height * sin(phase + y * tau / length), y) for y in range(-1, HEIGHT + 1)]
        draw.polygon([*edge, *((x + width, y) for x, y in reversed(edge))], fill=255)
    return mask


def _line() -> Image.Image:
    """A smooth line from edge to edge."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    middle, height = _between(40, HEIGHT - 40), _between(10, 26)
    length, phase = _between(160, 320), _between(0, tau)
    points = [(x, middle + height * sin(phase + x * tau / length)) for x in range(-2, WIDTH + 3, 2)]
    ImageDraw.Draw(mask).line(points, fill=255, width=LINE_WIDTH, joint="curve")
    return mask


def _between(least: float, most: float) -> float:
    return least + (most - least) * secrets.randbelow(10_000) / 9_999


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
