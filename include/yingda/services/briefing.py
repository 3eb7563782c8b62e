"""Briefing: what the officer of a link is shown before they answer: the case, the documents, what was said before.

Everything here only reads. Moments are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from yingda.domain import forms
from yingda.domain.life import DocumentKind, RequestKind, RequestState, Stage
from yingda.domain.roles import Role
from yingda.domain.severity import Severity, Topic
from yingda.services import (
    attaching,
    comparing,
    confirming,
    drafting,
    examining,
    naming,
    observing,
    particulars,
    reporting,
)
from yingda.services.answering import Asked, allowed_actions
from yingda.services.asking import ASKED, BESIDE
from yingda.services.attaching import FileSeen
from yingda.services.comparing import Changed
from yingda.services.composing import returned_with
from yingda.services.confirming import SecondFactor
from yingda.services.dossier import ObservationSeen
from yingda.services.drafting import NextStatement
from yingda.services.examining import FindingSeen
from yingda.services.naming import Named
from yingda.services.particulars import Particular
from yingda.settings import Settings
from yingda.store.models import Decision, Document, Incident, Request, Revision, Signature, SourceLink


@dataclass(frozen=True)
class CaseInBrief:
    """What the incident is."""

    title: str
    summary: str
    severity: Severity
    urgent: bool
    drill: bool
    topic: Topic | None
    unit: Named | None
    platform: str | None
    source_urls: tuple[str, ...]
    opened_at: datetime


@dataclass(frozen=True)
class DocumentShown:
    """A text the officer is shown; `judged` marks the one the request is about.

    :param changes: what it changed from the revision before, where that was read before
    """

    kind: DocumentKind
    number: int
    sha256: str
    judged: bool
    author: Named
    at: datetime
    content: dict[str, Any]
    changes: tuple[Changed, ...]


@dataclass(frozen=True)
class Remark:
    """What somebody said when they sent something back: who, as what, when, in their words.

    :param by_field: what they said of single fields besides, by the name of each
    """

    author: Named
    role: Role
    action: str
    text: str
    suggested_unit: Named | None
    at: datetime
    by_field: Mapping[str, str]


@dataclass(frozen=True)
class BriefReply:
    """The unit's first short answer."""

    author: Named
    text: str
    at: datetime


@dataclass(frozen=True)
class ExtensionAsked:
    """More time that was asked for."""

    author: Named
    reason: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class Signed:
    """A signature that stands under the text judged."""

    role: Role
    signer: Named
    at: datetime


@dataclass(frozen=True)
class Context:
    """All that an officer is shown to answer one request.

    :param findings: what the examination of the statement that is to be signed came to
    """

    incident: CaseInBrief
    documents: tuple[DocumentShown, ...]
    comments: tuple[Remark, ...]
    brief_reply: BriefReply | None
    extension: ExtensionAsked | None
    signatures: tuple[Signed, ...]
    units: tuple[Named, ...]
    particulars: tuple[Particular, ...]
    next_statement: NextStatement | None
    observations: tuple[ObservationSeen, ...]
    files: tuple[FileSeen, ...]
    second_factor: SecondFactor
    findings: tuple[FindingSeen, ...]


@dataclass(frozen=True)
class Addressed:
    """The officer of a link: in which role, and for whom if as a deputy."""

    id: str
    name: str
    role: Role
    deputy_for: Named | None


@dataclass(frozen=True)
class Decided:
    """The one answer a request got."""

    id: int
    incident_no: str
    action: str
    officer: Named
    deputy_for: Named | None
    at: datetime
    fields: dict[str, Any]


@dataclass(frozen=True)
class Brief:
    """A request as the officer of its link sees it. Nothing can be answered any more once there is a decision.

    :param stage: where the incident stands now
    :param goes_on_with: who is asked for something on its way there, once this is answered
    """

    id: str
    incident_no: str
    kind: RequestKind
    round: int
    revision_sha256: str | None
    actions: tuple[str, ...]
    due_at: datetime | None
    expires_at: datetime
    officer: Addressed
    context: Context
    decision: Decided | None
    stage: Stage
    goes_on_with: tuple[Named, ...]


def brief(session: Session, asked: Asked, officer_id: str, house: Settings) -> Brief:
    """Put together what this officer is shown about this request."""
    request = asked.request
    return Brief(
        id=request.public_id,
        incident_no=asked.incident.number,
        kind=request.kind,
        round=request.round,
        revision_sha256=request.revision_sha256,
        actions=() if asked.decision else allowed_actions(session, request, house),
        due_at=request.due_at,
        expires_at=request.expires_at,
        officer=_addressed(request, officer_id, asked.deputy_for, house),
        context=_context(session, asked, officer_id, house),
        decision=decided(asked.decision, asked.incident, house) if asked.decision else None,
        stage=asked.incident.stage,
        goes_on_with=_next(session, request, house) if asked.decision else (),
    )


