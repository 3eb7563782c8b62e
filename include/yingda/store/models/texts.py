"""Texts with their revisions, and the signatures under them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from yingda.domain.life import DocumentKind
from yingda.domain.roles import Role
from yingda.domain.second_channel import SecondKind
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Document(Base):
    """A text of an incident with its revisions; a new pass may start a new document of the same kind."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[DocumentKind]
    number: Mapped[int]

    __table_args__ = (UniqueConstraint("incident_id", "kind", "number"),)


class Revision(Base):
    """One text as its author submitted it. Immutable; what was signed is named by its SHA-256."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    author_id: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime]
    document: Mapped[Document] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        UniqueConstraint("id", "sha256", "author_id", name="uq_revision_identity"),
    )


class Signature(Base):
    """A person in a role stands for one exact text. Nobody for their own text, nobody twice for one text."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int]
    sha256: Mapped[str] = mapped_column(Sha256)
    author_id: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role]
    signer_id: Mapped[str] = mapped_column(String(64))
    deputy_for: Mapped[str | None] = mapped_column(String(64))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    at: Mapped[datetime]
    confirmed_by: Mapped[SecondKind | None] = mapped_column(
        doc="the channel of the code that confirmed it; none was asked"
    )

    __table_args__ = (
        ForeignKeyConstraint(
            ["revision_id", "sha256", "author_id"],
            ["revision.id", "revision.sha256", "revision.author_id"],
            name="fk_signature_revision",
        ),
        UniqueConstraint("revision_id", "role"),
        UniqueConstraint("revision_id", "signer_id"),
        CheckConstraint("signer_id <> author_id", name="never_own_text"),
    )
