"""Examining: a statement held against its incident, report, earlier statements and roster, before anybody may sign it.

Findings are never stored: they follow from rows that are, and from the rules in force, so they are worked out anew
whenever they are shown. Everything here only reads. Moments are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.calendar import SHANGHAI
from yingda.domain.documents import StatementKind
from yingda.domain.life import DocumentKind, PublicationState, RequestKind
from yingda.domain.quality import examining
from yingda.domain.quality.examining import Finding
from yingda.domain.quality.material import Draft, Material, Promise
from yingda.domain.quality.rule import Check, Level
from yingda.domain.roster import Office, Unit
from yingda.services import naming, speaking
from yingda.settings import Settings
from yingda.store.models import Decision, Document, Incident, Publication, Request, Revision, Signature

_READ_IN_A_REPORT = ("cause", "measures", "wording", "result", "evidence")


@dataclass(frozen=True)
class FindingSeen:
    """Something that is wrong with a statement, or may be, in the office's language.

    :param field: the field of the statement, as refusals name it: `title`, `body`, `commitments.0.text`
    :param quote: the words it is about; empty where something is missing
    """

    code: Check
    level: Level
    field: str
    quote: str
    message: str


def of_revision(session: Session, incident: Incident, revision: Revision, house: Settings) -> tuple[FindingSeen, ...]:
    """Return what is found in a statement that was submitted, against what was known before it was."""
    return _seen(_examined(session, incident, revision.content, house, revision.at, revision), house)


def of_draft(
    session: Session, incident: Incident, content: Mapping[str, Any], house: Settings, now: datetime
) -> tuple[FindingSeen, ...]:
    """Return what is found in a statement as it is typed so far; fields may be missing or senseless."""
    return _seen(_examined(session, incident, content, house, now), house)


def refusals(
    session: Session, incident: Incident, content: Mapping[str, Any], house: Settings, now: datetime
) -> dict[str, str]:
    """Return what forbids submitting a statement: a message by field, naming each thing found there."""
    said: dict[str, list[str]] = {}
    for finding in _examined(session, incident, content, house, now):
        if finding.level is Level.BLOCK:
            said.setdefault(finding.field, []).append(finding.message(house.speaks))
    mark = speech.said("；", house.speaks)
    return {field: mark.join(messages) for field, messages in said.items()}


def newest(session: Session, incident: Incident, house: Settings) -> tuple[FindingSeen, ...]:
    """Return what is found in the newest statement of an incident, nothing where there is none."""
    revision = session.scalars(
        _revisions(incident, DocumentKind.STATEMENT).order_by(Document.number.desc(), Revision.number.desc()).limit(1)
    ).one_or_none()
    return () if revision is None else of_revision(session, incident, revision, house)


def _seen(findings: Iterable[Finding], house: Settings) -> tuple[FindingSeen, ...]:
    return tuple(FindingSeen(one.code, one.level, one.field, one.quote, one.message(house.speaks)) for one in findings)


def _examined(
    session: Session,
    incident: Incident,
    content: Mapping[str, Any],
    house: Settings,
    at: datetime,
    before: Revision | None = None,
) -> tuple[Finding, ...]:
    draft = _draft(content, house)
    return examining.examine(draft, _material(session, incident, house, at, before), house.policy.quality)


def _draft(content: Mapping[str, Any], house: Settings) -> Draft:
    try:
        kind = StatementKind(str(content.get("kind")))
    except ValueError:
        kind = None
    promised = [one for one in content.get("commitments") or () if isinstance(one, Mapping)]
    return Draft(
        kind,
        str(content.get("title") or ""),
        str(content.get("body") or ""),
        tuple(
            Promise(
                str(one.get("text") or ""),
                naming.unit(str(one.get("unit") or ""), house.for_the_record()).name,
                _moment(one.get("due")),
            )
            for one in promised
        ),
    )


def _moment(given: object) -> datetime | None:
    """Read a moment as the form holds it or as it was typed, which is Shanghai time."""
    if isinstance(given, datetime):
        return given
    try:
        moment = datetime.fromisoformat(str(given or ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _material(session: Session, incident: Incident, house: Settings, at: datetime, before: Revision | None) -> Material:
    report = _approved_report(session, incident, before)
    public = _public(session, incident, before)
    roster, english = house.roster, house.speaks == "en"
    units: list[Office | Unit] = [unit for unit in roster.units if unit.id == incident.unit_id] or [roster.office]
    moments = [at, incident.opened_at, *(moment for _, moment in public)]
    return Material(
        reports=(*([_words(report, _READ_IN_A_REPORT)] if report else []), *_kept(session, incident, at)),
        earlier=tuple(_words(content, ("title", "body", "commitments")) for content, _ in public),
        title=incident.title,
        summary=incident.summary,
        units=tuple(
            name for unit in units for name in ((unit.name_en, unit.name) if english else (unit.name, unit.name_en))
        ),
        spokespersons=tuple(speaking.spokespersons(incident, house)),
        officers=frozenset(name for officer in roster.officers for name in (officer.name, officer.name_en)),
        phones=(roster.office.phone, *(u.phone for u in roster.units), *(o.phone for o in roster.officers)),
        moments=tuple(moment for moment in (*moments, incident.seen_at) if moment is not None),
    )


def _approved_report(session: Session, incident: Incident, before: Revision | None) -> Mapping[str, Any] | None:
    """Return the newest report that somebody stands for."""
    query = _revisions(incident, DocumentKind.REPORT).where(exists().where(Signature.revision_id == Revision.id))
    if before is not None:
        query = query.where(Revision.id < before.id)
    found = session.scalars(query.order_by(Revision.id.desc()).limit(1)).one_or_none()
    return None if found is None else found.content


def _public(
    session: Session, incident: Incident, before: Revision | None
) -> list[tuple[Mapping[str, Any], datetime | None]]:
    """Return the statements that are public with the moment each was written, the newest first."""
    out = exists().where(Publication.revision_id == Revision.id, Publication.state == PublicationState.CONFIRMED)
    query = _revisions(incident, DocumentKind.STATEMENT).where(out)
    if before is not None:
        query = query.where(Revision.id < before.id)
    return [(one.content, one.at) for one in session.scalars(query.order_by(Revision.id.desc()))]


def _kept(session: Session, incident: Incident, at: datetime) -> list[str]:
    """Return what the units answered to what was promised, the newest first."""
    rows = session.scalars(
        select(Decision.payload)
        .join(Request, Decision.request_id == Request.id)
        .where(
            Request.incident_id == incident.id,
            Request.kind == RequestKind.COMMITMENT,
            Decision.action == "submit",
            Decision.at <= at,
        )
        .order_by(Decision.id.desc())
    )
    return [str(payload["answer"]) for payload in rows]


def _revisions(incident: Incident, kind: DocumentKind) -> Any:
    return (
        select(Revision)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == incident.id, Document.kind == kind)
    )


def _words(content: Mapping[str, Any], fields: Iterable[str]) -> str:
    """Return fields of a text as words; promises with the day that was named."""
    lines: list[str] = []
    for name in fields:
        value = content.get(name) or ""
        for entry in [value] if isinstance(value, str) else value:
            if isinstance(entry, Mapping):
                due = _moment(entry.get("due"))
                day = f"{due.astimezone(SHANGHAI):%Y-%m-%d}" if due else ""
                lines.append(f"{day}：{entry.get('text', '')}")
            else:
                lines.append(str(entry))
    return "\n".join(lines)
