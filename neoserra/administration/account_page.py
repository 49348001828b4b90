"""The page of one account, and what every view of one account needs."""

from __future__ import annotations

from flask import abort, render_template
from flask_login import current_user

from neoserra import account_words, event_words, message_words
from neoserra.administration.account_forms import AccountForm
from neoserra.delivery import history
from neoserra.delivery.progress import Progress
from neoserra.every_request import visitor
from neoserra.identity import accounts, event_log, sign_ins, trusted_browsers
from neoserra.identity.account_records import LastAdministrator, OwnAccount
from neoserra.identity.visitor import Actor
from neoserra.models import Account
from neoserra.translation import gettext as _

ACCOUNT = "/accounts/<int(max=2147483647):account_id>"
SHOWN = 20


def account_or_404(account_id: int) -> Account:
    return accounts.by_id(account_id) or abort(404)


def actor() -> Actor:
    """The administrator whose request this is."""
    return Actor(current_user.id, visitor())


def page(account: Account, form: AccountForm) -> str:
    return render_template(
        "administration/account.html",
        form=form,
        account=account,
        own=account.id == current_user.id,
        state=accounts.state(account),
        trust=trusted_browsers.of_account(account.id),
        trusted_for=trusted_browsers.life(),
        sessions=sign_ins.open_now(account.id),
        events=event_log.page(event_log.Search(person=account.id)).lines[:SHOWN],
        deliveries=[(each, Progress.of(each)) for each in history.latest(account.id, SHOWN)],
        words=account_words,
        event_words=event_words,
        message_words=message_words,
    )


def why_not(refusal: OwnAccount) -> str:
    """Why somebody cannot be made inactive, or a user."""
    if isinstance(refusal, LastAdministrator):
        return _("This is the last active administrator: make somebody else an administrator first")
    if refusal.field == "role":
        return _("You cannot take administration from yourself: another administrator can")
    return _("You cannot make your own account inactive: another administrator can")
