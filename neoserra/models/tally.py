"""How many deliveries came to what, minute by minute: what the console's figures and graphs are added up from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base, UtcDateTime, Word


class Counted(StrEnum):
    """What is counted, with what `detail` says about it."""

    ACCEPTED = "accepted"  # detail: which of `measures.BOUNDS` the seconds from asked to door are under
    DELIVERED = "delivered"  # detail: the same of the seconds from asked to receipt
    FAILED = "failed"  # detail: the provider's code, or `expired`
    FAILED_IN = "failed_in"  # the same once more, by queue; detail: which
    UNDELIVERED = "undelivered"  # once more, where it had been accepted and a receipt says that it failed
    TRIED = "tried"  # one provider's try; detail: its outcome
    CODE_SENT = "code_sent"  # a sign-in code at the door for the first time, in the minute when it was asked for
    CODE_USED = "code_used"  # and entered afterwards, in the same minute and of the same provider


class Tally(Base):
    """Of days that are over, one row for the whole day stands at its first minute (UTC)."""

    __tablename__ = "tallies"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  so that the minutes lie side by side

    minute: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    counted: Mapped[Counted] = mapped_column(Word(Counted), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    detail: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]
