"""A number or address that waits for its code, and the page that asks for the code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from flask import abort, flash, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response

from neoserra import browser_cookie, clock, words
from neoserra.delivery import sending
from neoserra.identity import codes, phone_numbers
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account
from neoserra.preferences.here import own_account
from neoserra.translation import gettext as _
from neoserra.verification.forms import CodeForm


@dataclass(frozen=True, slots=True)
class Pending:
    """`owner` is whose code confirms it in this browser; `owner.to` is the number or address itself."""

    account: Account
    owner: codes.Owner

    @classmethod
    def of_this_account(cls, purpose: Purpose) -> Pending:
        """What waits to be confirmed.

        Raises:
            HTTPException: that leads to the overview, when nothing waits any more.
        """
        account = own_account()
        to = account.new_mobile if purpose == Purpose.MOBILE else account.new_email
        if not to:
            abort(redirect(url_for("preferences.show"), 303))
        return cls(account, codes.Owner(account.id, browser_cookie.digest(), purpose, to))

    @property
    def shown(self) -> str:
        to = self.owner.to
        return phone_numbers.displayed(to) if self.owner.purpose == Purpose.MOBILE else to

    def deliveries(self) -> list[sending.Progress]:
        """The messages that carry the code, newest first."""
        return sending.progress(self.owner, clock.now() - timedelta(seconds=codes.LIFE_SECONDS))


def send_first(account: Account, purpose: Purpose, who: Visitor) -> None:
    """Send the code right after the number or address was given. Given twice in a moment, one code goes out."""
    try:
        sending.send_code(account, purpose, who)
    except sending.SendingRefused as refusal:
        owner = codes.Owner(account.id, who.browser, purpose)
        if refusal.reason != "gap" or codes.expiry(owner) is None:
            flash(words.sending_refused(refusal), "error")


def taken(purpose: Purpose) -> str:
    """That somebody else has it, and not who."""
    if purpose == Purpose.MOBILE:
        return _("Another account has that mobile number. Use another one, or ask your Neoserra administrator.")
    return _("Another account has that email address. Use another one, or ask your Neoserra administrator.")


def progress(purpose: Purpose) -> Response:
    """What has become of the messages so far, for the script on the page."""
    pending = Pending.of_this_account(purpose)
    deliveries, expires_at = pending.deliveries(), codes.expiry(pending.owner)
    return jsonify(
        deliveries=[entry.for_script() for entry in deliveries],
        delay=words.delay(deliveries, expires_at),
        expires_in=max(0, int((expires_at - clock.now()).total_seconds())) if expires_at else 0,
        resend_in=sending.resend_in(pending.owner),
    )


def page(form: CodeForm, pending: Pending) -> str:
    """The page that asks for the code, as things stand now."""
    owner = pending.owner
    deliveries, expires_at = pending.deliveries(), codes.expiry(owner)
    return render_template(
        "preferences/confirm.html",
        form=form,
        purpose=owner.purpose,
        shown=pending.shown,
        deliveries=deliveries,
        delay=words.delay(deliveries, expires_at),
        expires_at=expires_at,
        minutes_left=ceil((expires_at - clock.now()).total_seconds() / 60) if expires_at else 0,
        resend_in=sending.resend_in(owner),
    )
