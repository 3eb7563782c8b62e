"""The lines of a register, written as they stand now or as the events tell of a moment that is over.

Hazards never leave the database on the way; incidents pass through in batches. Both ways write the same lines for the
same state, which a test with random histories holds them to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Select, String, case, cast, func, insert, literal, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from yingda.domain.hazards import TOLD, UNSETTLED
from yingda.domain.life import RequestState
from yingda.domain.register_lines import HAZARD, HAZARD_FIELDS, INCIDENT
from yingda.domain.retold import KINDS, Asked, Retold, in_order
from yingda.store.models import Addressee, Clock, Event, Hazard, Incident, RegisterLine, Request

BATCH = 1000
_COLUMNS = ("day", "kind", "place", "key", "data")


def write_now(session: Session, day: date) -> None:
    """Write the lines of `day` from what stands now; the caller has just made its row."""
    due = func.to_char(Hazard.due_on, "YYYY-MM-DD")
    columns = {
        "unit": Hazard.unit_id,
        "due": case((Hazard.due_on.is_(None), null()), else_=due),
        **{name: getattr(Hazard, name) for name in HAZARD_FIELDS if name not in ("unit", "due")},
    }
    shown = select(
        literal(day),
        literal(HAZARD),
        func.row_number().over(order_by=(Hazard.due_on.asc().nulls_last(), Hazard.id)),
        cast(Hazard.id, String),
        func.jsonb_build_object(*_named(columns)),
    ).where(Hazard.state.in_(UNSETTLED))
    session.execute(insert(RegisterLine).from_select(_COLUMNS, shown))
    _write(session, day, _incidents_now(session))


def write_past(session: Session, day: date, moment: datetime) -> None:
    """Write the lines of `day` as the events tell of `moment` (aware); what happened at it exactly does not count."""
    number = Event.data["hazard"].astext
    then = (
        select(Event.data["hazard"].as_integer().label("id"), Event.data["now"].label("now"))
        .where(number.is_not(None), Event.kind.in_(TOLD), Event.at < moment)
        .ext(distinct_on(number))
        .order_by(number, Event.id.desc())
        .subquery()
    )
    columns = {name: then.c.now[name] for name in HAZARD_FIELDS}
    shown = select(
        literal(day),
        literal(HAZARD),
        func.row_number().over(order_by=(then.c.now["due"].astext.asc().nulls_last(), then.c.id)),
        cast(then.c.id, String),
        func.jsonb_build_object(*_named(columns)),
    ).where(then.c.now["state"].astext.in_([state.value for state in UNSETTLED]))
    session.execute(insert(RegisterLine).from_select(_COLUMNS, shown))
    _write(session, day, _incidents_then(session, moment))


@dataclass(frozen=True, slots=True)
class Told:
    """A line as it was stored: the number of its hazard or incident, and what it says."""

    key: str
    data: dict[str, Any]


def read(session: Session, day: date, kind: str) -> Iterator[Told]:
    """Yield the lines of a day in their order, as a stream that keeps none of them."""
    chosen = select(RegisterLine.key, RegisterLine.data).where(RegisterLine.day == day, RegisterLine.kind == kind)
    for key, data in session.execute(chosen.order_by(RegisterLine.place), execution_options=_STREAMED):
        yield Told(key, data)


def _named(columns: dict[str, Any]) -> Iterator[Any]:
    for name, column in columns.items():
        yield literal(name)
        yield column


def _write(session: Session, day: date, lines: Iterable[tuple[str, dict[str, Any]]]) -> None:
    numbered = enumerate(lines, start=1)
    while some := list(islice(numbered, BATCH)):
        session.execute(
            insert(RegisterLine),
            [{"day": day, "kind": INCIDENT, "place": place, "key": key, "data": data} for place, (key, data) in some],
        )


def _incidents_now(session: Session) -> Iterator[tuple[str, dict[str, Any]]]:
    clocks: dict[int, list[dict[str, Any]]] = defaultdict(list)
    running = select(Clock.incident_id, Clock.kind, Clock.cycle, Clock.started_at, Clock.due_at, Clock.missed_at)
    for row in session.execute(running.where(Clock.met_at.is_(None), Clock.cancelled_at.is_(None))):
        clocks[row.incident_id].append(
            {
                "kind": row.kind.value,
                "cycle": row.cycle,
                "started_at": row.started_at.isoformat(),
                "due_at": row.due_at.isoformat(),
                "missed": row.missed_at is not None,
            }
        )
    requests: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(_open_requests()):
        requests[row.incident_id].append(
            {
                "id": row.public_id,
                "kind": row.kind.value,
                "role": row.role.value,
                "officers": sorted(row.officers),
                "opened_at": row.opened_at.isoformat(),
                "due_at": row.due_at.isoformat() if row.due_at else None,
            }
        )
    for one in session.execute(_incidents().where(Incident.closed_at.is_(None)), execution_options=_STREAMED):
        told = {"severity": one.severity.value, "stage": one.stage.value, "unit": one.unit_id, "unknown": []}
        yield one.number, _line(one, told, clocks.pop(one.id, []), requests.pop(one.id, []))


def _incidents_then(session: Session, moment: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    opened = session.execute(_incidents().where(Incident.opened_at < moment))
    incidents = {one.id: one for one in opened}
    known: dict[int, dict[str, Asked]] = defaultdict(dict)
    asked = (
        select(Request.incident_id, Request.public_id, Request.about, Clock.kind, Clock.cycle)
        .outerjoin(Clock, Request.clock_id == Clock.id)
        .where(Request.opened_at < moment)
    )
    for row in session.execute(asked):
        clock = (row.kind.value, row.cycle) if row.kind is not None else None
        known[row.incident_id][row.public_id] = Asked(clock, row.about)
    events = session.execute(
        select(Event.incident_id, Event.kind, Event.at, Event.data)
        .where(Event.incident_id.is_not(None), Event.kind.in_(KINDS), Event.at < moment)
        .order_by(Event.incident_id, Event.seq),
        execution_options=_STREAMED,
    )
    for incident_id, told in groupby(events, key=lambda row: row.incident_id):
        incident = Retold(known.pop(incident_id, {}))
        for event in told:
            incident.tell(event.kind, event.at, event.data)
        if incident.is_closed or incident_id not in incidents:
            continue
        one = incidents[incident_id]
        as_told = {"severity": incident.severity, "stage": incident.stage, "unit": incident.unit}
        as_told["unknown"] = sorted(incident.unknown)  # type: ignore[assignment]
        yield one.number, _line(one, as_told, incident.clocks(), incident.requests())


_STREAMED = {"yield_per": BATCH}


def _incidents() -> Select[*tuple[Any, ...]]:
    return select(
        Incident.id,
        Incident.number,
        Incident.title,
        Incident.severity,
        Incident.topic,
        Incident.drill,
        Incident.stage,
        Incident.unit_id,
        Incident.opened_at,
    ).order_by(Incident.id)


def _open_requests() -> Select[*tuple[Any, ...]]:
    people = func.array_agg(aggregate_order_by(Addressee.officer_id, Addressee.officer_id)).label("officers")
    return (
        select(
            Request.incident_id,
            Request.public_id,
            Request.kind,
            Request.role,
            Request.opened_at,
            Request.due_at,
            people,
        )
        .join(Addressee, Addressee.request_id == Request.id)
        .where(Request.state == RequestState.OPEN)
        .group_by(Request.id)
    )


def _line(
    one: Any, told: dict[str, Any], clocks: list[dict[str, Any]], requests: list[dict[str, Any]]
) -> dict[str, Any]:
    # Title, topic and whether it is a drill never change.
    return {
        "title": one.title,
        "topic": one.topic.value if one.topic else None,
        "drill": one.drill,
        "opened_at": one.opened_at.isoformat(),
        **told,
        "clocks": in_order(clocks),
        "requests": in_order(requests),
    }
