"""Opening (受理): a trigger becomes an incident, joins one, or asks for a further pass of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.clocks import ClockKind
from yingda.domain.errors import ConfRefused, UnknownOfficer, UnknownUnit
from yingda.domain.lead import LeadConf, local_year, number_of, read, url_key
from yingda.domain.life import Stage
from yingda.services import clocking, passing
from yingda.services.case import Case, take, take_by_id
from yingda.settings import Settings
from yingda.store.models import Incident, Lead, Pass, SourceLink, YearSerial


@dataclass(frozen=True)
class Opened:
    """What became of a trigger: the incident it belongs to, and whether it joined one that was open already."""

    incident_no: str
    joined: bool


def open_incident(session: Session, conf: Mapping[str, Any], run_id: str, settings: Settings, now: datetime) -> Opened:
    """Do what a run was triggered for; doing it again for the same run changes nothing.

    :raises ConfRefused: names the field that is wrong; nothing is stored
    :raises IncidentNotFound: `incident_no` is not known
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("lead:" + run_id))))
    before = session.scalars(select(Lead).where(Lead.run_id == run_id)).one_or_none()
    if before is not None:
        number = session.scalars(select(Incident.number).where(Incident.id == before.incident_id)).one()
        if not before.joined:
            passing.begin(take(session, number, settings, now), run_id)
        return Opened(number, before.joined)
    lead = read(conf)
    _known_to_the_roster(lead, settings)
    if lead.incident_no is not None:
        case = take(session, lead.incident_no, settings, now)
        _further_pass(case, lead, run_id)
        joined = False
    else:
        standing = _incident_with_source(session, lead.source_url, settings, now)
        joined = standing is not None
        case = standing or _new_incident(session, lead, run_id, settings, now)
    session.add(
        Lead(
            run_id=run_id,
            incident_id=case.incident.id,
            joined=joined,
            conf=lead.model_dump(mode="json", exclude_none=True),
            at=now,
        )
    )
    if joined:
        case.record("lead_joined", run_id=run_id, platform=lead.platform, reporter=lead.reporter)
    return Opened(case.incident.number, joined)


def _known_to_the_roster(lead: LeadConf, settings: Settings) -> None:
    try:
        if lead.unit is not None:
            settings.roster.unit(lead.unit)
        if lead.reporter is not None:
            settings.roster.officer(lead.reporter)
    except UnknownUnit:
        known = ", ".join(unit.id for unit in settings.roster.units)
        raise ConfRefused("unit", f"{lead.unit!r} is not a unit of the roster. Units: {known}") from None
    except UnknownOfficer:
        raise ConfRefused(
            "reporter", f"{lead.reporter!r} is not an officer of the roster. Use an id of roster.yaml, or leave it out"
        ) from None


def _incident_with_source(session: Session, url: str | None, settings: Settings, now: datetime) -> Case | None:
    if url is None:
        return None
    key = url_key(url)
    # Two leads of one link at once: the second waits here and finds the first.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("link:" + key))))
    active = select(SourceLink.incident_id).where(SourceLink.url_key == key, SourceLink.active)
    incident_id = session.scalar(active)
    if incident_id is None:
        return None
    case = take_by_id(session, incident_id, settings, now)
    # It may have been closed while we waited for its lock.
    return case if session.scalar(active) == incident_id else None


def _new_incident(session: Session, lead: LeadConf, run_id: str, settings: Settings, now: datetime) -> Case:
    incident = Incident(
        number=_next_number(session, settings.roster.office.number_prefix, now),
        title=lead.title,
        summary=lead.summary,
        topic=lead.topic,
        severity=lead.severity,
        urgent=lead.urgent,
        drill=lead.drill,
        unit_id=lead.unit,
        platform=lead.platform,
        seen_at=lead.seen_at,
        reporter_id=lead.reporter,
        stage=Stage.ASSIGN_UNIT,
        seq=0,
        opened_at=now,
    )
    session.add(incident)
    session.flush()
    case = Case(session, incident, settings, now)
    if lead.source_url is not None:
        session.add(
            SourceLink(incident_id=incident.id, url=lead.source_url, url_key=url_key(lead.source_url), active=True)
        )
    session.add(Pass(incident_id=incident.id, number=1, run_id=run_id, reason="opened", created_at=now, started_at=now))
    case.record("incident_opened", severity=lead.severity.value, drill=lead.drill, run_id=run_id)
    for kind in (ClockKind.PUBLIC_WORD, ClockKind.PRESS_CONFERENCE):
        clocking.start(case, kind, started_at=now)
    return case


def _next_number(session: Session, prefix: str, now: datetime) -> str:
    year = local_year(now)
    count = insert(YearSerial).values(year=year, last=1)
    count = count.on_conflict_do_update(index_elements=["year"], set_={"last": YearSerial.last + 1})
    serial = session.scalars(count.returning(YearSerial.last)).one()
    return number_of(prefix, year, serial)


def _further_pass(case: Case, lead: LeadConf, run_id: str) -> None:
    """Tie a run to a known incident; from `closing` on, it is reopened at the stage the lead names."""
    if lead.stage is not None and lead.stage is not case.incident.stage:
        if not case.incident.stage.is_past(Stage.LIVE_CHECK):
            raise ConfRefused(
                "stage",
                f"{lead.stage.value!r}: {case.incident.number} is still being handled (at {case.incident.stage.value});"
                " leave stage out to let it go on, or reopen it once it is closed",
            )
        if lead.reason is None:
            raise ConfRefused("reason", f"is required to reopen {case.incident.number} at {lead.stage.value}")
        passing.reopen(case, lead.stage, lead.reason)
    elif lead.stage is None and case.incident.stage is Stage.CLOSED:
        allowed = "assign_unit, verification or statement"
        raise ConfRefused("stage", f"is required, {case.incident.number} is closed: reopen it at {allowed}")
    passing.begin(case, run_id, lead.reason or "resumed")
