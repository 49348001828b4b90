"""The time zones to choose from, in an order in which people find theirs."""

from __future__ import annotations

from functools import cache

from babel.core import get_global

from neoserra import extensions, translation
from neoserra.translation import gettext as _

DEFAULT = "UTC"

Choice = tuple[str, str]


def groups(chosen: str) -> list[tuple[str, list[Choice]]]:
    """UTC, the home country, then the rest of the world by its parts; each with its choices (zone and words).

    The first group has no name. `chosen` is in it when it is an older name of a zone, which is in no other.
    """
    home = extensions.settings.phone_region
    country = get_global("zone_territories")
    at_home = [zone for zone in _zones() if country.get(zone) == home]
    elsewhere = [zone for zone in _zones() if country.get(zone) != home]
    first = [DEFAULT] if chosen in (DEFAULT, *_zones()) else [DEFAULT, chosen]
    return [
        ("", [(zone, zone) for zone in first]),
        (translation.country_name(home), _choices(at_home)),
        *((name, _choices([zone for zone in elsewhere if _area(zone) == area])) for area, name in _areas().items()),
    ]


@cache
def _zones() -> frozenset[str]:
    """One name for each zone: neither older names for the same nor those that stand for no place."""
    older = get_global("zone_aliases")
    return frozenset(
        zone for zone in translation.available_time_zones() if _area(zone) in _areas() and zone not in older
    )


def _choices(zones: list[str]) -> list[Choice]:
    return sorted(((zone, _words(zone)) for zone in zones), key=lambda choice: choice[1])


def _words(zone: str) -> str:
    """`America/Argentina/Buenos_Aires` as `Buenos Aires, Argentina`."""
    return ", ".join(reversed(zone.split("/")[1:])).replace("_", " ")


def _area(zone: str) -> str:
    return zone.partition("/")[0]


def _areas() -> dict[str, str]:
    return {
        "Africa": _("Africa"),
        "America": _("America"),
        "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"),
        "Asia": _("Asia"),
        "Atlantic": _("Atlantic Ocean"),
        "Australia": _("Australia"),
        "Europe": _("Europe"),
        "Indian": _("Indian Ocean"),
        "Pacific": _("Pacific Ocean"),
    }
