"""Who is knocking: the facts about a browser that the rules below this door need to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """`browser` is the digest of the browser's random identity, or empty when it has none yet."""

    address: str
    browser: str
    description: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Actor:
    """An administrator who does something to somebody's account, and the browser they do it in."""

    account_id: int
    visitor: Visitor
