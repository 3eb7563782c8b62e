"""The hazard desk: what those logged in see of hazards. Everything here only reads; moments are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import HazardNotFound
from yingda.domain.hazards import UNSETTLED, HazardState, Risk, is_overdue
from yingda.domain.severity import Topic
from yingda.services.naming import Named, actor, unit
from yingda.settings import Settings
from yingda.store.models import Hazard, Incident


@dataclass(frozen=True)
class HazardSeen:
    """A hazard as it stands.

    :param version: what was read; whoever changes it says so, and learns if somebody was first
    :param overdue: its day is over, and its unit still owes something
    """

    id: int
    state: HazardState
    unit: Named
    content: str
    offline_measures: str
    online_measures: str
    due: date | None
    overdue: bool
    topic: Topic | None
    risk: Risk
    evidence: str | None
    incident_no: str | None
    reported_by: Named | None
    reported_at: datetime
    changed_by: Named | None
    changed_at: datetime
    resolved_at: datetime | None
    version: int


@dataclass(frozen=True)
class Sought:
    """Which hazards are wanted; None asks for nothing in particular.

    :param open_only: only those whose unit still owes something
    :param overdue: only those that are overdue, or (False) are not
    :param q: words that stand in what was reported or in the measures
    """

    state: HazardState | None = None
    unit: str | None = None
    topic: Topic | None = None
    risk: Risk | None = None
    overdue: bool | None = None
    open_only: bool = False
    q: str = ""
    limit: int = 50
    offset: int = 0


def hazards(session: Session, house: Settings, sought: Sought, now: datetime) -> tuple[list[HazardSeen], int]:
    """Return a page of hazards, and how many there are in all.

    Those whose unit owes something come first, the one due first before the others, those without a day after them;
    then the latest settled.
    """
    today = shanghai_date(now)
    wanted = _conditions(sought, today)
    total = session.scalar(select(func.count()).select_from(Hazard).where(*wanted)) or 0
    open_ = Hazard.state.in_(UNSETTLED)
    rows = session.execute(
        _seen_of()
        .where(*wanted)
        .order_by(
            case((open_, 0), else_=1),
            case((open_, Hazard.due_on), else_=None).asc().nulls_last(),
            case((open_, Hazard.id), else_=None),
            Hazard.changed_at.desc(),
            Hazard.id,
        )
        .limit(sought.limit)
        .offset(sought.offset)
    )
    return [_seen(row, number, house, today) for row, number in rows], total


def hazard(session: Session, hazard_id: int, house: Settings, now: datetime) -> HazardSeen:
    """Return a hazard.

    :raises HazardNotFound: there is none of this number
    """
    query = _seen_of().where(Hazard.id == hazard_id)
    found = session.execute(query).one_or_none() if 0 < hazard_id < 2**31 else None
    if found is None:
        raise HazardNotFound(f"There is no hazard {hazard_id}.")
    return _seen(found[0], found[1], house, shanghai_date(now))


def of_incident(session: Session, incident_no: str, house: Settings, now: datetime) -> list[HazardSeen]:
    """Return the hazards that became an incident, oldest first."""
    rows = session.execute(_seen_of().where(Incident.number == incident_no).order_by(Hazard.id))
    return [_seen(row, number, house, shanghai_date(now)) for row, number in rows]


def _seen_of() -> Select[*tuple[Any, ...]]:
    return select(Hazard, Incident.number).outerjoin(Incident, Hazard.incident_id == Incident.id)


def _conditions(sought: Sought, today: date) -> list[ColumnElement[bool]]:
    found: list[Any] = []
    if sought.state is not None:
        found.append(Hazard.state == sought.state)
    if sought.open_only:
        found.append(Hazard.state.in_(UNSETTLED))
    if sought.unit is not None:
        found.append(Hazard.unit_id == sought.unit)
    if sought.topic is not None:
        found.append(Hazard.topic == sought.topic)
    if sought.risk is not None:
        found.append(Hazard.risk == sought.risk)
    if sought.overdue is not None:
        late = Hazard.state.in_(UNSETTLED) & Hazard.due_on.is_not(None) & (Hazard.due_on < today)
        found.append(late if sought.overdue else ~late)
    for word in sought.q.split():
        texts = (Hazard.content, Hazard.offline_measures, Hazard.online_measures)
        found.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return found


def _seen(row: Hazard, number: str | None, house: Settings, today: date) -> HazardSeen:
    return HazardSeen(
        id=row.id,
        state=row.state,
        unit=unit(row.unit_id, house),
        content=row.content,
        offline_measures=row.offline_measures,
        online_measures=row.online_measures,
        due=row.due_on,
        overdue=is_overdue(row.state, row.due_on, today),
        topic=row.topic,
        risk=row.risk,
        evidence=row.evidence,
        incident_no=number,
        reported_by=actor(row.reported_by, house),
        reported_at=row.reported_at,
        changed_by=actor(row.changed_by, house),
        changed_at=row.changed_at,
        resolved_at=row.resolved_at,
        version=row.version,
    )
