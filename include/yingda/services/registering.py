"""The register of a day: compiled once into a row, and written to files from that row as often as wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain import life
from yingda.domain.calendar import shanghai_date
from yingda.domain.clocks import lateness_label
from yingda.domain.errors import NotNow
from yingda.domain.hazards import UNSETTLED
from yingda.domain.life import RequestState
from yingda.domain.severity import Severity
from yingda.services import naming
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Clock, Hazard, Incident, RegisterDay, Request
from yingda.transports import register_files
from yingda.transports.register_files import HazardRow, IncidentRow, OverdueRow


@dataclass(frozen=True)
class Owed:
    """An open request with the incident it belongs to."""

    request: Request
    incident: Incident


def compile_day(session: Session, day: date, settings: Settings, now: datetime) -> RegisterDay:
    """Compile the register of a (Shanghai) day from what stands now, unless that was done; return its row.

    :raises NotNow: another day than today, of which no register was compiled: what stands now says nothing of it
    """
    known = session.get(RegisterDay, day)
    if known is not None:
        return known
    if day != shanghai_date(now):
        raise NotNow(f"No register was compiled on {day}, and today's state cannot stand for that day.")
    data = _snapshot(session, settings, now)
    row = insert(RegisterDay).values(day=day, compiled_at=now, data=data).on_conflict_do_nothing()
    if session.execute(row).rowcount == 1:  # type: ignore[attr-defined]
        audit.record(session, None, "register_compiled", actor="system", at=now, day=day.isoformat())
    return session.get_one(RegisterDay, day)


def write_files(row: RegisterDay, settings: Settings) -> Path:
    """Write the files of a compiled day; doing it again gives the same bytes. Returns their folder.

    :raises TransportError: the folder cannot be written to
    """
    data = row.data
    day = register_files.RegisterDay(
        office_name=settings.roster.office.name,
        hazards=[HazardRow(**{**one, "due": _day(one["due"])}) for one in data["hazards"]],
        incidents=[
            IncidentRow(
                **{
                    **one,
                    "severity": Severity(one["severity"]),
                    "opened_at": datetime.fromisoformat(one["opened_at"]),
                    "due_at": _moment(one["due_at"]),
                }
            )
            for one in data["incidents"]
        ],
        overdue=[
            OverdueRow(
                number=one["number"],
                title=one["title"],
                unit_name=one["unit_name"],
                what=one["what"],
                due_at=datetime.fromisoformat(one["due_at"]),
                late=one["late"],
            )
            for one in data["overdue"]
        ],
    )
    return register_files.write(settings.register, row.day, day)


def open_requests(session: Session) -> list[Owed]:
    """Return every open request with its incident, the one due first first, those without a time last."""
    rows = session.execute(
        select(Request, Incident)
        .join(Incident, Request.incident_id == Incident.id)
        .where(Request.state == RequestState.OPEN)
        .order_by(Request.due_at.asc().nulls_last(), Request.id)
    )
    return [Owed(request, incident) for request, incident in rows]


def _snapshot(session: Session, settings: Settings, now: datetime) -> dict[str, Any]:
    roster, locale = settings.roster, "zh_CN"

    def unit_name(unit_id: str | None) -> str | None:
        return roster.unit(unit_id).name if unit_id else None

    owed = open_requests(session)
    waiting: dict[int, list[str]] = {}
    for one in owed:
        waiting.setdefault(one.incident.id, []).append(life.label(one.request.kind, locale))
    running = session.execute(
        select(Clock.incident_id, Clock.due_at)
        .where(Clock.met_at.is_(None), Clock.cancelled_at.is_(None))
        .order_by(Clock.due_at.desc())
    )
    next_due = {row.incident_id: row.due_at for row in running}
    hazards = session.scalars(
        select(Hazard).where(Hazard.state.in_(UNSETTLED)).order_by(Hazard.due_on.asc().nulls_last(), Hazard.id)
    )
    incidents = session.scalars(select(Incident).where(Incident.closed_at.is_(None)).order_by(Incident.id))
    return {
        "hazards": [
            {
                # A unit that left the roster goes by its id: its hazards stay on the register.
                "unit_name": naming.unit(hazard.unit_id, replace(settings, locale=locale)).name,
                "content": hazard.content,
                "offline_measures": hazard.offline_measures,
                "online_measures": hazard.online_measures,
                "due": hazard.due_on.isoformat() if hazard.due_on else None,
            }
            for hazard in hazards
        ],
        "incidents": [
            {
                "number": incident.number,
                "title": incident.title,
                "severity": incident.severity.value,
                "unit_name": unit_name(incident.unit_id),
                "stage": life.label(incident.stage, locale),
                "waiting_for": "、".join(dict.fromkeys(waiting.get(incident.id, []))),
                "opened_at": incident.opened_at.isoformat(),
                "due_at": _iso(next_due.get(incident.id)),
                "drill": incident.drill,
            }
            for incident in incidents
        ],
        "overdue": [
            {
                "request": one.request.public_id,
                "officers": [person.officer_id for person in one.request.addressees],
                "unit": one.incident.unit_id,
                "number": one.incident.number,
                "title": one.incident.title,
                "unit_name": unit_name(one.incident.unit_id),
                "what": life.label(one.request.kind, locale),
                "due_at": one.request.due_at.isoformat(),
                "late": lateness_label(now - one.request.due_at, locale),
            }
            for one in owed
            if one.request.due_at is not None and one.request.due_at < now
        ],
        "due_today": [
            {
                "request": one.request.public_id,
                "officers": [person.officer_id for person in one.request.addressees],
                "number": one.incident.number,
                "title": one.incident.title,
                "what": life.label(one.request.kind, locale),
                "due_at": one.request.due_at.isoformat(),
            }
            for one in owed
            if one.request.due_at is not None
            and one.request.due_at >= now
            and shanghai_date(one.request.due_at) == shanghai_date(now)
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
