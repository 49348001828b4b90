"""A browser where a right code was entered for an account. Several people may share a browser: a row for each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base, UtcDateTime

MOST_BROWSERS = 5  # that the usual person trusts
MOST_ACCOUNTS = 3  # that usually share a browser
MORE_BROWSERS = text(f"browsers_then > {MOST_BROWSERS}")
MORE_ACCOUNTS = text(f"accounts_then > {MOST_ACCOUNTS}")


class TrustedBrowser(Base):
    """`browsers_then` and `accounts_then` lead to the few accounts and browsers that have unusually many rows.

    Of the rows that an account has, the newest was added when it had all the others: so an account with more than
    `MOST_BROWSERS` always has a row in the index of `MORE_BROWSERS`, and a browser likewise.
    """

    __tablename__ = "trusted_browsers"
    __table_args__ = (
        UniqueConstraint("account_id", "browser"),
        Index("ix_trusted_browsers_browser", "browser"),
        Index(
            "ix_trusted_browsers_more_browsers",
            "account_id",
            sqlite_where=MORE_BROWSERS,
            postgresql_where=MORE_BROWSERS,
        ),
        Index(
            "ix_trusted_browsers_more_accounts",
            "browser",
            sqlite_where=MORE_ACCOUNTS,
            postgresql_where=MORE_ACCOUNTS,
        ),
        Index("ix_trusted_browsers_trusted_at", "trusted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    browser: Mapped[str] = mapped_column(String(43), doc="SHA-256 of the `browser` cookie, base64url")
    description: Mapped[str] = mapped_column(String(150), doc="browser and system, in words")
    address: Mapped[str] = mapped_column(String(45), doc="client address of the sign-in that earned the trust")
    trusted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    browsers_then: Mapped[int] = mapped_column(doc="how many browsers the account trusted when this row was added")
    accounts_then: Mapped[int] = mapped_column(doc="how many accounts trusted the browser when this row was added")
