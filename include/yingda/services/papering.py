"""Papering: what stands on record as the paper that the office prints: the report form (附件2), the statement.

The report form is written to its file once a report is there, and again once another text or an approval has to show;
`write_reports` does so after the commit, and again wherever the file is missing. Everything else only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from yingda import rendering
from yingda.domain import roles, speech
from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import IncidentNotFound, UnknownOfficer, UnknownUnit
from yingda.domain.life import DocumentKind
from yingda.domain.roles import Role
from yingda.services import naming, presenting, published
from yingda.services.published import Published
from yingda.settings import Settings
from yingda.store.models import Document, Incident, Revision, Signature
from yingda.transports import bulletin_pages, paragraphs, report_files, statement_files
from yingda.transports.errors import TransportError
from yingda.transports.report_files import Report
from yingda.transports.statement_files import Signed, Statement

Transaction = Callable[[], AbstractContextManager[Session]]

STILL_LOOKED_AT = timedelta(days=7)
"""So long after it was closed the file of an incident is compared with what it must be; after that it must be there."""


def report(session: Session, incident: Incident, house: Settings) -> Report | None:
    """Return the report form of an incident, None where there is no report.

    It shows the newest text that a branch leader approved, before that the newest there is, marked as not approved.
    """
    row = session.execute(_shown().where(Incident.id == incident.id)).one_or_none()
    return None if row is None else _form(row.Incident, row.Revision, row.Signature, house)


def report_document(session: Session, number: str, house: Settings) -> bytes | None:
    """Return the report form of an incident as a Word document, None where there is no report.

    :raises IncidentNotFound: there is none of this number
    :raises TransportError: the office's template cannot be used
    """
    form = report(session, _incident(session, number), house)
    return None if form is None else report_files.compose(form)


def statement_document(session: Session, number: str, house: Settings, sha256: str | None = None) -> bytes | None:
    """Return a statement as a Word document, None where there is none; see `statement`.

    :raises IncidentNotFound: there is none of this number
    :raises TransportError: the office's template cannot be used
    """
    paper = statement(session, _incident(session, number), house, sha256)
    return None if paper is None else statement_files.compose(paper)


def write_reports(
    transaction: Transaction, house: Settings, now: datetime, incident_no: str | None = None
) -> list[str]:
    """Write the report forms whose files are not there, or show an earlier text than they must.

    :param now: aware UTC
    :param incident_no: only that of one incident
    :return: a sentence for each that could not be written; calling again tries again
    """
    there = report_files.names(house.reports)
    owed: list[Report] = []
    query = _shown()
    if incident_no is not None:
        query = query.where(Incident.number == incident_no)
    else:
        # Nothing is approved any more once an incident was closed.
        lately = or_(Incident.closed_at.is_(None), Incident.closed_at > now - STILL_LOOKED_AT)
        query = query.where(or_(lately, Incident.number.not_in(there)))
    with transaction() as session:
        for incident, text, signature in session.execute(query.execution_options(yield_per=100)):
            wanted = report_files.identifier(text.sha256, approved=signature is not None)
            if not report_files.is_whole(house.reports, incident.number, wanted):
                owed.append(_form(incident, text, signature, house))
    problems = []
    for form in owed:
        try:
            report_files.write(house.reports, form)
        except TransportError as failed:
            problems.append(failed.message)
    return problems


def statement(session: Session, incident: Incident, house: Settings, sha256: str | None = None) -> Statement | None:
    """Return a statement of an incident as a paper, None where there is none.

    :param sha256: which text; by default the newest that is public, before that the newest there is
    """
    public = published.each(session, incident.id)
    text = _statement_text(session, incident.id, sha256 or (public[-1].revision.sha256 if public else None))
    if text is None:
        return None
    at = next((one.at for one in public if one.revision.id == text.id), None)
    return Statement(
        number=incident.number,
        office=house.roster.office.name_en if house.locale == "en" else house.roster.office.name,
        kind=rendering.render("statement/kind.txt.j2", house.locale, kind=text.content["kind"]).strip(),
        title=str(text.content["title"]),
        body_html=presenting.public_html(text.content, house),
        notices=_notices(text, public, incident, house),
        signatures=[_signed(one, house) for one in _signatures(session, text)],
        published_at=at,
        revision=text.number,
        sha256=text.sha256,
        written_at=text.at,
        locale=house.locale,
    )


def _incident(session: Session, number: str) -> Incident:
    # PostgreSQL knows no text with a zero byte.
    row = session.scalars(select(Incident).where(Incident.number == number.replace("\x00", "?"))).one_or_none()
    if row is None:
        raise IncidentNotFound(f"No incident has the number {number!r}. Numbers look like YQCZBG-2026-001.")
    return row


def _statement_text(session: Session, incident_id: int, sha256: str | None) -> Revision | None:
    query = (
        select(Revision)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == incident_id, Document.kind == DocumentKind.STATEMENT)
        .order_by(Revision.id.desc())
        .limit(1)
    )
    if sha256 is not None:
        query = query.where(Revision.sha256 == sha256)
    return session.scalars(query).one_or_none()


def _notices(text: Revision, public: list[Published], incident: Incident, house: Settings) -> list[str]:
    """Return what must be said above a statement, in the words of the public page."""
    standing: list[dict[str, Any]] = [
        {
            "id": one.revision.id,
            "kind": one.kind.value,
            "title": one.title,
            "language": bulletin_pages.language_of(one.title, str(one.revision.content.get("body", ""))),
            "published_at": one.at,
            "withdrawn_at": None,
            "corrected_at": None,
            "replaced_at": None,
        }
        for one in public
    ]
    bulletin_pages.mark(standing)
    itself = next((one for one in standing if one["id"] == text.id), None)
    html = rendering.render(
        "statement/notices.html.j2",
        house.locale,
        drill=incident.drill,
        public=itself is not None,
        kind=text.content["kind"],
        at=itself["published_at"] if itself else None,
        itself=itself,
        about=next((one for one in reversed(standing) if one["id"] < text.id), None),
    )
    return [line.text for line in paragraphs.read(html)]


def _signatures(session: Session, text: Revision) -> list[Signature]:
    return list(session.scalars(select(Signature).where(Signature.revision_id == text.id).order_by(Signature.id)))


def _signed(signature: Signature, house: Settings) -> Signed:
    name = naming.officer(signature.signer_id, house).name
    if signature.deputy_for:
        absent = naming.officer(signature.deputy_for, house).name
        name = speech.said("%(name)s（代%(absent)s）", house.locale, name=name, absent=absent)
    return Signed(roles.label(signature.role, house.locale), name, signature.at)


def _shown() -> Select[Incident, Revision, Signature]:
    """Ask for incidents, each with the report that its form shows and the branch leader's signature, if any."""
    text, signed = aliased(Revision), aliased(Signature)
    shown = (
        select(text.id)
        .join(Document, text.document_id == Document.id)
        .outerjoin(signed, (signed.revision_id == text.id) & (signed.role == Role.BRANCH_LEADER))
        .where(Document.incident_id == Incident.id, Document.kind == DocumentKind.REPORT)
        .order_by(signed.id.is_(None), text.id.desc())
        .limit(1)
        .correlate(Incident)
        .scalar_subquery()
    )
    return (
        select(Incident, Revision, Signature)
        .select_from(Incident)
        .join(Revision, Revision.id == shown)
        .outerjoin(Signature, (Signature.revision_id == Revision.id) & (Signature.role == Role.BRANCH_LEADER))
        .order_by(Incident.id)
    )


