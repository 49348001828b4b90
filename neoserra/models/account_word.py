"""A word under which an account is found."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from neoserra.models.base import Base

# Compared byte by byte, so that the words with one beginning are one stretch of the index; SQLite does so by itself.
LONGEST_WORD = 254
BYTES = String(LONGEST_WORD, collation="C").with_variant(String(LONGEST_WORD), "sqlite")


class AccountWord(Base):
    """`identity/account_search.py` says which words an account has."""

    __tablename__ = "account_words"
    __table_args__ = (Index("ix_account_words_account_id_word", "account_id", "word"),)

    word: Mapped[str] = mapped_column(BYTES, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
