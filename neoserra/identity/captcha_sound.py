"""The sound of a CAPTCHA: six digits spoken among noise.

A clip costs a quarter of a second of CPU, so the dispatcher makes some beforehand and keeps them in Redis. The voices
are those of the `captcha` package: they are known to everybody, and a program hears many of them. The limits hold.
"""

from __future__ import annotations

import secrets
from functools import cache

from captcha.audio import AudioCaptcha

from neoserra import extensions

IN_STORE = 20  # some 120 KB each
DIGITS = 6  # letters rhyme: nobody tells C, E, P and T apart among noise

Clip = tuple[str, bytes]  # the answer and a WAV that says it


def take() -> Clip:
    """A clip from the store, or one made on the spot when the store is empty."""
    kept = extensions.redis.lpop(_store())
    if not isinstance(kept, bytes):
        return spoken()
    answer, _, clip = kept.partition(b" ")
    return answer.decode(), clip


def fill() -> None:
    """Put one more clip into the store unless it is full."""
    if extensions.redis.llen(_store()) < IN_STORE:
        answer, clip = spoken()
        extensions.redis.rpush(_store(), answer.encode() + b" " + clip)


def spoken() -> Clip:
    """A new clip, which is where the CPU goes."""
    answer = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
    return answer, bytes(_voices().generate(answer))


def _store() -> str:
    return extensions.key("captcha-sounds")


@cache
def _voices() -> AudioCaptcha:
    voices = AudioCaptcha()
    voices.load()
    return voices
