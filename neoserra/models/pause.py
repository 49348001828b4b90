"""A queue that an administrator has paused. In SQL, because it must outlast Redis."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base, UtcDateTime


class Pause(Base):
    """The row is there as long as the pause lasts; the audit log keeps those before."""

    __tablename__ = "pauses"

    queue: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300), doc="shown to people who wait")
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), doc="who paused it")
    since: Mapped[datetime] = mapped_column(UtcDateTime)
