"""Comparing: what changed from one revision of a text to the next, field by field, for those who read it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda import rendering
from yingda.domain import speech
from yingda.domain.differing import Part, difference
from yingda.domain.fields import Answer, field_label
from yingda.domain.forms import Report, Review, Statement
from yingda.domain.life import DocumentKind
from yingda.settings import Settings
from yingda.store.models import Revision

_FORMS: Mapping[DocumentKind, type[Answer]] = {
    DocumentKind.REPORT: Report,
    DocumentKind.STATEMENT: Statement,
    DocumentKind.REVIEW: Review,
}


@dataclass(frozen=True)
class Changed:
    """A field that reads otherwise than in the revision before; `label` in the office's language."""

    field: str
    label: str
    parts: tuple[Part, ...]


def changes(session: Session, revision: Revision, kind: DocumentKind, house: Settings) -> tuple[Changed, ...]:
    """Return what a revision changed from the one before it; nothing for the first."""
    before = session.scalars(
        select(Revision).where(Revision.document_id == revision.document_id, Revision.number == revision.number - 1)
    ).one_or_none()
    return () if before is None else compare(before.content, revision.content, kind, house)


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], kind: DocumentKind, house: Settings
) -> tuple[Changed, ...]:
    """Return the fields in which two texts of a kind differ, in the order of their form."""
    form = _FORMS[kind]
    found = []
    for name in form.model_fields:
        old, new = _words(before.get(name), house), _words(after.get(name), house)
        if old != new:
            found.append(Changed(name, field_label(form, name, house.speaks), difference(old, new)))
    old, new = ("\n".join(file["name"] for file in text.get("attachments", ())) for text in (before, after))
    if old != new:
        label = speech.said("佐证文件", house.speaks)
        found.append(Changed("attachments", label, difference(old, new)))
    return tuple(found)


def in_words(content: Mapping[str, Any], kind: DocumentKind, house: Settings) -> list[tuple[str, str]]:
    """Return a text field by field, label and words, in the order of its form; empty fields are left out."""
    form = _FORMS[kind]
    said = [(field_label(form, name, house.speaks), _words(content.get(name), house)) for name in form.model_fields]
    files = "\n".join(f"{file['name']}  SHA-256 {file['sha256']}" for file in content.get("attachments", ()))
    said.append((speech.said("佐证文件", house.speaks), files))
    return [(label, words) for label, words in said if words]


def _words(value: Any, house: Settings) -> str:
    """Write a field as text; what holds several entries, one a line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    lines = []
    for entry in value:
        if isinstance(entry, Mapping):
            due = rendering.local(datetime.fromisoformat(entry["due"]))
            unit = next((unit.name for unit in house.roster.units if unit.id == entry["unit"]), entry["unit"])
            lines.append(f"{entry['text']}，{unit}，{due}")
        else:
            lines.append(str(entry))
    return "\n".join(lines)
