"""Sending codes, links and notices to people, and telling them how it goes: what the pages call."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from neoserra import clock, extensions, translation
from neoserra.delivery import bounds, history, outbox, texts
from neoserra.delivery.progress import Progress
from neoserra.identity import codes, events, limits, links, phone_numbers
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message

__all__ = ["Progress", "SendingRefused", "progress", "resend_in", "send_code", "send_link", "send_notice"]

NOTICE_LIFE = timedelta(days=1)  # afterwards it is no news
SHOWN = 10

# What a code of this purpose confirms: it goes by this channel to this field of the account, and nowhere else.
CONFIRMED = {codes.Purpose.MOBILE: (Channel.SMS, "new_mobile"), codes.Purpose.EMAIL: (Channel.EMAIL, "new_email")}
MESSAGES = {purpose: message for message, purpose in texts.PURPOSES.items()}
LINK_MESSAGES = {kind: message for message, kind in texts.LINKS.items()}
# The notices that go to the phone too
TEXTED = frozenset(
    {
        Message.MOBILE_CHANGED,
        Message.MOBILE_REMOVED,
        Message.MOBILE_REPLACED,
        Message.EMAIL_CHANGED,
        Message.EMAIL_REPLACED,
        Message.PASSWORD_RESET,
    }
)

Way = tuple[Channel, str]  # by which channel, and to which number or address


class SendingRefused(Exception):
    """Too much was sent; `reason` says by whose bound, `retry_in` is in seconds."""

    def __init__(self, reason: bounds.Reason, retry_in: int) -> None:
        super().__init__()
        self.reason = reason
        self.retry_in = retry_in


def send_code(account: Account, purpose: codes.Purpose, visitor: Visitor, channel: Channel | None = None) -> Delivery:
    """Send the live code, or a new one when none lives.

    A sign-in code goes by text message when a mobile is on file and `channel` allows. A code that confirms a new number
    or address can go nowhere but there.

    Raises:
        SendingRefused: nothing was sent.
    """
    way = _way(account, purpose, channel)
    owner = codes.Owner(account.id, visitor.browser, purpose, to=way[1] if purpose in CONFIRMED else "")
    none_lived = codes.expiry(owner) is None
    expires_at = codes.issue(owner)
    try:
        way = _counted(owner, way, account.email, visitor)
    except SendingRefused:
        if none_lived and not bounds.gap_left(owner):  # nobody else sends it at this very moment
            codes.withdraw(owner)
        raise
    delivery = new_delivery(account, MESSAGES[purpose], way, visitor)
    delivery.expires_at = expires_at
    return outbox.put(delivery, visitor, EventKind.CODE_SENT)


def send_notice(account: Account, message: Message, visitor: Visitor, also: str = "") -> list[Delivery]:
    """Tell a person what happened to their account, at the address and number that `account` had before.

    `also` is one more address to tell.
    """
    ways = [(Channel.EMAIL, address) for address in (account.email, also) if address]
    if message in TEXTED and account.mobile:
        ways.append((Channel.SMS, account.mobile))
    notices = [new_delivery(account, message, way, visitor) for way in ways]
    for notice in notices:
        notice.expires_at = notice.created_at + NOTICE_LIFE
    return [outbox.put(notice, visitor) for notice in notices]


def send_link(account: Account, kind: links.Kind, visitor: Visitor, actor_id: int | None = None) -> Delivery:
    """Send somebody a link to choose a password, as an administrator (`actor_id`) or the operator wants.

    The row has no address or browser: the person has asked for nothing, and the message says so.
    """
    delivery = new_delivery(account, LINK_MESSAGES[kind], (Channel.EMAIL, account.email), visitor)
    delivery.browser = delivery.browser_description = delivery.address = ""
    delivery.expires_at = delivery.created_at + timedelta(seconds=links.LIFE_SECONDS[kind])
    return outbox.put(delivery, visitor, EventKind.RESET_LINK_SENT, actor_id)


def resend_in(owner: codes.Owner) -> int:
    """Seconds until this code, or where none lives another one, may be sent; 0 means now."""
    return bounds.wait(owner)


def progress(owner: codes.Owner, since: datetime) -> list[Progress]:
    """How the messages with this code go, newest first."""
    row = Delivery.__table__.c
    query = (
        select(Delivery.__table__)
        .where(row.account_id == owner.account_id, row.browser == owner.browser)
        .where(row.message == MESSAGES[owner.purpose], row.created_at >= since)
        .order_by(row.id.desc())
        .limit(SHOWN)
    )
    if owner.to:
        query = query.where(row.destination == owner.to)
    deliveries = history.found(query)
    mailed = any(delivery.channel == Channel.EMAIL for delivery in deliveries)
    return [Progress.of(delivery, mailed=mailed) for delivery in deliveries]


def _way(account: Account, purpose: codes.Purpose, channel: Channel | None) -> Way:
    if purpose in CONFIRMED:
        by, to = CONFIRMED[purpose]
        return by, getattr(account, to)
    return way_for_codes(account, channel)


def way_for_codes(account: Account, channel: Channel | None = None) -> Way:
    """By text message when a mobile is on file and `channel` allows, else by email."""
    if account.mobile and channel != Channel.EMAIL:
        return Channel.SMS, account.mobile
    return Channel.EMAIL, account.email


def _counted(owner: codes.Owner, way: Way, email: str, visitor: Visitor) -> Way:
    """Count the sending; which way it goes: a sign-in code by `email` once the database has sent all its texts."""
    try:
        bounds.take(owner, *way, visitor.address)
    except bounds.Full as full:
        if full.reason == bounds.Reason.DATABASE:
            _tell_ceiling()
        if full.reason != bounds.Reason.DATABASE or owner.to:
            raise refused(visitor, full, owner.account_id) from None
        return _counted(owner, (Channel.EMAIL, email), email, visitor)
    return way


def refused(visitor: Visitor, full: bounds.Full, account_id: int | None = None) -> SendingRefused:
    """Write down that a bound had no room, once until it has room again; what to raise."""
    if bounds.first_in(full.retry_in, f"{full.reason}:{account_id or limits.network(visitor.address)}"):
        with extensions.database.transaction() as db:
            events.record(db, EventKind.SENDING_REFUSED, visitor, account_id, reason=full.reason)
    return SendingRefused(full.reason, full.retry_in)


def _tell_ceiling() -> None:
    if bounds.first_this_hour("texts-ceiling"):
        with extensions.database.transaction() as db:
            events.record(db, EventKind.TEXTS_CEILING_REACHED, most=extensions.settings.sends_per_database_hour)


def new_delivery(account: Account | None, message: Message, way: Way, visitor: Visitor) -> Delivery:
    """A row that is not written yet. Without an account it is the worker who finds out whose it is."""
    now = clock.now()
    return Delivery(
        account_id=account.id if account else None,
        message=message,
        channel=way[0],
        destination=way[1],
        **_digits(way),
        language=(account and account.language) or translation.language(),
        browser=visitor.browser,
        browser_description=visitor.description,
        address=visitor.address,
        created_at=now,
        changed_at=now,
        next_at=now,
    )


def _digits(way: Way) -> dict[str, str]:
    """What a number is found by in the console."""
    if way[0] != Channel.SMS:
        return {"country": "", "last_digits": ""}
    return {"country": phone_numbers.country(way[1]), "last_digits": way[1][-4:]}
