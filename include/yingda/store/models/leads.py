"""Leads that officers report to the duty officer, who opens, joins or dismisses them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.life import LeadOrigin, LeadState
from yingda.domain.severity import Severity, Topic
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class ReportedLead(Base):
    """What somebody saw and reported: where, when, what; never by whom it was posted."""

    __tablename__ = "reported_lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, doc="128 random bits; what the desk names")
    state: Mapped[LeadState]
    origin: Mapped[LeadOrigin]
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    topic: Mapped[Topic | None]
    severity: Mapped[Severity]
    urgent: Mapped[bool]
    drill: Mapped[bool]
    unit_id: Mapped[str | None] = mapped_column(String(64))
    platform: Mapped[str | None] = mapped_column(String(100))
    source_url: Mapped[str | None] = mapped_column(Text)
    url_key: Mapped[str | None] = mapped_column(Sha256, index=True)
    seen_at: Mapped[datetime | None]
    reporter_id: Mapped[str | None] = mapped_column(String(64))
    reported_by: Mapped[str] = mapped_column(String(64))
    reported_at: Mapped[datetime]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    settled_by: Mapped[str | None] = mapped_column(String(64))
    settled_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_reported_lead_new", "id", postgresql_where=sql("state = 'new'")),)
