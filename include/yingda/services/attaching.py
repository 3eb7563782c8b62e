"""Attaching: photos and PDFs that officers bring as evidence with a report or the answer to a commitment.

Row first, then the file, then the mark that it is there; a row without that mark is shown to nobody. What was sent with
an answer is named by its SHA-256 in the revision it belongs to, so whoever approves that stands for the files as well.
What was not sent belongs to its officer alone. A file may be taken back until somebody signed for it: its bytes go, the
row stays.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain import forms
from yingda.domain.errors import AnsweredAlready, EvidenceRefused, LinkForged, RequestEnded
from yingda.domain.life import DocumentKind, RequestKind, RequestState
from yingda.services import naming
from yingda.services.case import Case
from yingda.services.naming import Named
from yingda.settings import Settings
from yingda.store.models import Attachment, Decision, Document, Incident, Request, Revision, Signature
from yingda.transports import evidence_content, evidence_files

Transaction = Callable[[], AbstractContextManager[Session]]

MOST = 20
"""Files one officer may bring for one request."""
LONGEST_NAME = 120
NOT_WRITTEN = timedelta(days=1)
"""After that a file whose upload broke off is given up."""


@dataclass(frozen=True)
class FileSeen:
    """A file brought as evidence, as somebody who may read it sees it.

    :param sent: it went along with an answer; until then only its officer sees it
    :param may_be_removed: whoever looks may take it back
    """

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    by: Named
    at: datetime
    sent: bool
    removed_at: datetime | None = None
    may_be_removed: bool = False


def takes_files(kind: RequestKind) -> bool:
    """Tell whether files may be brought for a request of this kind: where evidence is asked for."""
    return any("evidence" in form.model_fields for form in forms.FORMS[kind].values())


def attach(
    transaction: Transaction,
    request_id: str,
    officer_id: str,
    name: str,
    content: bytes,
    house: Settings,
    now: datetime,
) -> str:
    """Keep a file for the answer that this officer is about to give; the same one twice is one.

    :param request_id: public id of a request whose link this officer has (`answering.look`)
    :return: its id
    :raises EvidenceRefused: it is no photo or PDF that can be kept, or there are too many; nothing was kept
    :raises AnsweredAlready, RequestEnded: the request is not open any more
    :raises TransportError: the disk does not take it
    """
    clean = evidence_content.cleaned(content)
    shown = _called(name, clean.media_type)
    sha256 = hashlib.sha256(clean.content).hexdigest()
    with transaction() as session:
        request = _still_open(session, request_id)
        row = _begin(session, request, officer_id, shown, clean, sha256, now)
        found, there = row.public_id, row.stored_at is not None
    if there:
        return found
    evidence_files.write(house.evidence, found, clean.content)
    with transaction() as session:
        _still_open(session, request_id)
        session.execute(
            update(Attachment)
            .where(Attachment.public_id == found, Attachment.removed_at.is_(None))
            .values(stored_at=now)
        )
    return found


def remove(
    transaction: Transaction, request_id: str, officer_id: str, file_id: str, house: Settings, now: datetime
) -> None:
    """Take a file back; once nobody can be shown it any more, its bytes go.

    :raises LinkForged: no file that this officer may take back
    :raises AnsweredAlready, RequestEnded: the request is not open any more
    """
    with transaction() as session:
        request = _still_open(session, request_id)
        seen = {one.id: one for one in visible(session, request, officer_id, house)}
        if file_id not in seen or not seen[file_id].may_be_removed:
            raise LinkForged("No such file.")
        row = session.scalars(select(Attachment).where(Attachment.public_id == file_id).with_for_update()).one()
        row.removed_at = row.removed_at or now
    evidence_files.remove(house.evidence, file_id)


def send_along(case: Case, request: Request, decision: Decision) -> None:
    """Let what this officer brought go with the answer just given."""
    mine = _mine(request.id, decision.officer_id)
    brought = list(case.session.scalars(select(Attachment).where(*mine).order_by(Attachment.id)))
    for one in brought:
        one.decision_id = decision.id
    if brought:
        case.record(
            "evidence_attached",
            decision.officer_id,
            request=request.public_id,
            files=[one.sha256 for one in brought],
        )
    case.session.flush()


def named_in(case: Case, request: Request) -> dict[str, Any]:
    """Return what a report's text says of the files that stand with it, those of earlier rounds included."""
    found = case.session.scalars(select(Attachment).where(*_sent(request)).order_by(Attachment.id))
    files = [{"name": one.name, "media_type": one.media_type, "sha256": one.sha256} for one in found]
    return {"attachments": files} if files else {}


def visible(session: Session, request: Request, officer_id: str, house: Settings) -> tuple[FileSeen, ...]:
    """Return what the officer of a link may read: what they brought themselves, and what was sent in this incident."""
    query = select(Attachment).where(
        Attachment.incident_id == request.incident_id,
        Attachment.stored_at.is_not(None),
        Attachment.removed_at.is_(None),
        or_(
            Attachment.decision_id.is_not(None),
            and_(Attachment.request_id == request.id, Attachment.officer_id == officer_id),
        ),
    )
    rows = session.scalars(query.order_by(Attachment.id)).all()
    if not rows:
        return ()
    mine = set(session.scalars(select(Attachment.id).where(*_mine(request.id, officer_id))))
    of_this = set(session.scalars(select(Attachment.id).where(*_sent(request)))) if takes_files(request.kind) else set()
    signed_for = _signed_for(session, request.incident_id) if of_this else frozenset()
    is_open = request.state is RequestState.OPEN
    return tuple(
        _seen(
            row,
            house,
            may_be_removed=is_open and (row.id in mine or (row.id in of_this and row.sha256 not in signed_for)),
        )
        for row in rows
    )


