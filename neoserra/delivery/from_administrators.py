"""What administrators have sent to people: notices of what they changed, test messages, links to choose a password.

The rows have no address or browser: the person has asked for nothing, and the administrator's are their own affair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from neoserra import clock
from neoserra.delivery import bounds, outbox, resets, sending
from neoserra.identity import accounts, links
from neoserra.identity.account_records import Change
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message

AGAIN_SECONDS = 30  # the same message to the same person; so a double click sends one


def tell_of_changes(before: Account, changes: Iterable[Change], by: Actor) -> None:
    """Tell the person what an administrator changed, at the address and number that were on file until then."""
    for change in changes:
        if message := _notice(change):
            sending.send_notice(before, message, _nobody(by))


def invite_at_new_address(before: Account, changes: Iterable[Change], by: Actor) -> Account | None:
    """Invite somebody who was invited and has no password yet anew when their address was changed, which ended the link
    before; who was invited, if anybody."""
    changed = any(change.field == "email" for change in changes)
    account = accounts.by_id(before.id) if changed else None
    if account is None or account.password_hash or not account.active or not _was_invited(account.id):
        return None
    bounds.first_in(AGAIN_SECONDS, f"link:{account.id}")
    sending.send_link(account, Kind.INVITATION, by.visitor, by.account_id)
    return account


def send_test_message(account: Account, channel: Channel | None, by: Actor) -> bool:
    """Send a message that says nothing: where codes go, or by `channel`. False when one was sent a moment ago."""
    way = sending.way_for_codes(account, channel)
    if not bounds.first_in(AGAIN_SECONDS, f"test:{way[0]}:{account.id}"):
        return False
    put_test_message(account, way, by)
    return True


def put_test_message(account: Account | None, way: sending.Way, by: Actor) -> Delivery:
    """Send one without looking whether one was sent a moment ago, to nobody's number or address as well."""
    delivery = sending.new_delivery(account, Message.TEST_MESSAGE, way, _nobody(by))
    delivery.expires_at = delivery.created_at + sending.NOTICE_LIFE
    return outbox.put(delivery, by.visitor, EventKind.TEST_MESSAGE_SENT, by.account_id)


def send_password_link(account: Account, by: Actor) -> bool:
    """Invite somebody who has no password yet, or send a reset link. False when one was sent a moment ago."""
    if not bounds.first_in(AGAIN_SECONDS, f"link:{account.id}"):
        return False
    kind = Kind.RESET if account.password_hash else Kind.INVITATION
    sending.send_link(account, kind, by.visitor, by.account_id)
    return True


def _was_invited(account_id: int) -> bool:
    """Whether an invitation was written that would still work."""
    since = clock.now() - timedelta(seconds=links.LIFE_SECONDS[Kind.INVITATION])
    return resets.has_link(account_id, Delivery.message == Message.INVITATION, Delivery.created_at > since)


def _notice(change: Change) -> Message | None:
    if change.field == "active":
        return Message.ACCOUNT_ACTIVATED if change.new else Message.ACCOUNT_INACTIVATED
    return {
        "mobile": Message.MOBILE_REPLACED,
        "email": Message.EMAIL_REPLACED,
        "role": Message.ROLE_CHANGED,
    }.get(change.field)


def _nobody(by: Actor) -> Visitor:
    return replace(by.visitor, address="", browser="", description="")
