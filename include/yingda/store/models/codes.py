"""Codes that confirm a signature over a second channel. Never the code itself: only what tells whether one is right."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.second_channel import SecondKind
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class SigningCode(Base):
    """A code that was made for one officer and one request; at most one of them is live at a time.

    Row first, then the sending, then `sent_at` or `problem`: with neither, nobody knows whether it went out.
    """

    __tablename__ = "signing_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    officer_id: Mapped[str] = mapped_column(String(64))
    channel: Mapped[SecondKind]
    sent_to: Mapped[str] = mapped_column(String(80), doc="masked, as the page shows it")
    salt: Mapped[str] = mapped_column(String(32))
    proof: Mapped[str] = mapped_column(Sha256, doc="HMAC over salt, request, officer, text and code, with the link key")
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text, doc="why it did not go out, or may not have")
    voided_at: Mapped[datetime | None]
    voided_why: Mapped[str | None] = mapped_column(
        String(20), doc="`replaced` by a newer one, `guessed` at too often, `not_sent`"
    )
    used_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_signing_code_request_id_officer_id", "request_id", "officer_id"),
        Index(
            "uq_signing_code_live",
            "request_id",
            "officer_id",
            unique=True,
            postgresql_where=sql("voided_at IS NULL AND used_at IS NULL"),
        ),
        CheckConstraint("tries_left >= 0", name="tries_left"),
    )
