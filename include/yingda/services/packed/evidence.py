"""The files that officers sent as evidence: which are in the pack, which were taken back, which are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.services.packed import records
from yingda.services.packed.people import person
from yingda.settings import Settings
from yingda.store.models import Attachment, Incident
from yingda.transports import evidence_files
from yingda.transports.evidence_content import SUFFIXES


@dataclass(frozen=True)
class File:
    """
    One file.

    :param path: where it lies in the pack; None where it was taken back or is not there as it was kept
    :param kept_as: what it is called among the files that are kept; never part of the pack
    """

    path: str | None
    kept_as: str
    said: dict[str, Any]


def sent(session: Session, incident: Incident) -> list[Attachment]:
    """Return the files that were sent in an incident, in the order they came."""
    return list(
        session.scalars(
            select(Attachment)
            .where(Attachment.incident_id == incident.id, Attachment.decision_id.is_not(None))
            .order_by(Attachment.id)
        )
    )


def file(place: int, row: Attachment, house: Settings) -> File:
    """Look at a file that was sent; `place` is its place among those of its incident, 1 first."""
    there = row.removed_at is None and evidence_files.is_whole(house.evidence, row.public_id, row.sha256)
    path = f"evidence/{place:03d}-{row.sha256[:12]}{SUFFIXES[row.media_type]}" if there else None
    said = {
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.sha256,
        "by": person(row.officer_id, house),
        "at": records.moment(row.at),
        "taken_back_at": records.moment(row.removed_at),
        "path": path,
    }
    return File(path, row.public_id, said)
