"""The lead desk: what those logged in see of reported leads, and which open incidents may be of the same matter.

Everything here only reads. Moments are aware and in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from yingda.domain.errors import LeadNotFound
from yingda.domain.leads import ALIKE, likeness, place_of
from yingda.domain.life import LeadOrigin, LeadState, Outcome, Stage
from yingda.domain.severity import Severity, Topic
from yingda.services import waiting_leads
from yingda.services.naming import Named, actor, officer, unit
from yingda.settings import Settings
from yingda.store.models import Incident, ReportedLead, SourceLink

SUGGESTED = 5
"""At most this many incidents are suggested."""
LOOKED_AT = 500
"""So many open incidents are compared, the newest."""


@dataclass(frozen=True)
class LeadSeen:
    """A reported lead, and what became of it.

    :param waits_from: when the first reminder is due (UTC), None once it is settled or where nobody is reminded
    """

    id: str
    state: LeadState
    origin: LeadOrigin
    title: str
    summary: str
    topic: Topic | None
    severity: Severity
    urgent: bool
    drill: bool
    unit: Named | None
    platform: str | None
    source_url: str | None
    seen_at: datetime | None
    reporter: Named | None
    reported_by: Named | None
    reported_at: datetime
    waits_from: datetime | None
    incident_no: str | None
    settled_by: Named | None
    settled_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Similar:
    """An open incident that may be of the same matter: seen at the same place, or of a title much like the lead's."""

    incident_no: str
    title: str
    stage: Stage
    opened_at: datetime
    same_place: bool


def leads(
    session: Session, house: Settings, state: LeadState | None, *, limit: int, offset: int
) -> tuple[list[LeadSeen], int]:
    """Return a page of the leads in a state (None: in any), and how many there are in all.

    Those that wait come first, the gravest, the urgent and the oldest before the others; then the latest reported.
    """
    conditions = [] if state is None else [ReportedLead.state == state]
    total = session.scalar(select(func.count()).select_from(ReportedLead).where(*conditions)) or 0
    waits = ReportedLead.state == LeadState.NEW
    gravity = case({one.value: -rank for rank, one in enumerate(Severity)}, value=ReportedLead.severity)
    rows = session.execute(
        select(ReportedLead, Incident.number)
        .outerjoin(Incident, ReportedLead.incident_id == Incident.id)
        .where(*conditions)
        .order_by(
            case((waits, 0), else_=1),
            case((waits, gravity), else_=0),
            case((waits & ReportedLead.urgent, 0), else_=1),
            case((waits, ReportedLead.id), else_=-ReportedLead.id),
        )
        .limit(limit)
        .offset(offset)
    )
    return [_seen(row, number, house) for row, number in rows], total


def lead(session: Session, lead_id: str, house: Settings) -> LeadSeen:
    """Return a lead.

    :raises LeadNotFound: there is none of this id
    """
    found = session.execute(
        select(ReportedLead, Incident.number)
        .outerjoin(Incident, ReportedLead.incident_id == Incident.id)
        .where(ReportedLead.public_id == lead_id.replace("\x00", ""))
    ).one_or_none()
    if found is None:
        raise LeadNotFound("There is no such lead.")
    return _seen(found[0], found[1], house)


def waiting(session: Session) -> int:
    """Return how many leads wait for the duty officer."""
    return session.scalar(select(func.count()).where(ReportedLead.state == LeadState.NEW)) or 0


def similar(session: Session, seen: LeadSeen) -> list[Similar]:
    """Return open incidents, drills for a drill, that the lead may belong to; the likeliest first."""
    rows = session.scalars(
        select(Incident)
        .where(Incident.closed_at.is_(None), Incident.drill == seen.drill)
        .order_by(Incident.id.desc())
        .limit(LOOKED_AT)
    ).all()
    places: dict[int, set[str]] = defaultdict(set)
    for link in session.scalars(select(SourceLink).where(SourceLink.incident_id.in_([row.id for row in rows]))):
        places[link.incident_id].add(place_of(link.url))
    place = place_of(seen.source_url) if seen.source_url else None
    found = [
        (place in places[row.id], likeness(seen.title, row.title), row)
        for row in rows
        if row.outcome is not Outcome.MERGED
    ]
    likely = sorted((one for one in found if one[0] or one[1] >= ALIKE), key=lambda one: one[:2], reverse=True)
    return [
        Similar(row.number, row.title, row.stage, row.opened_at, same_place)
        for same_place, _, row in likely[:SUGGESTED]
    ]


def _seen(row: ReportedLead, number: str | None, house: Settings) -> LeadSeen:
    return LeadSeen(
        id=row.public_id,
        state=row.state,
        origin=row.origin,
        title=row.title,
        summary=row.summary,
        topic=row.topic,
        severity=row.severity,
        urgent=row.urgent,
        drill=row.drill,
        unit=unit(row.unit_id, house) if row.unit_id else None,
        platform=row.platform,
        source_url=row.source_url,
        seen_at=row.seen_at,
        reporter=officer(row.reporter_id, house) if row.reporter_id else None,
        reported_by=actor(row.reported_by, house),
        reported_at=row.reported_at,
        waits_from=(
            waiting_leads.waits_from(house.policy.leads, row.severity, row.urgent, row.reported_at)
            if row.state is LeadState.NEW
            else None
        ),
        incident_no=number,
        settled_by=actor(row.settled_by, house) if row.settled_by else None,
        settled_at=row.settled_at,
        reason=row.reason,
    )
