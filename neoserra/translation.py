"""The reader's language and time zone. Web and worker processes speak through here, with or without a request.

English is the language of the source; the catalogs lie under `translations/`. Language and zone are context variables,
because one worker speaks to many people at the same time.
"""

from __future__ import annotations

import gettext as catalogs
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.support import LazyProxy

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français"}
FOLDER = Path(__file__).parent.parent / "translations"
DATE_AND_TIME = {"es": "d 'de' MMMM 'de' y, HH:mm z"}  # elsewhere as below

_language: ContextVar[str] = ContextVar("language", default="en")
_time_zone: ContextVar[str] = ContextVar("time_zone", default="UTC")


def speak(language: str, time_zone: str = "") -> None:
    """Use `language` and `time_zone` (an IANA name) from here on in this context; unknown ones mean English and UTC."""
    _language.set(language if language in LANGUAGES else "en")
    _time_zone.set(time_zone if time_zone in available_time_zones() else "UTC")


@contextmanager
def speaking(language: str, time_zone: str = "") -> Iterator[None]:
    """Use `language` and `time_zone` inside the block alone."""
    before = _language.get(), _time_zone.get()
    speak(language, time_zone)
    try:
        yield
    finally:
        speak(*before)


def language() -> str:
    return _language.get()


def gettext(message: str, /, **values: object) -> str:
    """`message` in the reader's language, its `%(name)s` filled from `values`."""
    translated = _catalog(_language.get()).gettext(message)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """The form for `number`, which is itself available as `%(number)s`."""
    return _catalog(_language.get()).ngettext(singular, plural, number) % {"number": number, **values}


def lazy_gettext(message: str) -> str:
    """Like `gettext`, translated when it is shown: for labels of forms, which exist before there is a reader."""
    return cast("str", LazyProxy(gettext, message, enable_cache=False))


def local_time(moment: datetime, *, seconds: bool = False) -> str:
    """Date and time of an aware `moment` in the reader's zone, with the zone's name."""
    pattern = DATE_AND_TIME.get(_language.get(), "d MMMM y, HH:mm z").replace("mm", "mm:ss" if seconds else "mm")
    return format_datetime(moment, pattern, tzinfo=_zone(), locale=_language.get())


def local_hour(moment: datetime) -> str:
    """Hours and minutes of an aware `moment` in the reader's zone, with the zone's name."""
    return format_time(moment, "HH:mm z", tzinfo=_zone(), locale=_language.get())


def day_in_words(day: date) -> str:
    """A day as the reader writes it."""
    return format_date(day, "d MMMM y", locale=_language.get())


def midnight(day: date) -> datetime:
    """The beginning of `day` in the reader's zone, aware."""
    return datetime.combine(day, time(), _zone())


def country_name(region: str) -> str:
    """What a region like `US` is called in the reader's language."""
    return str(Locale(_language.get()).territories.get(region, region))


def browser_words(description: str) -> str:
    """`Chrome on Windows`, as it is kept, in the reader's language."""
    browser, on, system = description.partition(" on ")
    return gettext("%(browser)s on %(system)s", browser=browser, system=system) if on else description


def time_zone() -> str:
    """The IANA name of the reader's zone."""
    return _time_zone.get()


def _zone() -> ZoneInfo:
    return ZoneInfo(_time_zone.get())


@cache
def available_time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _catalog(name: str) -> catalogs.NullTranslations:
    """English where a catalog is missing: who has chosen its language could open no page otherwise."""
    return catalogs.translation("messages", FOLDER, [name], fallback=True)
