"""What is different between the registers of two days: one query, however many hazards there are, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from yingda.domain.hazards import TOLD
from yingda.domain.register_lines import HAZARD, Changed, of_hazard, of_incident
from yingda.store.models import Event, Incident, RegisterDay, RegisterLine

BATCH = 1000


def changes(session: Session, before: RegisterDay, after: RegisterDay) -> Iterator[Changed]:
    """Yield what changed between two registers: hazards first, then incidents, each in the order of their numbers.

    What stands in one of them only is looked up in the events: whether a hazard was resolved or escalated, or was
    there before.
    """
    old, new = aliased(RegisterLine), aliased(RegisterLine)
    earlier = select(old).where(old.day == before.day).subquery()
    later = select(new).where(new.day == after.day).subquery()
    kind = func.coalesce(earlier.c.kind, later.c.kind)
    key = func.coalesce(earlier.c.key, later.c.key)
    joined = earlier.join(later, and_(earlier.c.kind == later.c.kind, earlier.c.key == later.c.key), full=True)
    rows = session.execute(
        select(kind.label("kind"), key.label("key"), earlier.c.data.label("was"), later.c.data.label("line"))
        .select_from(joined)
        .where(earlier.c.data.is_distinct_from(later.c.data))
        .order_by(kind, func.length(key), key),
        execution_options={"yield_per": BATCH},
    )
    for some in rows.partitions(BATCH):
        yield from _told(session, some, before.as_of, after.as_of)


def _told(session: Session, rows: Sequence[Any], since: datetime, until: datetime) -> Iterator[Changed]:
    hazards = [row for row in rows if row.kind == HAZARD and row.key.isdigit()]
    gone = _states(session, [row.key for row in hazards if row.line is None], Event.at <= until)
    # What happened at the very moment of the earlier register, and is not in it, came after it.
    come = _states(session, [row.key for row in hazards if row.was is None], Event.at < since)
    merged = _merged(session, [row.key for row in rows if row.kind != HAZARD and row.line is None], until)
    for row in rows:
        if row.kind == HAZARD:
            found = of_hazard(row.key, row.was, row.line, (gone if row.line is None else come).get(row.key))
            if found is not None:
                yield found
        else:
            yield from of_incident(row.key, row.was, row.line, merged=row.key in merged, since=since.isoformat())


def _states(session: Session, keys: list[str], when: ColumnElement[bool]) -> dict[str, str]:
    """Return the state that hazards had at some time, as their events tell."""
    if not keys:
        return {}
    number = Event.data["hazard"].astext
    told = (
        select(number, Event.data["now"]["state"].astext)
        .where(number.in_(keys), Event.kind.in_(TOLD), when)
        .ext(distinct_on(number))
        .order_by(number, Event.id.desc())
    )
    return {row[0]: row[1] for row in session.execute(told)}


def _merged(session: Session, numbers: list[str], moment: datetime) -> set[str]:
    """Return which of some incidents ended, for the time being, as part of another."""
    if not numbers:
        return set()
    ended = (
        select(Incident.number, case((Event.kind == "merged", True), else_=False))
        .join(Event, Event.incident_id == Incident.id)
        .where(Incident.number.in_(numbers), Event.kind.in_(("closed", "merged")), Event.at <= moment)
        .ext(distinct_on(Incident.number))
        .order_by(Incident.number, Event.seq.desc())
    )
    return {row[0] for row in session.execute(ended) if row[1]}
