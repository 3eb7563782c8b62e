"""What surrounds an answer: what was typed and not sent, files brought as evidence, what the public says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Draft(Base):
    """What an officer typed on their page and has not sent; the newest counts. Deleted once the request is answered."""

    __tablename__ = "draft"

    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    given: Mapped[dict[str, Any]] = mapped_column(doc="the fields as typed, `action` among them; unchecked")
    at: Mapped[datetime]


class Attachment(Base):
    """A file brought as evidence for the answer to a request; its content lies under its random name.

    Row first, then the file: a row without its file is not shown. One that was taken back stays as a row.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, doc="128 random bits; the name of the file, too")
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    officer_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), doc="as the officer called it, cleaned; shown, never a path")
    media_type: Mapped[str] = mapped_column(String(40), doc="found in the content, not what the browser said")
    size: Mapped[int] = mapped_column(doc="bytes as kept")
    sha256: Mapped[str] = mapped_column(Sha256, doc="of the bytes as kept")
    at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), doc="the answer it was sent with")

    __table_args__ = (
        Index("ix_attachment_incident_id", "incident_id"),
        # The same file twice for the same request is one, until it is taken back.
        Index(
            "uq_attachment_content",
            "request_id",
            "officer_id",
            "sha256",
            unique=True,
            postgresql_where=sql("removed_at IS NULL"),
        ),
    )


class Feedback(Base):
    """What somebody from the public said of a statement: solved or not. Nobody knows who; one vote a token."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    token_sha256: Mapped[str] = mapped_column(Sha256, doc="of the random token of the page; the token is not kept")
    statement_sha256: Mapped[str] = mapped_column(Sha256, doc="of the statement that was public then")
    solved: Mapped[bool]
    reasons: Mapped[list[str]] = mapped_column(doc="keys of the reasons that the page offers")
    words: Mapped[str] = mapped_column(Text, default="", server_default="", doc="shown inside the office only")
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("incident_id", "token_sha256"),
        Index("ix_feedback_incident_id_at", "incident_id", "at"),
    )
