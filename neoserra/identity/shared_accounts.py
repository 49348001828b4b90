"""Signs that several people share one account, or many people one browser. Signs, not proofs: somebody has to ask them.

Most people trust two or three browsers. Being signed in from two networks at the same time is noted at the sign-in that
makes it so. Trust that is over is deleted by the workers, so every row counts.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from neoserra import clock, extensions
from neoserra.identity import sessions
from neoserra.models import Account, Event, EventKind, TrustedBrowser
from neoserra.models.trusted_browser import MORE_ACCOUNTS, MORE_BROWSERS, MOST_ACCOUNTS, MOST_BROWSERS

LATELY = timedelta(days=7)
MOST_LISTED = 200

_account = Account.__table__.c
_event = Event.__table__.c
_trust = TrustedBrowser.__table__.c
_who = _account.id.label("account_id"), _account.username, _account.name


@dataclass(frozen=True, slots=True)
class Suspect:
    """An account with such a sign: how often, when last and in which browser, as far as the sign tells."""

    account_id: int
    username: str
    name: str
    times: int = 0
    at: datetime | None = None
    browser: str = ""


def elsewhere(account_id: int, address: str) -> list[str]:
    """The client addresses in other networks from which the account is signed in right now."""
    opened = [session.event_id for session in sessions.open_sessions([account_id])]
    if not opened:
        return []
    with extensions.database.connection() as connection:
        addresses = connection.execute(select(_event.address).where(_event.id.in_(opened))).scalars().all()
    return sorted({other for other in addresses if _apart(other, address)})


def with_many_browsers() -> Select[Any]:
    """Accounts that trust more browsers than the usual person, with how many."""
    candidates = select(_trust.account_id).where(MORE_BROWSERS).distinct().subquery().c
    own = aliased(TrustedBrowser.__table__).c
    times = select(func.count()).where(own.account_id == candidates.account_id).scalar_subquery()
    return select(candidates.account_id, times.label("times")).where(times > MOST_BROWSERS)


def in_two_networks() -> Select[Any]:
    """Accounts that were signed in from two networks at the same time lately, with how often and when last."""
    lately = _event.kind == EventKind.TWO_NETWORKS, _event.at > clock.now() - LATELY
    columns = _event.account_id, func.count().label("times"), func.max(_event.at).label("at")
    return select(*columns).where(*lately).group_by(_event.account_id)


def browsers_of_many() -> Select[Any]:
    """Browsers that more accounts trust than usually share one, with how many."""
    candidates = select(_trust.browser).where(MORE_ACCOUNTS).distinct().subquery().c
    own = aliased(TrustedBrowser.__table__).c
    times = select(func.count()).where(own.browser == candidates.browser).scalar_subquery()
    return select(candidates.browser, times.label("times")).where(times > MOST_ACCOUNTS)


def accounts_with_many_browsers() -> list[Suspect]:
    """Those with most browsers first."""
    found = with_many_browsers().subquery()
    query = select(*_who, found.c.times).join(found, found.c.account_id == _account.id)
    return _listed(query.order_by(found.c.times.desc(), _account.username_key))


def accounts_in_two_networks() -> list[Suspect]:
    """The latest first."""
    found = in_two_networks().subquery()
    query = select(*_who, found.c.times, found.c.at).join(found, found.c.account_id == _account.id)
    return _listed(query.order_by(found.c.at.desc()))


def accounts_sharing_a_browser() -> list[Suspect]:
    """Browser by browser, the one with most accounts first."""
    found = browsers_of_many().subquery()
    shown = *_who, found.c.times, _trust.last_used_at.label("at"), _trust.description.label("browser")
    query = select(*shown).join_from(found, TrustedBrowser, _trust.browser == found.c.browser)
    query = query.join(Account, _account.id == _trust.account_id)
    return _listed(query.order_by(found.c.times.desc(), found.c.browser, _account.username_key))


def _listed(query: Select[Any]) -> list[Suspect]:
    with extensions.database.connection() as connection:
        return [Suspect(**row._mapping) for row in connection.execute(query.limit(MOST_LISTED))]


def _apart(one: str, other: str) -> bool:
    """Whether two client addresses lie in different networks; an old and a new kind of address cannot be compared."""
    try:
        networks = [_network(address) for address in (one, other)]
    except ValueError:
        return False
    return networks[0].version == networks[1].version and networks[0] != networks[1]


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """What one site usually has: a /24 of IPv4, a /48 of IPv6."""
    prefix = 24 if ipaddress.ip_address(address).version == 4 else 48
    return ipaddress.ip_network(f"{address}/{prefix}", strict=False)
