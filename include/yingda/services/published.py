"""Published: what the public can read of an incident, newest first. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain.documents import StatementKind
from yingda.domain.life import PublicationState
from yingda.store.models import Publication, Revision


@dataclass(frozen=True)
class Published:
    """A statement that stands on at least one channel that residents read; `at` is when it first did (UTC)."""

    revision: Revision
    at: datetime

    @property
    def kind(self) -> StatementKind:
        """Return what kind of statement it is."""
        return StatementKind(self.revision.content["kind"])

    @property
    def title(self) -> str:
        """Return its title."""
        return str(self.revision.content["title"])


def newest(session: Session, incident_id: int, *, before: Revision | None = None) -> Published | None:
    """Return the newest statement of an incident that is public, None where none is.

    By the order in which the texts were written, not published: an older text that a channel confirms late is still
    the older one.

    :param before: only texts that were written before this one
    """
    query = (
        select(Revision, func.min(Publication.confirmed_at).label("at"))
        .join(Publication, Publication.revision_id == Revision.id)
        .where(
            Publication.incident_id == incident_id,
            Publication.state == PublicationState.CONFIRMED,
            Publication.public,
        )
        .group_by(Revision.id)
        .order_by(Revision.id.desc())
        .limit(1)
    )
    if before is not None:
        query = query.where(Revision.id < before.id)
    row = session.execute(query).one_or_none()
    return None if row is None else Published(row.Revision, row.at)


def each(session: Session, incident_id: int) -> list[Published]:
    """Return every statement of an incident that is public, oldest first."""
    rows = session.execute(
        select(Revision, func.min(Publication.confirmed_at).label("at"))
        .join(Publication, Publication.revision_id == Revision.id)
        .where(Publication.incident_id == incident_id, Publication.state == PublicationState.CONFIRMED)
        .group_by(Revision.id)
        .order_by(Revision.id)
    )
    return [Published(row.Revision, row.at) for row in rows]


def standing_kind(session: Session, incident_id: int) -> StatementKind | None:
    """Return what the public word amounts to now, None where there is none.

    A correction leaves what it corrects what it was: an interim statement that was corrected is an interim one still.
    """
    public = select(Publication.revision_id).where(
        Publication.incident_id == incident_id, Publication.state == PublicationState.CONFIRMED, Publication.public
    )
    contents = session.scalars(select(Revision.content).where(Revision.id.in_(public)).order_by(Revision.id.desc()))
    kinds = [StatementKind(content["kind"]) for content in contents]
    return next((kind for kind in kinds if kind is not StatementKind.CORRECTION), kinds[0] if kinds else None)