def of_incident(session: Session, incident: Incident, house: Settings) -> tuple[FileSeen, ...]:
    """Return what was sent in an incident, what was taken back since included, in the order it came."""
    query = select(Attachment).where(Attachment.incident_id == incident.id, Attachment.decision_id.is_not(None))
    return tuple(_seen(row, house) for row in session.scalars(query.order_by(Attachment.id)))


def content(files: Iterable[FileSeen], file_id: str, house: Settings) -> tuple[FileSeen, bytes] | None:
    """Return one of these files with its bytes; None where it is not among them, taken back or damaged on disk."""
    found = next((one for one in files if one.id == file_id and one.removed_at is None), None)
    if found is None:
        return None
    read = evidence_files.read(house.evidence, found.id, found.sha256)
    return None if read is None else (found, read)


def tidy(transaction: Transaction, house: Settings, before: datetime, now: datetime) -> int:
    """Give up what was never sent for requests that ended before a moment (UTC), and files that no row knows.

    :return: how many files were deleted
    """
    with transaction() as session:
        ended = select(Request.id).where(Request.state != RequestState.OPEN, Request.ended_at < before)
        gone = Attachment.removed_at.is_(None) & Attachment.decision_id.is_(None)
        session.execute(update(Attachment).where(gone, Attachment.request_id.in_(ended)).values(removed_at=now))
        unfinished = Attachment.stored_at.is_(None) & (Attachment.at < now - NOT_WRITTEN)
        session.execute(update(Attachment).where(gone, unfinished).values(removed_at=now))
    old = list(evidence_files.older_than(house.evidence, (now - NOT_WRITTEN).timestamp()))
    if not old:
        return 0
    with transaction() as session:
        living = set(
            session.scalars(
                select(Attachment.public_id).where(Attachment.public_id.in_(old), Attachment.removed_at.is_(None))
            )
        )
    over = [name for name in old if name not in living]
    for name in over:
        evidence_files.remove(house.evidence, name)
    return len(over)


def _begin(
    session: Session,
    request: Request,
    officer_id: str,
    name: str,
    clean: evidence_content.Clean,
    sha256: str,
    now: datetime,
) -> Attachment:
    same = and_(
        Attachment.request_id == request.id,
        Attachment.officer_id == officer_id,
        Attachment.removed_at.is_(None),
    )
    known = session.scalars(select(Attachment).where(same, Attachment.sha256 == sha256)).one_or_none()
    if known is not None:
        return known
    if len(session.scalars(select(Attachment.id).where(same)).all()) >= MOST:
        raise EvidenceRefused("many")
    session.execute(
        insert(Attachment)
        .values(
            public_id=secrets.token_urlsafe(16),
            incident_id=request.incident_id,
            request_id=request.id,
            officer_id=officer_id,
            name=name,
            media_type=clean.media_type,
            size=len(clean.content),
            sha256=sha256,
            at=now,
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(select(Attachment).where(same, Attachment.sha256 == sha256)).one()


def _still_open(session: Session, request_id: str) -> Request:
    """Return the request, which no answer can end before this transaction does."""
    request = session.scalars(select(Request).where(Request.public_id == request_id).with_for_update(read=True)).one()
    if request.state is not RequestState.OPEN:
        decision = session.scalars(select(Decision).where(Decision.request_id == request.id)).one_or_none()
        if decision is not None:
            raise AnsweredAlready(decision.officer_id, decision.action, decision.at)
        raise RequestEnded(request.ended_why or "")
    return request


def _mine(request_id: int, officer_id: str) -> Sequence[ColumnElement[bool]]:
    """What an officer brought for a request and did not send yet."""
    return (
        Attachment.request_id == request_id,
        Attachment.officer_id == officer_id,
        Attachment.decision_id.is_(None),
        Attachment.stored_at.is_not(None),
        Attachment.removed_at.is_(None),
    )


def _sent(request: Request) -> Sequence[ColumnElement[bool]]:
    """What was sent for this request, and for those that asked for the same before it."""
    alike = select(Request.id).where(
        Request.incident_id == request.incident_id, Request.kind == request.kind, Request.about == request.about
    )
    return (
        Attachment.request_id.in_(alike),
        Attachment.decision_id.is_not(None),
        Attachment.removed_at.is_(None),
    )


def _signed_for(session: Session, incident_id: int) -> Collection[str]:
    """Return the hashes of the files that stand with a report somebody signed."""
    texts = session.scalars(
        select(Revision.content)
        .join(Document, Revision.document_id == Document.id)
        .join(Signature, Signature.revision_id == Revision.id)
        .where(Document.incident_id == incident_id, Document.kind == DocumentKind.REPORT)
    )
    return frozenset(file["sha256"] for text in texts for file in text.get("attachments", ()))


def _seen(row: Attachment, house: Settings, *, may_be_removed: bool = False) -> FileSeen:
    return FileSeen(
        id=row.public_id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        by=naming.officer(row.officer_id, house),
        at=row.at,
        sent=row.decision_id is not None,
        removed_at=row.removed_at,
        may_be_removed=may_be_removed,
    )


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of characters that control, turn round or break a line, and those that mean nothing."""


def _called(name: str, media_type: str) -> str:
    """Return what a file is called on our pages: no path, nothing unseen in it, and the ending of its content."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(one for one in last if unicodedata.category(one) not in _UNSEEN).strip(" .")
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", plain).strip()[:LONGEST_NAME]
    return (stem or "file") + evidence_content.SUFFIXES[media_type]
