"""Viewing: what those logged in may see of incidents, as plain records for pages and programs alike.

Everything here only reads. Moments are aware and in UTC. Each function asks a fixed number of queries, however many
incidents, requests or revisions there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from yingda.domain.clocks import ClockKind
from yingda.domain.errors import IncidentNotFound
from yingda.domain.life import DocumentKind, Outcome, PublicationState, RequestKind, RequestState, Stage
from yingda.domain.roles import Role
from yingda.domain.second_channel import SecondKind
from yingda.domain.severity import Severity, Topic
from yingda.services import dossier, examining
from yingda.services.dossier import Dossier
from yingda.services.examining import FindingSeen
from yingda.services.naming import Named, actor, officer, unit
from yingda.settings import Settings
from yingda.store.models import (
    Clock,
    Decision,
    Document,
    Event,
    Incident,
    Pass,
    Publication,
    Request,
    Revision,
    Signature,
    SourceLink,
)


@dataclass(frozen=True)
class ClockSeen:
    """What is owed by when. `missed` is for good, even where an answer came later."""

    kind: ClockKind
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    cancelled_at: datetime | None
    missed: bool


@dataclass(frozen=True)
class RequestSeen:
    """A request: who was asked for what, and what became of it."""

    id: str
    incident_no: str
    kind: RequestKind
    role: Role
    round: int
    state: RequestState
    asked: tuple[Named, ...]
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    action: str | None
    decided_by: Named | None


@dataclass(frozen=True)
class RevisionSeen:
    """One text as its author submitted it."""

    number: int
    sha256: str
    author: Named
    at: datetime
    content: dict[str, Any]


@dataclass(frozen=True)
class DocumentSeen:
    """A document with all its revisions, oldest first."""

    kind: DocumentKind
    number: int
    revisions: tuple[RevisionSeen, ...]


@dataclass(frozen=True)
class SignatureSeen:
    """A person in a role stands for one exact text; `confirmed_by` is the channel whose code they had to bring."""

    role: Role
    signer: Named
    deputy_for: Named | None
    sha256: str
    at: datetime
    confirmed_by: SecondKind | None


@dataclass(frozen=True)
class PublicationSeen:
    """One text on one channel."""

    channel: str
    state: PublicationState
    public: bool
    url: str | None
    sha256: str
    confirmed_at: datetime | None
    live_at: datetime | None
    drifted_at: datetime | None
    problem: str | None


@dataclass(frozen=True)
class PassSeen:
    """One run through the steps, and the Airflow run that drives it."""

    number: int
    run_id: str
    reason: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class EventSeen:
    """Something that happened; `actor` is None for the system itself."""

    seq: int
    at: datetime
    kind: str
    actor: Named | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """What is waited for, and whose answer it is."""

    kind: RequestKind
    asked: tuple[Named, ...]


@dataclass(frozen=True)
class IncidentLine:
    """An incident as one line of the board."""

    incident_no: str
    title: str
    severity: Severity
    urgent: bool
    drill: bool
    stage: Stage
    topic: Topic | None
    unit: Named | None
    outcome: Outcome | None
    opened_at: datetime
    closed_at: datetime | None
    clocks: tuple[ClockSeen, ...]
    asked: tuple[Named, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, kw_only=True)
class IncidentSeen(Dossier):
    """An incident with everything on record about it.

    :param findings: what the examination of its newest statement comes to
    """

    incident_no: str
    title: str
    summary: str
    severity: Severity
    urgent: bool
    drill: bool
    stage: Stage
    topic: Topic | None
    unit: Named | None
    platform: str | None
    source_urls: tuple[str, ...]
    seen_at: datetime | None
    reporter: Named | None
    outcome: Outcome | None
    result: str | None
    opened_at: datetime
    closed_at: datetime | None
    clocks: tuple[ClockSeen, ...]
    requests: tuple[RequestSeen, ...]
    documents: tuple[DocumentSeen, ...]
    signatures: tuple[SignatureSeen, ...]
    publications: tuple[PublicationSeen, ...]
    passes: tuple[PassSeen, ...]
    timeline: tuple[EventSeen, ...]
    findings: tuple[FindingSeen, ...]


class Order(StrEnum):
    """In which order incidents are shown."""

    DUE = "due"
    SEVERITY = "severity"
    NEWEST = "newest"


@dataclass(frozen=True)
class Sought:
    """Which incidents are wanted.

    :param open_only: leave out the closed ones of which nobody has to decide whether to reopen them; a `stage` given
        says more and wins
    :param order: by what is due first (what owes nothing comes last), gravest first, or newest first
    :param q: words that number, title or summary must hold, each of them, whatever their case
    """

    open_only: bool = False
    stage: Stage | None = None
    severity: Severity | None = None
    unit: str | None = None
    q: str = ""
    limit: int = 50
    offset: int = 0
    order: Order = field(default=Order.NEWEST, kw_only=True)


def incidents(session: Session, house: Settings, sought: Sought, now: datetime) -> tuple[list[IncidentLine], int]:
    """Return a page of the incidents sought, and how many there are in all."""
    conditions = _conditions(sought)
    total = session.scalar(select(func.count()).select_from(Incident).where(*conditions)) or 0
    query = _ordered(select(Incident).where(*conditions), sought.order)
    query = query.limit(sought.limit).offset(sought.offset)
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    clocks: dict[int, list[Clock]] = defaultdict(list)
    for clock in session.scalars(select(Clock).where(Clock.incident_id.in_(ids)).order_by(Clock.due_at, Clock.id)):
        clocks[clock.incident_id].append(clock)
    waiting: dict[int, list[Waiting]] = defaultdict(list)
    still_open = select(Request).where(Request.incident_id.in_(ids), Request.state == RequestState.OPEN)
    for request in session.scalars(still_open.order_by(Request.id)):
        people = tuple(officer(person.officer_id, house) for person in request.addressees)
        waiting[request.incident_id].append(Waiting(request.kind, people))
    lines = [
        IncidentLine(
            incident_no=row.number,
            title=row.title,
            severity=row.severity,
            urgent=row.urgent,
            drill=row.drill,
            stage=row.stage,
            topic=row.topic,
            unit=unit(row.unit_id, house) if row.unit_id else None,
            outcome=row.outcome,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            clocks=_clocks(clocks[row.id], now),
            asked=tuple(dict.fromkeys(person for each in waiting[row.id] for person in each.asked)),
            waiting=tuple(waiting[row.id]),
        )
        for row in rows
    ]
    return lines, total


def _ordered(query: Select[Incident], order: Order) -> Select[Incident]:
    if order is Order.NEWEST:
        return query.order_by(Incident.id.desc())
    gravity = case({severity.value: -rank for rank, severity in enumerate(Severity)}, value=Incident.severity)
    if order is Order.SEVERITY:
        return query.order_by(gravity, Incident.opened_at, Incident.id)
    # A look for each incident, by its index: what PostgreSQL does well also before it has counted its tables.
    first_due = (
        select(func.min(Clock.due_at))
        .where(Clock.incident_id == Incident.id, Clock.met_at.is_(None), Clock.cancelled_at.is_(None))
        .scalar_subquery()
    )
    return query.order_by(first_due.asc().nulls_last(), gravity, Incident.id)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.stage is not None:
        conditions.append(Incident.stage == sought.stage)
    elif sought.open_only:
        # A closed one of which readers say that it is not settled waits for a decision like any open one.
        heard = select(Request.incident_id).where(
            Request.state == RequestState.OPEN, Request.kind == RequestKind.FEEDBACK
        )
        conditions.append(or_(Incident.closed_at.is_(None), Incident.id.in_(heard)))
    if sought.severity is not None:
        conditions.append(Incident.severity == sought.severity)
    if sought.unit is not None:
        conditions.append(Incident.unit_id == sought.unit)
    for word in sought.q.split()[:10]:
        conditions.append(
            or_(
                Incident.number.icontains(word, autoescape=True),
                Incident.title.icontains(word, autoescape=True),
                Incident.summary.icontains(word, autoescape=True),
            )
        )
    return conditions


def incident(session: Session, number: str, house: Settings, now: datetime) -> IncidentSeen:
    """Return an incident with everything on record about it.

    :raises IncidentNotFound: there is none of this number
    """
    # PostgreSQL knows no text with a zero byte.
    row = session.scalars(select(Incident).where(Incident.number == number.replace("\x00", "?"))).one_or_none()
    if row is None:
        raise IncidentNotFound(f"No incident has the number {number!r}. Numbers look like YQCZBG-2026-001.")
    mine = row.id
    revisions = session.execute(
        select(Revision, Document.kind, Document.number)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == mine)
        .order_by(Document.id, Revision.number)
    ).all()
    signatures = session.scalars(
        select(Signature)
        .join(Revision, Signature.revision_id == Revision.id)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == mine)
        .order_by(Signature.id)
    )
    publications = session.execute(
        select(Publication, Revision.sha256)
        .join(Revision, Publication.revision_id == Revision.id)
        .where(Publication.incident_id == mine)
        .order_by(Publication.id)
    )
    clocks = session.scalars(select(Clock).where(Clock.incident_id == mine).order_by(Clock.due_at, Clock.id))
    passes = session.scalars(select(Pass).where(Pass.incident_id == mine).order_by(Pass.number))
    events = session.scalars(select(Event).where(Event.incident_id == mine).order_by(Event.seq))
    links = session.scalars(select(SourceLink.url).where(SourceLink.incident_id == mine).order_by(SourceLink.id))
    return IncidentSeen(
        incident_no=row.number,
        title=row.title,
        summary=row.summary,
        severity=row.severity,
        urgent=row.urgent,
        drill=row.drill,
        stage=row.stage,
        topic=row.topic,
        unit=unit(row.unit_id, house) if row.unit_id else None,
        platform=row.platform,
        source_urls=tuple(links),
        seen_at=row.seen_at,
        reporter=officer(row.reporter_id, house) if row.reporter_id else None,
        outcome=row.outcome,
        result=row.result,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        clocks=_clocks(clocks, now),
        requests=tuple(_requests(session, _all_requests().where(Request.incident_id == mine), house)),
        documents=_documents([(r.Revision, r.kind, r.number) for r in revisions], house),
        signatures=tuple(
            SignatureSeen(
                role=one.role,
                signer=officer(one.signer_id, house),
                deputy_for=officer(one.deputy_for, house) if one.deputy_for else None,
                sha256=one.sha256,
                at=one.at,
                confirmed_by=one.confirmed_by,
            )
            for one in signatures
        ),
        publications=tuple(
            PublicationSeen(
                channel=one.channel,
                state=one.state,
                public=one.public,
                url=one.url,
                sha256=sha256,
                confirmed_at=one.confirmed_at,
                live_at=one.live_at,
                drifted_at=one.drifted_at,
                problem=one.problem,
            )
            for one, sha256 in publications
        ),
        passes=tuple(PassSeen(p.number, p.run_id, p.reason, p.started_at, p.ended_at) for p in passes),
        timeline=tuple(_event(event, house) for event in events),
        findings=examining.newest(session, row, house),
        **vars(dossier.of(session, row, house)),
    )


def requests(
    session: Session, house: Settings, state: RequestState | None, *, limit: int, offset: int
) -> tuple[list[RequestSeen], int]:
    """Return a page of the requests in a state (None: in any), oldest first, and how many there are in all."""
    conditions = [] if state is None else [Request.state == state]
    total = session.scalar(select(func.count()).select_from(Request).where(*conditions)) or 0
    return _requests(session, _all_requests().where(*conditions).limit(limit).offset(offset), house), total


def _all_requests() -> Select[Request, str, Decision]:
    return (
        select(Request, Incident.number, Decision)
        .join(Incident, Request.incident_id == Incident.id)
        .outerjoin(Decision, Decision.request_id == Request.id)
        .order_by(Request.id)
    )


def _requests(session: Session, query: Select[Request, str, Decision], house: Settings) -> list[RequestSeen]:
    return [
        RequestSeen(
            id=request.public_id,
            incident_no=number,
            kind=request.kind,
            role=request.role,
            round=request.round,
            state=request.state,
            asked=tuple(officer(person.officer_id, house) for person in request.addressees),
            opened_at=request.opened_at,
            due_at=request.due_at,
            ended_at=request.ended_at,
            ended_why=request.ended_why,
            action=decision.action if decision else None,
            decided_by=officer(decision.officer_id, house) if decision else None,
        )
        for request, number, decision in session.execute(query)
    ]


def _clocks(rows: Iterable[Clock], now: datetime) -> tuple[ClockSeen, ...]:
    return tuple(
        ClockSeen(
            kind=row.kind,
            started_at=row.started_at,
            due_at=row.due_at,
            met_at=row.met_at,
            cancelled_at=row.cancelled_at,
            # Whoever looks before the next task does should see that it is late already.
            missed=row.missed_at is not None or (row.met_at is None and row.cancelled_at is None and now > row.due_at),
        )
        for row in rows
    )


def _documents(rows: Sequence[tuple[Revision, DocumentKind, int]], house: Settings) -> tuple[DocumentSeen, ...]:
    revisions: dict[tuple[DocumentKind, int], list[RevisionSeen]] = defaultdict(list)
    for row, kind, number in rows:
        revisions[kind, number].append(revision(row, house))
    return tuple(DocumentSeen(kind, number, tuple(found)) for (kind, number), found in revisions.items())


def revision(row: Revision, house: Settings) -> RevisionSeen:
    """Return one text with its author's name."""
    return RevisionSeen(row.number, row.sha256, officer(row.author_id, house), row.at, row.content)


def _event(row: Event, house: Settings) -> EventSeen:
    return EventSeen(row.seq or 0, row.at, row.kind, actor(row.actor, house), row.data)
