"""Writing: texts become immutable revisions, named by their SHA-256."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from yingda.domain.documents import sha256_of
from yingda.domain.life import DocumentKind
from yingda.services.case import Case
from yingda.store.models import Document, Revision


def add_revision(case: Case, kind: DocumentKind, author_id: str, content: Mapping[str, Any]) -> Revision:
    """Keep a text as its author submitted it, as the next revision of the document of this kind."""
    document = case.session.scalars(
        select(Document)
        .where(Document.incident_id == case.incident.id, Document.kind == kind)
        .order_by(Document.number.desc())
    ).first()
    if document is None:
        document = Document(incident_id=case.incident.id, kind=kind, number=1)
        case.session.add(document)
        case.session.flush()
    last = case.session.scalar(
        select(Revision.number).where(Revision.document_id == document.id).order_by(Revision.number.desc()).limit(1)
    )
    revision = Revision(
        document_id=document.id,
        number=(last or 0) + 1,
        author_id=author_id,
        content=dict(content),
        sha256=sha256_of(content),
        at=case.now,
    )
    case.session.add(revision)
    case.session.flush()
    case.record("revision_written", author_id, document=kind.value, number=revision.number, sha256=revision.sha256)
    return revision
