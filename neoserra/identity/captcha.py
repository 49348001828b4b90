"""The CAPTCHA of a browser: six characters to read in a picture, or six digits to hear.

Redis holds one challenge a session, under a hash of the session's id, for ten minutes. It is taken out before it is
compared, so there is one try, right or wrong. A program never gets two drawings of one text: asked for a second time,
the picture shows another. Whatever a solved one opens is bounded as if it were solved every time.

A challenge is `<form> <answer>`, with the clip after it once it is heard: players ask for a sound in several parts.
"""

from __future__ import annotations

import hmac
import secrets
from enum import StrEnum
from typing import Any

from neoserra import extensions
from neoserra.identity import limits, scripts, sessions

LIFE_SECONDS = 600
LETTERS = "ACEHJKMNPTWX36"  # told apart in every face and at every turn
LENGTH = 6
PICTURES = 1000  # in ten minutes for a client address; one costs some 5 ms
SOUNDS = 5  # in ten minutes for a client address; one costs some 250 ms when none is in store
WINDOW_SECONDS = 600


class Form(StrEnum):
    """How a challenge was put last; a new one was not put yet."""

    NEW = "new"
    SEEN = "seen"
    HEARD = "heard"


class WrongCaptcha(limits.Failure):
    """Not what the picture shows, or the sound says."""


class CaptchaExpired(Exception):
    """There is no challenge any more: its ten minutes are over, or it was answered."""


def put(session_id: str) -> None:
    """A new challenge for the session, in the place of the one before."""
    extensions.redis.set(_key(session_id), f"{Form.NEW} {_text()}", ex=LIFE_SECONDS)


def picture(session_id: str, address: str) -> bytes:
    """The challenge as a PNG.

    Raises:
        limits.TooManyFailures: this client address has had too many.
    """
    limits.take("pictures", address, PICTURES, WINDOW_SECONDS)
    answer = scripts.run("show_captcha", [_key(session_id)], [f"{Form.SEEN} ", _text(), LIFE_SECONDS])
    from neoserra.identity import captcha_picture  # and Pillow with it, which no other page needs

    return captcha_picture.drawn(answer.decode())


def sound(session_id: str, address: str) -> bytes:
    """The challenge as a WAV. One that is not heard yet is replaced: a clip from the store brings its own answer.

    Raises:
        limits.TooManyFailures: this client address has had too many.
    """
    form, _, clip = _challenge(session_id)
    if form == Form.HEARD:
        return clip
    limits.take("sounds", address, SOUNDS, WINDOW_SECONDS)
    from neoserra.identity import captcha_sound  # which spends memory on voices

    answer, clip = captcha_sound.take()
    extensions.redis.set(_key(session_id), f"{Form.HEARD} {answer} ".encode() + clip, ex=LIFE_SECONDS)
    return clip


def answer(session_id: str) -> str:
    """What would be right, for tests of the site; empty when there is no challenge."""
    return _challenge(session_id)[1]


def check(session_id: str, typed: str) -> None:
    """Use the challenge up. Returns when `typed` is right; capitals and spaces do not matter.

    Raises:
        WrongCaptcha, CaptchaExpired: it was not.
    """
    right = _parts(extensions.redis.getdel(_key(session_id)))[1]
    if not right:
        raise CaptchaExpired
    if not hmac.compare_digest(right.encode(), "".join(typed.split()).upper().encode()):
        raise WrongCaptcha


def _challenge(session_id: str) -> tuple[str, str, bytes]:
    return _parts(extensions.redis.get(_key(session_id)))


def _parts(value: Any) -> tuple[str, str, bytes]:
    """Form, answer and clip; all of them empty where nothing is kept."""
    form, answer, clip = [*value.split(b" ", 2), b""][:3] if value else (b"", b"", b"")
    return form.decode(), answer.decode(), clip


def _text() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _key(session_id: str) -> str:
    return extensions.key("captcha", sessions.name(session_id))
