"""The findings of the security panel in words."""

from __future__ import annotations

from neoserra.identity.shared_accounts import LATELY
from neoserra.models import Finding
from neoserra.models.trusted_browser import MOST_ACCOUNTS, MOST_BROWSERS
from neoserra.translation import gettext as _
from neoserra.translation import ngettext


def names() -> dict[Finding, str]:
    """What each is called where no number stands beside it."""
    return {
        Finding.LOCKED: _("locked accounts"),
        Finding.ABANDONED: _("accounts not used for 90 days"),
        Finding.NEVER_USED: _("accounts never used"),
        Finding.UNREACHABLE: _("people whom codes may not reach"),
        Finding.MANY_BROWSERS: _("accounts with many trusted browsers"),
        Finding.TWO_NETWORKS: _("accounts in two networks at once"),
        Finding.SHARED_BROWSER: _("browsers of many accounts"),
    }


def sentence(finding: Finding, number: int) -> str:
    """What is the case, and for how many."""
    if finding == Finding.LOCKED:
        return ngettext("One account is locked", "%(number)s accounts are locked", number)
    if finding == Finding.ABANDONED:
        return ngettext(
            "One account has not been used for 90 days", "%(number)s accounts have not been used for 90 days", number
        )
    if finding == Finding.NEVER_USED:
        return ngettext("One account was never used", "%(number)s accounts were never used", number)
    if finding == Finding.UNREACHABLE:
        return ngettext("Codes may not reach one person", "Codes may not reach %(number)s people", number)
    return _of_sharing(finding, number)


def _of_sharing(finding: Finding, number: int) -> str:
    if finding == Finding.MANY_BROWSERS:
        return ngettext(
            "One account trusts more than %(most)s browsers",
            "%(number)s accounts trust more than %(most)s browsers each",
            number,
            most=MOST_BROWSERS,
        )
    if finding == Finding.TWO_NETWORKS:
        return ngettext(
            "One account was signed in from two networks at the same time, in the last %(days)s days",
            "%(number)s accounts were signed in from two networks at the same time, in the last %(days)s days",
            number,
            days=LATELY.days,
        )
    return ngettext(
        "One browser is trusted for more than %(most)s accounts",
        "%(number)s browsers are trusted for more than %(most)s accounts each",
        number,
        most=MOST_ACCOUNTS,
    )


def advice(finding: Finding) -> str:
    """What may be behind it, and what to do."""
    shared = _(
        "The account may be shared. Everybody needs an account of their own: only then do events tell who did what."
    )
    return {
        Finding.LOCKED: _("Somebody guessed, or forgot a password. Ask the person before you unlock the account."),
        Finding.ABANDONED: _("Who has left should not be able to sign in. Inactivate the account."),
        Finding.NEVER_USED: _("The invitation may not have arrived. Send it again, or inactivate the account."),
        Finding.UNREACHABLE: _("Who gets no codes cannot sign in. Correct the mobile number or the email address."),
        Finding.MANY_BROWSERS: shared,
        Finding.TWO_NETWORKS: shared,
        Finding.SHARED_BROWSER: _(
            "At a front desk that is as it should be. Elsewhere one person may know the passwords of others."
        ),
    }[finding]