def _next(session: Session, request: Request, house: Settings) -> tuple[Named, ...]:
    """Return who the incident waits for now, each person once; what is asked beside the steps left out."""
    waiting = session.scalars(
        select(Request)
        .where(
            Request.incident_id == request.incident_id,
            Request.state == RequestState.OPEN,
            Request.kind.not_in(BESIDE),
        )
        .order_by(Request.id)
    )
    people = (naming.officer(person.officer_id, house) for one in waiting for person in one.addressees)
    return tuple(dict.fromkeys(people))


def decided(decision: Decision, incident: Incident, house: Settings) -> Decided:
    """Return a decision with names."""
    return Decided(
        id=decision.id,
        incident_no=incident.number,
        action=decision.action,
        officer=naming.officer(decision.officer_id, house),
        deputy_for=naming.officer(decision.deputy_for, house) if decision.deputy_for else None,
        at=decision.at,
        fields=decision.payload,
    )


def acting_role(request: Request, officer_id: str, deputy_for: str | None, house: Settings) -> Role:
    """Return the role by which an officer was asked; several roles may be asked for one thing."""
    holder = deputy_for or officer_id
    roles = ASKED.get(request.kind, ())
    held = next((found.roles for found in house.roster.officers if found.id == holder), ())
    if request.kind is RequestKind.ENQUIRY:
        # Besides the liaison, whoever gives interviews is asked, by a role that policy names or by name.
        roles = (*roles, *(role for named in house.policy.interviewee.values() for role in named), *held)
    if request.role in held or request.role not in roles:
        return request.role
    return next((role for role in roles if role in held), request.role)


def _addressed(request: Request, officer_id: str, deputy_for: str | None, house: Settings) -> Addressed:
    return Addressed(
        id=officer_id,
        name=naming.officer(officer_id, house).name,
        role=acting_role(request, officer_id, deputy_for, house),
        deputy_for=naming.officer(deputy_for, house) if deputy_for else None,
    )


def _context(session: Session, asked: Asked, officer_id: str, house: Settings) -> Context:
    incident, request = asked.incident, asked.request
    documents = _documents(session, request, house)
    reads_evidence = documents or attaching.takes_files(request.kind)
    links = session.scalars(select(SourceLink.url).where(SourceLink.incident_id == incident.id).order_by(SourceLink.id))
    return Context(
        incident=CaseInBrief(
            title=incident.title,
            summary=incident.summary,
            severity=incident.severity,
            urgent=incident.urgent,
            drill=incident.drill,
            topic=incident.topic,
            unit=naming.unit(incident.unit_id, house) if incident.unit_id else None,
            platform=incident.platform,
            source_urls=tuple(links),
            opened_at=incident.opened_at,
        ),
        documents=documents,
        files=attaching.visible(session, request, officer_id, house) if reads_evidence else (),
        comments=_comments(session, request, house),
        brief_reply=_brief_reply(session, request, house),
        extension=_extension(session, request, house) if request.kind is RequestKind.EXTENSION else None,
        signatures=_signatures(session, request, house),
        units=naming.units(house),
        particulars=particulars.of(session, request, incident, house),
        next_statement=(
            drafting.next_statement(session, incident, request.opened_at, house)
            if request.kind is RequestKind.DRAFT_STATEMENT
            else None
        ),
        observations=observing.latest(session, incident, house),
        second_factor=confirming.standing(session, request, incident, officer_id, house, asked.at),
        findings=_findings(session, request, incident, house),
    )


def _findings(session: Session, request: Request, incident: Incident, house: Settings) -> tuple[FindingSeen, ...]:
    if request.kind is not RequestKind.SIGN_STATEMENT or request.revision_id is None:
        return ()
    return examining.of_revision(session, incident, session.get_one(Revision, request.revision_id), house)


def _documents(session: Session, request: Request, house: Settings) -> tuple[DocumentShown, ...]:
    """Return the newest text of each kind, and of the kind that is judged the very text judged."""
    newest = (
        select(Revision, Document.kind)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == request.incident_id)
        .ext(distinct_on(Document.kind))
        .order_by(Document.kind, Document.number.desc(), Revision.number.desc())
    )
    shown: dict[DocumentKind, Revision] = {row.kind: row.Revision for row in session.execute(newest)}
    judged_kind: DocumentKind | None = None
    if request.revision_id is not None:
        judged = session.execute(
            select(Revision, Document.kind)
            .join(Document, Revision.document_id == Document.id)
            .where(Revision.id == request.revision_id)
        ).one()
        judged_kind = judged.kind
        shown[judged.kind] = judged.Revision
    return tuple(
        DocumentShown(
            kind=kind,
            number=shown[kind].number,
            sha256=shown[kind].sha256,
            judged=shown[kind].id == request.revision_id,
            author=naming.officer(shown[kind].author_id, house),
            at=shown[kind].at,
            content=shown[kind].content,
            changes=comparing.changes(session, shown[kind], kind, house) if kind is judged_kind else (),
        )
        for kind in DocumentKind
        if kind in shown
    )