def _form(incident: Incident, text: Revision, signature: Signature | None, house: Settings) -> Report:
    content = text.content
    unit, leader, phone = _unit(incident, house)
    return Report(
        number=incident.number,
        day=shanghai_date(text.at),
        title=incident.title,
        unit=unit,
        branch_leader=leader if signature is None else _signer(signature, house),
        phone=phone,
        cause=str(content["cause"]),
        measures=str(content["measures"]),
        wording=str(content["wording"]),
        result=str(content["result"]),
        approved=signature is not None,
        drill=incident.drill,
        office=house.roster.office.name,
        revision=text.number,
        sha256=text.sha256,
        at=text.at,
    )


def _unit(incident: Incident, house: Settings) -> tuple[str, str, str]:
    """Return the unit that answers, who oversees it, and its telephone, in Chinese as on the form."""
    if incident.unit_id is None:
        return "尚未确定", "", ""
    try:
        unit = house.roster.unit(incident.unit_id)
    except UnknownUnit:
        return incident.unit_id, "", ""
    return unit.name, _person(unit.branch_leader, house), unit.phone


def _signer(signature: Signature, house: Settings) -> str:
    name = _person(signature.signer_id, house)
    return f"{name}（代{_person(signature.deputy_for, house)}）" if signature.deputy_for else name


def _person(officer_id: str, house: Settings) -> str:
    try:
        return house.roster.officer(officer_id).name
    except UnknownOfficer:
        return officer_id
