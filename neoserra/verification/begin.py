"""The way into the second step: somebody has proved who they are so far, and a code goes out."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from neoserra import browser_cookie, browser_session, words
from neoserra.delivery import sending
from neoserra.every_request import visitor
from neoserra.identity import codes
from neoserra.models import Account


def begin(account: Account, browser: str, next_page: str) -> Response:
    """Leave the session half signed in, in the browser with this identity, and send a code.

    No code is sent when one was a moment ago: a new sign-in in the same browser has the same one.
    """
    who = visitor(browser)
    browser_session.half_sign_in(account, who.browser, next_page)
    browser_cookie.give(browser)
    try:
        sending.send_code(account, codes.Purpose.SIGN_IN, who)
    except sending.SendingRefused as refusal:
        if refusal.reason != "gap":
            flash(words.sending_refused(refusal), "error")
    return redirect(url_for("verification.enter"), 303)
