"""Papering: what stands on record as the paper that the office prints: the report form (附件2), the statement.

The report form is written to its file once a report is there, and again once another text or an approval has to show;
`write_reports` does so after the commit, and again wherever the file is missing. Everything else only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import UnknownOfficer, UnknownUnit
from yingda.domain.life import DocumentKind
from yingda.domain.roles import Role
from yingda.settings import Settings
from yingda.store.models import Document, Incident, Revision, Signature
from yingda.transports import report_files
from yingda.transports.errors import TransportError
from yingda.transports.report_files import Report

Transaction = Callable[[], AbstractContextManager[Session]]

STILL_LOOKED_AT = timedelta(days=7)
"""So long after it was closed the file of an incident is compared with what it must be; after that it must be there."""


def report(session: Session, incident: Incident, house: Settings) -> Report | None:
    """Return the report form of an incident, None where there is no report.

    It shows the newest text that a branch leader approved, before that the newest there is, marked as not approved.
    """
    found = _shown(session, incident.id)
    if found is None:
        return None
    text, signature = found
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
    with transaction() as session:
        has_report = exists().where(Document.incident_id == Incident.id, Document.kind == DocumentKind.REPORT)
        query = select(Incident).where(has_report).order_by(Incident.id)
        if incident_no is not None:
            query = query.where(Incident.number == incident_no)
        else:
            # Nothing is approved any more once an incident was closed.
            lately = or_(Incident.closed_at.is_(None), Incident.closed_at > now - STILL_LOOKED_AT)
            query = query.where(or_(lately, Incident.number.not_in(there)))
        for incident in session.scalars(query):
            found = _shown(session, incident.id)
            if found is None:
                continue
            text, signature = found
            wanted = report_files.identifier(text.sha256, approved=signature is not None)
            if report_files.is_whole(house.reports, incident.number, wanted):
                continue
            form = report(session, incident, house)
            if form is not None:
                owed.append(form)
    problems = []
    for form in owed:
        try:
            report_files.write(house.reports, form)
        except TransportError as failed:
            problems.append(failed.message)
    return problems


def _shown(session: Session, incident_id: int) -> tuple[Revision, Signature | None] | None:
    """Return the report's text that the form shows, with the branch leader's signature under it where there is one."""
    texts = (
        select(Revision, Signature)
        .join(Document, Revision.document_id == Document.id)
        .outerjoin(Signature, (Signature.revision_id == Revision.id) & (Signature.role == Role.BRANCH_LEADER))
        .where(Document.incident_id == incident_id, Document.kind == DocumentKind.REPORT)
        .order_by(Signature.id.is_(None), Revision.id.desc())
        .limit(1)
    )
    row = session.execute(texts).one_or_none()
    return None if row is None else (row.Revision, row.Signature)


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
