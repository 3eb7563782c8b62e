"""Requests: who is asked for what, and the one answer each gets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from yingda.domain.life import RequestKind, RequestState
from yingda.domain.roles import Role
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Request(Base):
    """Somebody is asked for something by a time; answered once, by one of those it was sent to."""

    __tablename__ = "request"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, doc="128 random bits; what links and the desk name")
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[RequestKind]
    role: Mapped[Role]
    about: Mapped[str] = mapped_column(
        String(64),
        default="",
        server_default="",
        doc="which of several it is about, such as commitment:12; empty where there is one",
    )
    round: Mapped[int]
    state: Mapped[RequestState]
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("clock.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    revision_sha256: Mapped[str | None] = mapped_column(Sha256)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    addressees: Mapped[list[Addressee]] = relationship(lazy="selectin", order_by="Addressee.officer_id")

    __table_args__ = (
        UniqueConstraint("incident_id", "kind", "role", "about", "round"),
        Index(
            "uq_request_open",
            "incident_id",
            "kind",
            "role",
            "about",
            unique=True,
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_request_open_due", "due_at", postgresql_where=sql("state = 'open'")),
    )


class Addressee(Base):
    """An officer a request was sent to, and for whom if as a deputy."""

    __tablename__ = "addressee"

    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    deputy_for: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_addressee_officer_id", "officer_id"),)


class Decision(Base):
    """The one answer a request got. Immutable."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), unique=True)
    action: Mapped[str] = mapped_column(String(40))
    officer_id: Mapped[str] = mapped_column(String(64))
    deputy_for: Mapped[str | None] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    payload_sha256: Mapped[str] = mapped_column(Sha256, doc="of the payload as it was sent; tells an exact repeat")
    at: Mapped[datetime]
