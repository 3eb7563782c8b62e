"""The hazard register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.store.models.base import Base


class Hazard(Base):
    """Something a unit reports that may become an incident."""

    __tablename__ = "hazard"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[str] = mapped_column(Text)
    offline_measures: Mapped[str] = mapped_column(Text)
    online_measures: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(String(64))
    resolved_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_hazard_open", "due_on", postgresql_where=sql("resolved_at IS NULL")),)


class RegisterDay(Base):
    """The register as compiled for a (Shanghai) day; compiling it again gives the same files from this row."""

    __tablename__ = "register_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    compiled_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class SiteRound(Base):
    """Somebody looked at a watched site on a (Shanghai) day."""

    __tablename__ = "site_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    site: Mapped[str] = mapped_column(String(64), doc="key of the policy's list of watched sites")
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("day", "site"),)
