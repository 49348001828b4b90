"""Whose Preferences they are, and from which browser."""

from __future__ import annotations

from flask import abort
from flask_login import current_user

from neoserra import browser_cookie
from neoserra.every_request import visitor
from neoserra.identity import accounts
from neoserra.identity.visitor import Visitor
from neoserra.models import Account


def own_account() -> Account:
    """The record of the person who is signed in, as it is now."""
    return accounts.by_id(current_user.id) or abort(404)


def visitor_for_code() -> Visitor:
    """The visitor, whose browser has an identity from now on: a code is bound to it."""
    browser = browser_cookie.read()
    if not browser:
        browser = browser_cookie.new()
        browser_cookie.give(browser)
    return visitor(browser)
