"""The documents of an incident with every revision: as hashed, and as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import life, speech
from yingda.domain.documents import canonical
from yingda.services import comparing
from yingda.services.packed import records
from yingda.services.packed.people import person
from yingda.settings import Settings
from yingda.store.models import Document, Incident, Revision


@dataclass(frozen=True)
class Text:
    """One revision: the bytes whose SHA-256 was signed, and the same in words."""

    path: str
    canonical: bytes
    readable_path: str
    readable: str
    said: dict[str, Any]


def of_incident(session: Session, incident: Incident, house: Settings) -> Iterator[Text]:
    """Yield every revision of every document of an incident, oldest first."""
    rows = session.execute(
        select(Revision, Document)
        .join(Document, Revision.document_id == Document.id)
        .where(Document.incident_id == incident.id)
        .order_by(Document.id, Revision.number)
        .execution_options(yield_per=20)
    )
    for revision, document in rows:
        path = f"documents/{document.kind.value}-{document.number}/{revision.number:03d}"
        said = {
            "document": document.kind.value,
            "document_number": document.number,
            "number": revision.number,
            "author": person(revision.author_id, house),
            "at": records.moment(revision.at),
            "sha256": revision.sha256,
            "path": f"{path}.json",
            "readable": f"{path}.txt",
        }
        yield Text(f"{path}.json", canonical(revision.content), f"{path}.txt", _words(revision, document, house), said)


def _words(revision: Revision, document: Document, house: Settings) -> str:
    author = person(revision.author_id, house)
    name, at = author["name"] if author else "", rendering.local(revision.at)
    kind = life.label(document.kind, house.locale)
    head = speech.said(
        "%(kind)s 第 %(number)s 稿 %(name)s %(at)s", house.locale, kind=kind, number=revision.number, name=name, at=at
    )
    parts = [f"{label}\n{words}" for label, words in comparing.in_words(revision.content, document.kind, house)]
    return "\n\n".join([f"{head}\nSHA-256 {revision.sha256}", *parts]) + "\n"
