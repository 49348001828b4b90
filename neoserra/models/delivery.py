"""One message to one person, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra import clock
from neoserra.models.base import Base, BigId, UtcDateTime, Word


class Message(StrEnum):
    """What is said; each has a template of this name under `templates/messages/`."""

    SIGN_IN_CODE = "sign_in_code"
    NUMBER_CONFIRMATION = "number_confirmation"
    EMAIL_CONFIRMATION = "email_confirmation"
    ACCOUNT_LOCKED = "account_locked"
    BROWSER_TRUSTED = "browser_trusted"
    MOBILE_CHANGED = "mobile_changed"
    MOBILE_REMOVED = "mobile_removed"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a message
    PASSWORD_RESET = "password_reset"  # noqa: S105  a message
    RESET_LINK = "reset_link"
    INVITATION = "invitation"
    MOBILE_REPLACED = "mobile_replaced"
    EMAIL_REPLACED = "email_replaced"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_INACTIVATED = "account_inactivated"
    ACCOUNT_ACTIVATED = "account_activated"
    TEST_MESSAGE = "test_message"


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"


WAITING_STATES = (State.QUEUED, State.RETRYING)  # in no hands: for its turn or for its next try
LEFT_STATES = (State.ACCEPTED, State.DELIVERED)  # in a provider's hands, or there


# The console filters by each of these, newest first, and has an index for each.
FILTERED = ("account_id", "state", "message", "channel", "provider", "country", "reason", "last_digits")


class Delivery(Base):
    """The row is committed before its reference is queued: what Redis forgets, the dispatcher finds here."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_state_next_at", "state", "next_at"),
        Index("ix_deliveries_created_at_id", "created_at", "id"),
        *(Index(f"ix_deliveries_{column}_id", column, "id") for column in FILTERED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True, doc="said in the message; the RQ job's id")
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), doc="None until the worker has looked up `asked_for`"
    )
    asked_for: Mapped[str] = mapped_column(String(254), default="", doc="the name typed to ask for a link")
    message: Mapped[Message] = mapped_column(Word(Message))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    destination: Mapped[str] = mapped_column(String(254), doc="E.164 or an email address; empty until then")
    country: Mapped[str] = mapped_column(String(2), default="", doc="region of the number; empty for mail")
    last_digits: Mapped[str] = mapped_column(String(4), default="", doc="of the number; empty for mail")
    language: Mapped[str] = mapped_column(String(8))
    browser: Mapped[str] = mapped_column(String(43), default="", doc="digest of the browser that asked")
    browser_description: Mapped[str] = mapped_column(String(150), default="")
    address: Mapped[str] = mapped_column(String(45), default="", doc="client address that asked")
    state: Mapped[State] = mapped_column(Word(State), default=State.QUEUED)
    explanation: Mapped[str] = mapped_column(String(300), default="", doc="why it is in this state, in words")
    attempts: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str] = mapped_column(String(20), default="", doc="who was asked last")
    reason: Mapped[str] = mapped_column(String(40), default="", doc="that provider's code for what stopped it")
    worker: Mapped[str] = mapped_column(String(80), default="", doc="host and process that had it in hand last")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    next_at: Mapped[datetime] = mapped_column(
        UtcDateTime, doc="not sent before; while it is being sent, the end of the worker's lease"
    )
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, doc="never sent after; None: no such time")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None, doc="when its code was entered")
