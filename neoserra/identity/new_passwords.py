"""Choosing a new password without giving the current one: by a link, or because it is due.

A weak one leaves everything as it is, so that the person may try another.
"""

from __future__ import annotations

from neoserra.identity import credentials, limits, links, password_policy, passwords
from neoserra.identity.links import Link
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind


class LinkOver(limits.Failure):
    """The link is made up, too old, superseded or used."""


class SamePassword(ValueError):
    """It is the password that is due for a change."""


def opened(token: str) -> Link:
    """The live link behind what stands in an address.

    Raises:
        LinkOver: without a hint at the reason.
    """
    link = links.opened(token)
    if link is None:
        raise LinkOver
    return link


def by_link(account: Account, link: Link, password: str, visitor: Visitor) -> None:
    """Use the link up and keep the password. It proves who the person is, so it lifts a lock as well.

    Raises:
        password_policy.WeakPassword: names every broken rule; the link still works.
        LinkOver: somebody was quicker.
    """
    password_policy.checked(password, own_words(account))
    if links.consume(link.id) is None:
        raise LinkOver
    try:
        credentials.change_password(account.id, password, visitor, EventKind.PASSWORD_RESET)
    except Exception:
        links.give_back(link)  # nothing has changed: the person may try again when the database is back
        raise


def in_place_of_due(account: Account, password: str, visitor: Visitor) -> None:
    """Keep the password of somebody whose last one is due for a change.

    Raises:
        password_policy.WeakPassword: names every broken rule.
        SamePassword: it is the last one once more.
    """
    password_policy.checked(password, own_words(account))
    if passwords.matches(password, account.password_hash):
        raise SamePassword
    credentials.change_password(account.id, password, visitor, EventKind.PASSWORD_CHANGED)


def own_words(account: Account) -> tuple[str, ...]:
    return account.username, account.name, account.email
