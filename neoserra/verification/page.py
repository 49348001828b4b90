"""The code page, and the sign-in under way that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from flask import abort, render_template

from neoserra import browser_cookie, browser_session, clock, words
from neoserra.delivery import sending
from neoserra.identity import codes, configuration, names, phone_numbers
from neoserra.models import Account, State
from neoserra.verification.forms import CodeForm

NOWHERE = (State.FAILED, State.CANCELED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whose code is being asked for in this browser, and where to go afterwards."""

    account: Account
    owner: codes.Owner
    next: str

    @classmethod
    def of_this_browser(cls) -> Verification:
        browser = browser_cookie.digest()
        half = browser_session.half_signed_in(browser) or abort(404)
        return cls(half.account, codes.Owner(half.account.id, browser, codes.Purpose.SIGN_IN), half.next)

    def deliveries(self) -> list[sending.Progress]:
        """The messages that carry the code, newest first."""
        return sending.progress(self.owner, clock.now() - timedelta(seconds=codes.LIFE_SECONDS))


def page(form: CodeForm) -> str:
    """The code page as things stand now."""
    under_way = Verification.of_this_browser()
    account = under_way.account
    deliveries, expires_at = under_way.deliveries(), codes.expiry(under_way.owner)
    carrying = [each for each in deliveries if each.expires_at == expires_at]
    going = [each for each in carrying if each.state not in NOWHERE]
    return render_template(
        "verification/code.html",
        form=form,
        deliveries=deliveries,
        gets_nowhere=bool(carrying) and not going,
        told_of=next(iter(going or carrying or deliveries), None),
        delay=words.delay(deliveries, expires_at),
        expires_at=expires_at,
        minutes_left=ceil((expires_at - clock.now()).total_seconds() / 60) if expires_at else 0,
        resend_in=sending.resend_in(under_way.owner),
        can_text=account.mobile is not None,
        can_email=True,
        no_mobile=account.mobile is None,
        masked_mobile=phone_numbers.masked_mobile(account.mobile) if account.mobile else "",
        masked_email=names.masked_email(account.email),
        contact=configuration.contact(),
    )
