"""A line of the audit log. Lines are added and never changed: the database itself refuses it (migration 0001).

A line may be deleted once it is more than a year old, and not before. The lists of the Events page each have an index
in their own order, so that a million lines cost no more than a thousand.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra import clock
from neoserra.models.base import Base, BigId, UtcDateTime, Word


class EventKind(StrEnum):
    """Everything the audit log can say."""

    SIGN_IN_REFUSED = "sign_in_refused"
    PASSWORD_ACCEPTED = "password_accepted"  # noqa: S105  a kind of event
    CODE_SENT = "code_sent"
    CODE_REFUSED = "code_refused"
    SENDING_REFUSED = "sending_refused"
    TEXTS_CEILING_REACHED = "texts_ceiling_reached"
    SIGNED_IN = "signed_in"
    TWO_NETWORKS = "two_networks"
    TOO_MANY_FAILURES = "too_many_failures"
    LOGGED_OUT = "logged_out"
    SESSION_ENDED = "session_ended"
    BROWSER_FORGOTTEN = "browser_forgotten"
    BROWSERS_FORGOTTEN = "browsers_forgotten"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105  a kind of event
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a kind of event
    MOBILE_ASKED = "mobile_asked"
    MOBILE_CHANGED = "mobile_changed"
    MOBILE_REMOVED = "mobile_removed"
    EMAIL_ASKED = "email_asked"
    EMAIL_CHANGED = "email_changed"
    TAKEN_BACK = "taken_back"
    DISPLAY_CHANGED = "display_changed"
    RESET_ASKED = "reset_asked"
    RESET_LINK_SENT = "reset_link_sent"
    PASSWORD_RESET = "password_reset"  # noqa: S105  a kind of event
    ADMINISTRATOR_MODE_ENTERED = "administrator_mode_entered"
    ADMINISTRATOR_MODE_LEFT = "administrator_mode_left"
    ACCOUNT_CREATED = "account_created"
    ACCOUNTS_IMPORTED = "accounts_imported"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    ACCOUNT_INACTIVATED = "account_inactivated"
    ACCOUNT_ACTIVATED = "account_activated"
    LOGGED_OFF = "logged_off"
    TEST_MESSAGE_SENT = "test_message_sent"
    CONFIGURATION_CHANGED = "configuration_changed"
    FINDING_DISMISSED = "finding_dismissed"
    DELIVERY_RETRIED = "delivery_retried"
    DELIVERY_CANCELED = "delivery_canceled"
    DELIVERY_SENT_OTHERWISE = "delivery_sent_otherwise"
    QUEUE_PAUSED = "queue_paused"
    QUEUE_RESUMED = "queue_resumed"
    QUEUE_DRAINED = "queue_drained"
    PROVIDER_TRIED = "provider_tried"


class Event(Base):
    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_at_id", "at", "id"),
        Index("ix_events_kind_at_id", "kind", "at", "id"),
        Index("ix_events_account_id_at_id", "account_id", "at", "id"),
        Index("ix_events_actor_id_at_id", "actor_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    kind: Mapped[EventKind] = mapped_column(Word(EventKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), doc="whom it concerns")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), doc="who did it, when somebody else")
    address: Mapped[str] = mapped_column(String(45), default="", doc="client address")
    browser: Mapped[str] = mapped_column(String(150), default="", doc="browser and system, in words")
    request_id: Mapped[str] = mapped_column(String(32), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
