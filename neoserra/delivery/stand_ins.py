"""Mails that stand in for text messages: while no provider takes a sign-in code, it goes to the mailbox as well."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from neoserra import clock
from neoserra.delivery import outbox
from neoserra.identity import events
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, Delivery, EventKind, Message


def for_text(db: Session, text: Delivery) -> Delivery | None:
    """Add a mail with the same code; None when there is one already, or this message has no other way."""
    if (text.message, text.channel) != (Message.SIGN_IN_CODE, Channel.SMS) or _is_mailed(db, text):
        return None
    email = db.scalar(select(Account.email).where(Account.id == text.account_id))
    if not email:
        return None
    mail = _mail(text, email)
    db.add(mail)
    visitor = Visitor(text.address, text.browser, text.browser_description, request_id="")
    details = {"reference": mail.reference, "channel": mail.channel, "message": mail.message}
    events.record(db, EventKind.CODE_SENT, visitor, text.account_id, **details)
    return mail


def _is_mailed(db: Session, text: Delivery) -> bool:
    """Whether this code goes, or went, to the mailbox."""
    same_code = (
        exists()
        .where(Delivery.account_id == text.account_id, Delivery.browser == text.browser)
        .where(Delivery.message == text.message, Delivery.expires_at == text.expires_at)
        .where(Delivery.channel == Channel.EMAIL)
    )
    return bool(db.scalar(select(same_code)))


def _mail(text: Delivery, email: str) -> Delivery:
    now = clock.now()
    return Delivery(
        reference=outbox.new_reference(),
        account_id=text.account_id,
        message=text.message,
        channel=Channel.EMAIL,
        destination=email,
        language=text.language,
        browser=text.browser,
        browser_description=text.browser_description,
        address=text.address,
        created_at=now,
        changed_at=now,
        next_at=now,
        expires_at=text.expires_at,
    )
