"""Administrator mode: entered with the password, left by a click or after 15 minutes without a page of it."""

from __future__ import annotations

from flask import request, session

from neoserra import browser_session, clock

IDLE_SECONDS = 15 * 60
NOTED_EVERY_SECONDS = 30  # a session is not written anew for each page
LAST_USED = "administrator"


def enter() -> None:
    """The password was given again."""
    browser_session.renew_id()
    session[LAST_USED] = int(clock.timestamp())


def leave() -> None:
    session.pop(LAST_USED, None)


def is_on() -> bool:
    """For the header of every page; does not prolong the mode."""
    return bool(clock.timestamp() - session.get(LAST_USED, 0) < IDLE_SECONDS)


def active() -> bool:
    """For pages of the administration: True while the mode lasts, which this use prolongs unless a script asks."""
    if not is_on():
        return False
    if request.path not in browser_session.BACKGROUND and clock.timestamp() - session[LAST_USED] > NOTED_EVERY_SECONDS:
        session[LAST_USED] = int(clock.timestamp())
    return True
