"""A person's user account record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Computed, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from neoserra import clock
from neoserra.models.base import Base, UtcDateTime, Word


class Role(StrEnum):
    USER = "user"
    ADMINISTRATOR = "administrator"


class ReachProblem(StrEnum):
    """Why codes may not reach a person, the worst first."""

    BAD_NUMBER = "bad_number"
    FAILED = "failed"
    ASKED_BY_TWO = "asked_by_two"
    UNCONFIRMED_EMAIL = "unconfirmed_email"
    UNCONFIRMED_MOBILE = "unconfirmed_mobile"


# What a state is while the clock is left out: who is `used` is active or abandoned, as the last sign-in tells.
_STANDING = (
    "CASE WHEN NOT active THEN 'inactive' WHEN locked_at IS NOT NULL THEN 'locked'"
    " WHEN last_sign_in_at IS NULL THEN 'never used' ELSE 'used' END"
)
_OF_UNREACHABLE = text("reach_problem IS NOT NULL")


class Account(Base):
    """`*_key` columns hold the canonical form under which the value beside them is unique.

    Three columns the database computes, so that lists are sorted and filtered by an index: `standing`, `name_order` and
    `last_sign_in_order`, in which those who never signed in come first.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_name_order_id", "name_order", "id"),
        Index("ix_accounts_last_sign_in_order_id", "last_sign_in_order", "id"),
        Index("ix_accounts_standing_username_key", "standing", "username_key"),
        Index("ix_accounts_standing_name_order_id", "standing", "name_order", "id"),
        Index("ix_accounts_standing_last_sign_in_order_id", "standing", "last_sign_in_order", "id"),
        *(
            Index(
                f"ix_accounts_unreachable_{order}",
                order,
                "id",
                sqlite_where=_OF_UNREACHABLE,
                postgresql_where=_OF_UNREACHABLE,
            )
            for order in ("username_key", "name_order", "last_sign_in_order")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(150))
    username_key: Mapped[str] = mapped_column(String(150), unique=True)
    name: Mapped[str] = mapped_column(String(150))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, doc="a code sent there was entered")
    new_email: Mapped[str | None] = mapped_column(String(254), doc="asked for, not confirmed yet")
    mobile: Mapped[str | None] = mapped_column(String(16), unique=True, doc="E.164")
    mobile_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, doc="a code sent there was entered")
    new_mobile: Mapped[str | None] = mapped_column(String(16), index=True, doc="asked for, not confirmed yet")
    reach_problem: Mapped[ReachProblem | None] = mapped_column(Word(ReachProblem), doc="None: codes reach the person")
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.USER)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_minimum: Mapped[int] = mapped_column(default=0, doc="the least length allowed when it was chosen")
    session_epoch: Mapped[int] = mapped_column(default=0, doc="raising it ends every session of the account")
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(8), default="", doc="empty: the browser's")
    time_zone: Mapped[str] = mapped_column(String(64), default="", doc="IANA name; empty: UTC")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    version: Mapped[int] = mapped_column(default=1, doc="raised by every save of the record; tells two savers apart")
    standing: Mapped[str] = mapped_column(String(10), Computed(_STANDING, persisted=True))
    name_order: Mapped[str] = mapped_column(String(150), Computed("lower(name)", persisted=True))
    last_sign_in_order: Mapped[datetime] = mapped_column(
        UtcDateTime, Computed("coalesce(last_sign_in_at, '1970-01-01 00:00:00.000000')", persisted=True)
    )
