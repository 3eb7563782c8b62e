"""Asking: exactly one open request of a kind and role, sent to those who may answer it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from yingda.domain.calendar import shanghai_date
from yingda.domain.clocks import due
from yingda.domain.life import DocumentKind, RequestKind, RequestState
from yingda.domain.roles import Role
from yingda.domain.roster import Addressee as Person
from yingda.services import telling
from yingda.services.case import Case
from yingda.store import outbox
from yingda.store.models import Addressee, Clock, Document, Request, Revision, Signature

ASKED: dict[RequestKind, tuple[Role, ...]] = {
    RequestKind.ASSIGN_UNIT: (Role.DUTY_OFFICER,),
    RequestKind.BRIEF_REPLY: (Role.INFORMATION_OFFICER,),
    RequestKind.REPORT: (Role.INFORMATION_OFFICER, Role.SECTION_HEAD),
    RequestKind.EXTENSION: (Role.BRANCH_LEADER,),
    RequestKind.APPROVE_REPORT: (Role.BRANCH_LEADER,),
    RequestKind.DRAFT_STATEMENT: (Role.DUTY_OFFICER,),
    RequestKind.PRESS_CONFERENCE: (Role.MEDIA_LIAISON,),
    RequestKind.CLOSE: (Role.DUTY_OFFICER,),
    RequestKind.REVIEW: (Role.DUTY_OFFICER, Role.SECTION_HEAD),
    RequestKind.COMMITMENT: (Role.INFORMATION_OFFICER,),
    RequestKind.EMERGENCY_PLAN: (Role.GROUP_LEADER,),
    RequestKind.DECIDE_LETTER: (Role.OFFICE_DIRECTOR,),
    RequestKind.ENQUIRY: (Role.MEDIA_LIAISON,),
    RequestKind.FEEDBACK: (Role.DUTY_OFFICER,),
}
"""Who is asked for what (contract: the desk); signing goes by the chain of the severity, letters by policy."""

BESIDE = frozenset(
    {
        RequestKind.PRESS_CONFERENCE,
        RequestKind.REVIEW,
        RequestKind.COMMITMENT,
        RequestKind.EMERGENCY_PLAN,
        RequestKind.DECIDE_LETTER,
        RequestKind.SEND_LETTER,
        RequestKind.ENQUIRY,
    }
)
"""What is asked beside the steps: no step waits for it, and it stays asked when the incident goes back to a step."""

PROMISED = frozenset({RequestKind.COMMITMENT, RequestKind.DECIDE_LETTER, RequestKind.SEND_LETTER, RequestKind.ENQUIRY})
"""What is owed to somebody outside whatever becomes of the incident."""

JUDGES_A_TEXT = frozenset({RequestKind.APPROVE_REPORT, RequestKind.SIGN_STATEMENT})


def open_request(case: Case, kind: RequestKind, role: Role | None = None, about: str = "") -> Request | None:
    """Return the open request of a kind, role where the kind has several, and subject where there are several."""
    query = select(Request).where(
        Request.incident_id == case.incident.id,
        Request.kind == kind,
        Request.about == about,
        Request.state == RequestState.OPEN,
    )
    if role is not None:
        query = query.where(Request.role == role)
    return case.session.scalars(query.order_by(Request.id.desc())).first()


def was_asked(case: Case, kind: RequestKind) -> bool:
    """Tell whether anybody was ever asked for a kind, whatever became of it."""
    query = select(Request.id).where(Request.incident_id == case.incident.id, Request.kind == kind).limit(1)
    return case.session.scalar(query) is not None


def ask(
    case: Case,
    kind: RequestKind,
    *,
    role: Role | None = None,
    roles: Sequence[Role] = (),
    clock: Clock | None = None,
    revision: Revision | None = None,
    about: str = "",
    unit_id: str | None = None,
    due_at: datetime | None = None,
    people: Sequence[Person] | None = None,
) -> Request | None:
    """See to it that somebody is asked: opens the request and owes its mails, unless it stands open already.

    One about an older text, past its link's end, or sent to nobody who is still there is withdrawn first. Where nobody
    may answer, the duty officers are told why, once.

    :param role: who is asked; by default as the kind says
    :param roles: several roles that are asked as one; the first names the request
    :param about: which of several the request is about, `commitment:12`
    :param unit_id: whose officers are asked; by default those of the unit that holds the incident
    :param due_at: until when (UTC), where no clock says so
    :param people: who is asked, each person once, where roles do not say it
    :return: the open request, or None where nobody may answer
    """
    roles = (role,) if role is not None else tuple(roles) or ASKED[kind]
    standing = open_request(case, kind, roles[0], about)
    if standing is not None:
        over = _why_over(case, standing, revision)
        if over is None:
            return standing
        withdraw(case, standing, over)
    if people is None:
        people = _who(case, kind, roles, revision, unit_id or case.incident.unit_id)
    if not people:
        telling.nobody_may_answer(case, kind, roles, revision, about)
        return None
    rounds = case.session.scalar(
        select(func.count()).where(
            Request.incident_id == case.incident.id,
            Request.kind == kind,
            Request.role == roles[0],
            Request.about == about,
        )
    )
    request = Request(
        public_id=secrets.token_urlsafe(16),
        incident_id=case.incident.id,
        kind=kind,
        role=roles[0],
        about=about,
        round=(rounds or 0) + 1,
        state=RequestState.OPEN,
        clock_id=clock.id if clock else None,
        revision_id=revision.id if revision else None,
        revision_sha256=revision.sha256 if revision else None,
        opened_at=case.now,
        due_at=clock.due_at if clock else due_at,
        expires_at=_link_end(case),
        addressees=[
            Addressee(officer_id=p.officer.id, deputy_for=p.deputy_for.id if p.deputy_for else None) for p in people
        ],
    )
    case.session.add(request)
    case.session.flush()
    case.record(
        "request_opened",
        request=request.public_id,
        request_kind=kind.value,
        role=roles[0].value,
        round=request.round,
        officers=[p.officer.id for p in people],
        due_at=request.due_at.isoformat() if request.due_at else None,
        revision_sha256=request.revision_sha256,
    )
    for person in people:
        telling.asked(case, request, person)
    return request


TEXT_CHANGED = "text_changed"


EXPIRED = "expired"
ROSTER_CHANGED = "roster_changed"


def _why_over(case: Case, standing: Request, revision: Revision | None) -> str | None:
    """Return why an open request cannot stand any more, None if it can."""
    if revision is not None and standing.revision_id != revision.id:
        return TEXT_CHANGED
    if case.now > standing.expires_at:
        return EXPIRED
    known = {officer.id for officer in case.settings.roster.officers}
    if not any(person.officer_id in known for person in standing.addressees):
        return ROSTER_CHANGED
    return None


def withdraw(case: Case, request: Request, why: str, actor: str = "system") -> None:
    """Take a request back; its mails that were not sent yet are not sent."""
    request.state = RequestState.WITHDRAWN
    request.ended_at = case.now
    request.ended_why = why
    case.session.flush()
    outbox.void_for_request(case.session, request.id)
    case.record("request_withdrawn", actor, request=request.public_id, request_kind=request.kind.value, why=why)


def withdraw_all(case: Case, why: str, *, actor: str = "system", keep: Collection[RequestKind] = ()) -> None:
    """Take back every open request but those of the kinds in `keep`."""
    for request in open_requests(case):
        if request.kind not in keep:
            withdraw(case, request, why, actor)


def open_requests(case: Case) -> list[Request]:
    """Return the open requests of the incident, oldest first."""
    return list(
        case.session.scalars(
            select(Request)
            .where(Request.incident_id == case.incident.id, Request.state == RequestState.OPEN)
            .order_by(Request.id)
        )
    )


def latest_revision(case: Case, kind: DocumentKind) -> Revision | None:
    """Return the newest revision of the newest document of a kind."""
    return case.session.scalars(
        select(Revision)
        .join(Document)
        .where(Document.incident_id == case.incident.id, Document.kind == kind)
        .order_by(Document.number.desc(), Revision.number.desc())
    ).first()


def signers(case: Case, revision: Revision) -> list[Signature]:
    """Return the signatures under a revision, in the order given."""
    return list(
        case.session.scalars(select(Signature).where(Signature.revision_id == revision.id).order_by(Signature.id))
    )


def _who(
    case: Case, kind: RequestKind, roles: Sequence[Role], revision: Revision | None, unit_id: str | None
) -> list[Person]:
    barred: set[str] = set()
    if revision is not None and kind in JUDGES_A_TEXT:
        barred = {revision.author_id} | {s.signer_id for s in signers(case, revision)}
    people: dict[str, Person] = {}
    for role in roles:
        for person in case.settings.roster.reached(role, unit_id, shanghai_date(case.now)):
            if person.officer.id not in barred:
                people.setdefault(person.officer.id, person)
    return list(people.values())


def _link_end(case: Case) -> datetime:
    return due(case.settings.policy.links.valid_for, case.now, case.settings.calendar)
