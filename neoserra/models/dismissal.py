"""A finding of the security panel that an administrator put aside: it comes back when it grows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base, UtcDateTime, Word


class Finding(StrEnum):
    """What the panel can say about some of the accounts."""

    LOCKED = "locked"
    ABANDONED = "abandoned"
    NEVER_USED = "never_used"
    UNREACHABLE = "unreachable"
    MANY_BROWSERS = "many_browsers"
    TWO_NETWORKS = "two_networks"
    SHARED_BROWSER = "shared_browser"


class Dismissal(Base):
    """The latest one of each finding; the audit log keeps those before it."""

    __tablename__ = "dismissals"

    finding: Mapped[Finding] = mapped_column(Word(Finding), primary_key=True)
    count: Mapped[int] = mapped_column(doc="how many accounts it was; lowered when it shrinks")
    reason: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), doc="who dismissed it")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
