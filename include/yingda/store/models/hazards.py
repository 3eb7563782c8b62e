"""The hazard register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.hazards import HazardState, Risk
from yingda.domain.severity import Topic
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class Hazard(Base):
    """Something a unit reports that may become an incident. Its row lock orders everything that happens to it.

    What it was on any day is told by its events (services.hazard_in_hand.facts).
    """

    __tablename__ = "hazard"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    offline_measures: Mapped[str] = mapped_column(Text)
    online_measures: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(doc="a day in Shanghai, itself still in time")
    topic: Mapped[Topic | None]
    risk: Mapped[Risk] = mapped_column(default=Risk.MEDIUM)
    state: Mapped[HazardState] = mapped_column(default=HazardState.OPEN)
    version: Mapped[int] = mapped_column(default=1, doc="grows with each change; what was read is compared with it")
    fingerprint: Mapped[str] = mapped_column(Sha256, unique=True, doc="of unit and content (domain.hazards)")
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))
    resolved_at: Mapped[datetime | None]
    evidence: Mapped[str | None] = mapped_column(Text, doc="how it was resolved, and what shows it")
    incident_id: Mapped[int | None] = mapped_column(
        ForeignKey("incident.id"), index=True, doc="the incident it was escalated to last"
    )

    __table_args__ = (
        Index("ix_hazard_open", "due_on", "id", postgresql_where=sql("state IN ('open', 'handling')")),
        Index("ix_hazard_state", "state", "id"),
        Index("ix_hazard_unit_id", "unit_id", "state"),
        Index("ix_hazard_topic", "topic", "state"),
        Index("ix_hazard_risk", "risk", "state"),
    )


class HazardImport(Base):
    """A table that was read and shown, and waits for a yes; it ends by itself, and holds no row of the register yet."""

    __tablename__ = "hazard_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, doc="128 random bits; what the desk names")
    account: Mapped[str] = mapped_column(String(64), index=True, doc="whose it is; nobody else may see or confirm it")
    name: Mapped[str] = mapped_column(String(200), doc="of the file")
    read_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    rows: Mapped[bytes] = mapped_column(LargeBinary, doc="each row with its fate: JSON, packed by zlib")
    counts: Mapped[dict[str, Any]] = mapped_column(doc="rows by fate")
    done_at: Mapped[datetime | None] = mapped_column(doc="when it was confirmed and stored")


class RegisterDay(Base):
    """The register as compiled for a (Shanghai) day; its files come from this row and its lines, always the same.

    `data` holds who owes what by when, and counts; hazards and incidents are lines.
    """

    __tablename__ = "register_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    compiled_at: Mapped[datetime]
    as_of: Mapped[datetime] = mapped_column(doc="the moment it shows")
    rebuilt: Mapped[bool] = mapped_column(doc="compiled later, from the events, for a day that had no register")
    working: Mapped[bool] = mapped_column(doc="a working day, as the calendar said when it was compiled")
    compared_with: Mapped[date | None] = mapped_column(doc="the working day before, where the record reaches so far")
    data: Mapped[dict[str, Any]]


class RegisterLine(Base):
    """What the register of a day says of one hazard or incident that was open; never changed."""

    __tablename__ = "register_line"

    day: Mapped[date] = mapped_column(ForeignKey("register_day.day"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True, doc="domain.register_lines.HAZARD or INCIDENT")
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, doc="1 first")
    key: Mapped[str] = mapped_column(String(40), doc="number of the hazard or the incident")
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
