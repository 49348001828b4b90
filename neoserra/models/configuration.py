"""What administrators decide for their database: one row."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base

SHORTEST_MINIMUM = 10
LONGEST_MINIMUM = 128
LONGEST_EXPIRATION_DAYS = 3650
LONGEST_TRUST_DAYS = 90
WHOLE_PERCENT = 100


class Configuration(Base):
    """The bounds stand in the table as well: neither a page, a command nor a hand in the database leaves them."""

    __tablename__ = "configuration"
    __table_args__ = (
        CheckConstraint(
            f"minimum_password_length BETWEEN {SHORTEST_MINIMUM} AND {LONGEST_MINIMUM}", "minimum_password_length"
        ),
        CheckConstraint(
            f"password_expiration_days BETWEEN 0 AND {LONGEST_EXPIRATION_DAYS}", "password_expiration_days"
        ),
        CheckConstraint(f"trusted_browser_days BETWEEN 1 AND {LONGEST_TRUST_DAYS}", "trusted_browser_days"),
        CheckConstraint(f"codes_used_percent BETWEEN 0 AND {WHOLE_PERCENT}", "codes_used_percent"),
        CheckConstraint("id = 1", "one_row"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    minimum_password_length: Mapped[int] = mapped_column(default=12)
    minimum_applies_at_sign_in: Mapped[bool] = mapped_column(default=False)
    password_expiration_days: Mapped[int] = mapped_column(default=0, doc="0: never")
    allow_password_change: Mapped[bool] = mapped_column(default=True)
    allow_password_reset: Mapped[bool] = mapped_column(default=True)
    trusted_browser_days: Mapped[int] = mapped_column(default=90)
    codes_used_percent: Mapped[int] = mapped_column(default=50, doc="fewer are an alarm; 0: none is")
    contact_name: Mapped[str] = mapped_column(String(150), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    version: Mapped[int] = mapped_column(default=1, doc="raised by every save; tells two savers apart")
