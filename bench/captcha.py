"""The picture of a CAPTCHA beside the one of the `captcha` package, and its sound: CPU and size.

How many are solved is measured outside, with recognisers; docs/security.md tells.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import TypeVar

from captcha.image import ImageCaptcha

from bench.site import Rows
from neoserra.identity import captcha, captcha_picture, captcha_sound

PICTURES, SOUNDS = 300, 10

T = TypeVar("T")


def run() -> Rows:
    package = ImageCaptcha(captcha_picture.WIDTH, captcha_picture.HEIGHT)
    ours: list[float] = []
    theirs: list[float] = []
    sizes: list[int] = []
    for _ in range(PICTURES):
        text = "".join(secrets.choice(captcha.LETTERS) for _ in range(captcha.LENGTH))
        picture, cost = _timed(partial(captcha_picture.drawn, text))
        ours.append(cost)
        sizes.append(len(picture))
        theirs.append(_timed(partial(package.generate, text))[1])
    yield f"{PICTURES} pictures, ms of CPU each", f"{median(ours):.1f} (the slowest {max(ours):.1f})"
    yield "the package's own picture, ms", f"{median(theirs):.1f}"
    yield "ours / the package's", f"{median(ours) / median(theirs):.2f}"
    yield "a picture, KiB", f"{median(sizes) / 1024:.1f}"
    sounds = [_timed(captcha_sound.spoken)[1] for _ in range(SOUNDS)]
    yield "a sound made on the spot, ms of CPU", f"{median(sounds):.0f}"


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What came of it, and the milliseconds of CPU it took."""
    before = time.process_time()
    return work(), (time.process_time() - before) * 1e3
