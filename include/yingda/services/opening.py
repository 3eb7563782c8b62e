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
from yingda.domain.work_group import GroupEvent
from yingda.services import alerting, clocking, passing, planning
from yingda.services.case import SYSTEM, Case, take, take_by_id
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
        standing = incident_with_source(session, lead.source_url, settings, now)
        if standing is not None and standing.incident.drill is not lead.drill:
            # What is practised and what is real never mix: this one opens its own.
            standing = None
        joined = standing is not None
        case = standing or _driven_by(run_id, anew(session, lead, settings, now, run_id=run_id))
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


def incident_with_source(session: Session, url: str | None, settings: Settings, now: datetime) -> Case | None:
    """Lock the open incident that was seen at an address; None where there is none, and then none is opened meanwhile.

    Call it before any incident is locked.
    """
    if url is None:
        return None
    hold_link(session, url)
    key = url_key(url)
    active = select(SourceLink.incident_id).where(SourceLink.url_key == key, SourceLink.active)
    incident_id = session.scalar(active)
    if incident_id is None:
        return None
    case = take_by_id(session, incident_id, settings, now)
    # It may have been closed while we waited for its lock.
    return case if session.scalar(active) == incident_id else None


def hold_link(session: Session, url: str) -> None:
    """Of two leads of one link at once, let the second wait here and find the first."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("link:" + url_key(url)))))


def anew(
    session: Session, conf: LeadConf, settings: Settings, now: datetime, actor: str = SYSTEM, **on_record: Any
) -> Case:
    """Make a new incident of what a lead says: its number, its source, its public clocks, which run from now.

    The caller has looked whether its source is known (`incident_with_source`), and sees to a pass.

    :param on_record: what the event says besides: the run or the reported lead that it came from
    """
    incident = Incident(
        number=_next_number(session, settings.roster.office.number_prefix, now),
        title=conf.title,
        summary=conf.summary,
        topic=conf.topic,
        severity=conf.severity,
        urgent=conf.urgent,
        drill=conf.drill,
        unit_id=conf.unit,
        platform=conf.platform,
        seen_at=conf.seen_at,
        reporter_id=conf.reporter,
        stage=Stage.ASSIGN_UNIT,
        seq=0,
        opened_at=now,
    )
    session.add(incident)
    session.flush()
    case = Case(session, incident, settings, now)
    if conf.source_url is not None:
        add_source(case, conf.source_url)
    case.record("incident_opened", actor, severity=conf.severity.value, drill=conf.drill, **on_record)
    for kind in (ClockKind.PUBLIC_WORD, ClockKind.PRESS_CONFERENCE):
        clocking.start(case, kind, started_at=now)
    planning.see_to_plan(case)
    alerting.alert(case, GroupEvent.OPENED, "-")
    return case


def add_source(case: Case, url: str) -> None:
    """Note where an incident was seen; leads from there join it, unless they join another open one already."""
    key = url_key(url)
    known = select(SourceLink.id).where(SourceLink.url_key == key)
    if case.session.scalar(known.where(SourceLink.incident_id == case.incident.id)) is None:
        taken = case.session.scalar(known.where(SourceLink.active)) is not None
        case.session.add(SourceLink(incident_id=case.incident.id, url=url, url_key=key, active=not taken))
        case.session.flush()


def _driven_by(run_id: str, case: Case) -> Case:
    mine, now = case.incident.id, case.now
    case.session.add(Pass(incident_id=mine, number=1, run_id=run_id, reason="opened", created_at=now, started_at=now))
    return case


def _next_number(session: Session, prefix: str, now: datetime) -> str:
    year = local_year(now)
    count = insert(YearSerial).values(year=year, last=1)
    count = count.on_conflict_do_update(index_elements=["year"], set_={"last": YearSerial.last + 1})
    serial = session.scalars(count.returning(YearSerial.last)).one()
    return number_of(prefix, year, serial)


def _further_pass(case: Case, lead: LeadConf, run_id: str) -> None:
    """Tie a run to a known incident; from `closing` on, it is reopened at the stage the lead names."""
    into = passing.merged_into(case.session, case.incident.id)
    if into is not None:
        number = case.incident.number
        raise ConfRefused("incident_no", f"{number} was merged into {into}. Name {into}, or undo the merge first")
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