def _comments(session: Session, request: Request, house: Settings) -> tuple[Remark, ...]:
    """Return why it came back: to its author, or, handed back or declined, to the duty officer."""
    if request.kind is RequestKind.ASSIGN_UNIT:
        return _remarks(session, request, house, Decision.action.in_(("hand_back", "decline")))
    if not returned_with(session, request, house):
        return ()
    judge = RequestKind.APPROVE_REPORT if request.kind is RequestKind.REPORT else RequestKind.SIGN_STATEMENT
    return _remarks(session, request, house, and_(Request.kind == judge, Decision.action == "return"))


def _remarks(session: Session, request: Request, house: Settings, which: ColumnElement[bool]) -> tuple[Remark, ...]:
    row = session.execute(
        select(Decision, Request)
        .join(Request, Decision.request_id == Request.id)
        .where(Request.incident_id == request.incident_id, Decision.at <= request.opened_at, which)
        .order_by(Decision.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return ()
    decision, judged = row
    suggested = decision.payload.get("suggested_unit")
    return (
        Remark(
            author=naming.officer(decision.officer_id, house),
            role=acting_role(judged, decision.officer_id, decision.deputy_for, house),
            action=decision.action,
            text=decision.payload.get("comment") or decision.payload.get("reason") or "",
            suggested_unit=naming.unit(suggested, house) if suggested else None,
            at=decision.at,
            by_field=forms.by_field(decision.payload),
        ),
    )


def _brief_reply(session: Session, request: Request, house: Settings) -> BriefReply | None:
    decision = session.scalars(
        select(Decision)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == request.incident_id,
            Request.kind == RequestKind.BRIEF_REPLY,
            Decision.action == "submit",
        )
        .order_by(Decision.id.desc())
        .limit(1)
    ).one_or_none()
    if decision is None:
        return None
    return BriefReply(naming.officer(decision.officer_id, house), decision.payload["reply"], decision.at)


def _extension(session: Session, request: Request, house: Settings) -> ExtensionAsked | None:
    asked = reporting.more_time_asked(session, request.incident_id, request.about)
    if asked is None:
        return None
    return ExtensionAsked(
        naming.actor(asked.by, house) or naming.officer(asked.by, house), asked.reason, asked.until, asked.at
    )


def _signatures(session: Session, request: Request, house: Settings) -> tuple[Signed, ...]:
    if request.revision_id is None:
        return ()
    rows = session.scalars(select(Signature).where(Signature.revision_id == request.revision_id).order_by(Signature.id))
    return tuple(Signed(row.role, naming.officer(row.signer_id, house), row.at) for row in rows)


@dataclass(frozen=True)
class Who:
    """Who did something first, and when."""

    id: str
    name: str
    role: Role
    action: str
    at: datetime


def who_answered(session: Session, request_id: str, house: Settings) -> Who | None:
    """Return who answered the request of this public id; None while it is open."""
    row = session.execute(
        select(Decision, Request)
        .join(Request, Decision.request_id == Request.id)
        .where(Request.public_id == request_id)
    ).one_or_none()
    if row is None:
        return None
    decision, request = row
    return Who(
        id=decision.officer_id,
        name=naming.officer(decision.officer_id, house).name,
        role=acting_role(request, decision.officer_id, decision.deputy_for, house),
        action=decision.action,
        at=decision.at,
    )


def who_changed(session: Session, request_id: str, house: Settings) -> Who | None:
    """Return who wrote the text that came after the one a request is about; None where there is none newer."""
    request = session.scalars(select(Request).where(Request.public_id == request_id)).one_or_none()
    if request is None or request.revision_id is None:
        return None
    judged = session.get_one(Revision, request.revision_id)
    newest = session.execute(
        select(Revision, Document.kind)
        .join(Document, Revision.document_id == Document.id)
        .where(Revision.document_id == judged.document_id)
        .order_by(Revision.number.desc())
        .limit(1)
    ).one()
    if newest.Revision.id == judged.id:
        return None
    wrote = RequestKind.DRAFT_STATEMENT if newest.kind is DocumentKind.STATEMENT else RequestKind.REPORT
    author = newest.Revision.author_id
    held = next((found.roles for found in house.roster.officers if found.id == author), ())
    return Who(
        id=author,
        name=naming.officer(author, house).name,
        role=next((role for role in ASKED[wrote] if role in held), ASKED[wrote][0]),
        action="submit",
        at=newest.Revision.at,
    )
