"""Incidents: where they stand, where they were seen, which runs drive them, what they owe by when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from yingda.domain.clocks import ClockKind
from yingda.domain.documents import StatementKind
from yingda.domain.life import Outcome, Stage
from yingda.domain.severity import Severity, Topic
from yingda.store.models.base import Base
from yingda.store.types import Sha256


class YearSerial(Base):
    """The last incident serial given in a (Shanghai) year."""

    __tablename__ = "year_serial"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Incident(Base):
    """One reported incident; rows are closed, never deleted. Its row lock orders everything that happens to it."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    topic: Mapped[Topic | None]
    severity: Mapped[Severity]
    urgent: Mapped[bool]
    drill: Mapped[bool]
    unit_id: Mapped[str | None] = mapped_column(String(64))
    platform: Mapped[str | None] = mapped_column(String(100))
    seen_at: Mapped[datetime | None]
    reporter_id: Mapped[str | None] = mapped_column(String(64))
    stage: Mapped[Stage]
    outcome: Mapped[Outcome | None]
    result: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(default=0, doc="number of the latest event; the poller compares it")
    opened_at: Mapped[datetime]
    notified_at: Mapped[datetime | None] = mapped_column(doc="when the present unit was told; UTC")
    closed_at: Mapped[datetime | None]
    wanted_statement: Mapped[StatementKind | None] = mapped_column(
        doc="the kind that the next statement must be: what was decided but is not public yet"
    )
    wanted_reason: Mapped[str | None] = mapped_column(Text)
    emergency_plan_at: Mapped[datetime | None] = mapped_column(doc="when the group leader started the emergency plan")
    interviewee_id: Mapped[str | None] = mapped_column(
        String(64), doc="who gives interviews, where somebody decided so; else as policy says"
    )

    __table_args__ = (
        Index("ix_incident_open", "opened_at", postgresql_where=sql("closed_at IS NULL")),
        Index("ix_incident_stage", "stage", "severity"),
        Index("ix_incident_unit_id", "unit_id"),
    )


class SourceLink(Base):
    """Where a concern was seen. While `active`, a second lead with the same address joins its incident."""

    __tablename__ = "source_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[str] = mapped_column(Sha256, doc="SHA-256 of the normalised address")
    active: Mapped[bool]

    __table_args__ = (Index("uq_source_link_active", "url_key", unique=True, postgresql_where=sql("active")),)


class Lead(Base):
    """What one trigger reported; it opened an incident, joined one, or asked for a further pass of one."""

    __tablename__ = "lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(String(250), unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    joined: Mapped[bool]
    conf: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Pass(Base):
    """One run through the steps; an Airflow run belongs to exactly one pass."""

    __tablename__ = "pass"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    number: Mapped[int]
    run_id: Mapped[str] = mapped_column(String(250), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(
        doc="when its first task ran; empty: Airflow does not know it yet"
    )
    ended_at: Mapped[datetime | None] = mapped_column(doc="when its last task ran")
    seen_at: Mapped[datetime | None] = mapped_column(doc="when one of its tasks last looked in")

    __table_args__ = (UniqueConstraint("incident_id", "number"),)


class Clock(Base):
    """What is owed by when. `missed_at` is for good; an answer after it still sets `met_at`."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[ClockKind]
    cycle: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    original_due_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None] = mapped_column(doc="when it stopped being owed without an answer")

    __table_args__ = (
        UniqueConstraint("incident_id", "kind", "cycle"),
        Index("ix_clock_original_due_at", "original_due_at"),
        Index("ix_clock_running", "due_at", postgresql_where=sql("met_at IS NULL AND cancelled_at IS NULL")),
    )


class RaisedRung(Base):
    """A rung of the ladder that was raised; the unique row is what makes it once."""

    __tablename__ = "raised_rung"

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    key: Mapped[str] = mapped_column(String(20))
    moment: Mapped[datetime]
    raised_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("clock_id", "key"),)


class Merge(Base):
    """One incident goes on as part of another until that is undone; `before` is what undoing restores."""

    __tablename__ = "merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_merge_standing", "incident_id", unique=True, postgresql_where=sql("undone_at IS NULL")),
    )


class Observation(Base):
    """How a concern develops, as somebody saw it at a time; never who posted."""

    __tablename__ = "observation"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    seen_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
