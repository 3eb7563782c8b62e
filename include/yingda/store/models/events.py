"""What happened, in one chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Event(Base):
    """What happened, append-only. `id` is its place in the one chain over all; `seq` its number in its incident."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(64), doc='an officer id, "system", or "account:<name>" of one logged in')
    data: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(Sha256)
    hash: Mapped[str] = mapped_column(Sha256)

    __table_args__ = (
        UniqueConstraint("incident_id", "seq"),
        # What is told of a hazard, whichever incident it belongs to by then.
        Index("ix_event_hazard", sql("(data ->> 'hazard')"), postgresql_where=sql("(data ->> 'hazard') IS NOT NULL")),
        CheckConstraint("(incident_id IS NULL) = (seq IS NULL)", name="numbered_in_incident"),
    )


class ChainHead(Base):
    """The end of the event chain; its row lock orders the writers."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Sha256)
