"""Links for people who forgot their password.

Whose name was typed is looked up when the link is sent, by the worker. So the page that asked has nothing to tell, and
takes the same time for everybody (ASVS 6.3.8).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from neoserra import clock, extensions
from neoserra.delivery import bounds, outbox, sending, texts
from neoserra.identity import accounts, configuration, events, links, names
from neoserra.identity.visitor import Visitor
from neoserra.models import LEFT_STATES, Account, Channel, Delivery, EventKind, Message, State

LIFE = timedelta(seconds=links.LIFE_SECONDS[links.Kind.RESET])

NOBODY = "Nobody has the name that was typed."
INACTIVE = "The account is inactive."
NOT_ALLOWED = "Password resets are not allowed."
ENOUGH = "The account has had enough links in the last hour."
CHOSEN = "The password was chosen since."


def ask(typed: str, visitor: Visitor) -> None:
    """Ask for a link for whoever has this username or email address. Too many for one name are dropped in silence.

    Raises:
        sending.SendingRefused: this client address has asked too often.
    """
    name = names.key(typed)
    try:
        bounds.take_asking(name, visitor.address)
    except bounds.Full as full:
        refused = sending.refused(visitor, full)
        if full.reason == bounds.Reason.ADDRESS:
            raise refused from None
        return
    delivery = sending.new_delivery(None, Message.RESET_LINK, (Channel.EMAIL, ""), visitor)
    delivery.asked_for = name if names.could_exist(name) else ""
    delivery.expires_at = delivery.created_at + LIFE
    outbox.put(delivery, visitor, EventKind.RESET_ASKED)


def address(delivery: Delivery) -> str:
    """Address a link to whom it is for, as they are on file now; an empty text, or why nobody gets it."""
    first = delivery.account_id is None
    account = accounts.find(delivery.asked_for) if first else accounts.by_id(delivery.account_id or 0)
    if account is None:
        return NOBODY
    reason = reason_against(delivery, account) or (_counted(account) if first else "")
    if not reason:
        _fill_in(delivery, account, first=first)
    return reason


def reason_against(delivery: Delivery, account: Account) -> str:
    """Why this link may not leave, or not leave again; an empty text while it may. Making one ends the one before, so
    an old one that comes late must not take a newer one's place. What administrators send is never forbidden."""
    if not account.active:
        return INACTIVE
    asked_for_by_somebody = bool(delivery.address or delivery.browser)
    if asked_for_by_somebody and not configuration.current().allow_password_reset:
        return NOT_ALLOWED
    if account.password_changed_at and account.password_changed_at > delivery.created_at:
        return CHOSEN
    return texts.NEWER_LINK if _newer_one(delivery, account.id) else ""


def _newer_one(delivery: Delivery, account_id: int) -> bool:
    left = Delivery.state.in_(LEFT_STATES)
    return has_link(account_id, Delivery.id > delivery.id, left, Delivery.expires_at > clock.now())


def is_leaving(delivery_id: int, account_id: int) -> bool:
    """Whether the mail with this link of the account is being sent or has left."""
    return has_link(account_id, Delivery.id == delivery_id, Delivery.state.in_((State.SENDING, *LEFT_STATES)))


def has_link(account_id: int, *conditions: ColumnElement[bool]) -> bool:
    """Whether there is a message with a link of the account that meets these."""
    link = select(Delivery.id).where(Delivery.account_id == account_id, Delivery.message.in_(texts.LINKS), *conditions)
    with extensions.database.connection() as connection:
        return connection.execute(link.limit(1)).first() is not None


def _counted(account: Account) -> str:
    """Count what was asked for by a name; what an administrator sends is not bounded."""
    try:
        bounds.take_link(account.id)
    except bounds.Full:
        return ENOUGH
    return ""


def _fill_in(delivery: Delivery, account: Account, *, first: bool) -> None:
    """From now on the row knows whose it is, and no longer what was typed."""
    language = account.language or delivery.language
    filled = {"account_id": account.id, "destination": account.email, "asked_for": "", "language": language}
    who = Visitor(delivery.address, delivery.browser, delivery.browser_description, request_id="")
    with extensions.database.transaction() as db:
        db.execute(update(Delivery).where(Delivery.id == delivery.id).values(**filled))
        if first:
            details = {"reference": delivery.reference, "channel": delivery.channel, "message": delivery.message}
            events.record(db, EventKind.RESET_LINK_SENT, who, account.id, **details)
    for name, value in filled.items():  # once it is written: what could not be is looked up again
        setattr(delivery, name, value)
