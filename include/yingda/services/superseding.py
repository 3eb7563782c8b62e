"""Superseding: of several texts of one incident only the newest is sent, and never an older one over a newer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from yingda.domain.life import DocumentKind, PublicationState, Stage
from yingda.services import asking
from yingda.services.case import SYSTEM, Case
from yingda.store.models import Publication, Revision
from yingda.transports.outlet import Posted

GIVES_WAY = (PublicationState.PENDING, PublicationState.FAILED)
"""States in which a text is surely not there and still might be sent."""


def owed(case: Case) -> Revision | None:
    """Return the text that channels are to have: at its step the newest statement, afterwards the newest owed to any.

    Afterwards a newer draft may have been decided against; then what was owed before still holds.
    """
    if case.incident.stage is Stage.PUBLICATION:
        return asking.latest_revision(case, DocumentKind.STATEMENT)
    return case.session.scalars(
        select(Revision)
        .join(Publication, Publication.revision_id == Revision.id)
        .where(Publication.incident_id == case.incident.id)
        .order_by(Revision.id.desc())
        .limit(1)
    ).first()


def supersede(case: Case, revision: Revision) -> None:
    """Send no older text any more, and watch no page for one. What may be there already is looked for all the same."""
    older = (Publication.incident_id == case.incident.id, Publication.revision_id < revision.id)
    for row in case.session.scalars(select(Publication).where(*older).order_by(Publication.id)):
        row.look_at = row.drifted_at = None
        if row.state in GIVES_WAY:
            give_way(case, row)


def give_way(case: Case, row: Publication, actor: str = SYSTEM) -> None:
    """Note that a text is not sent any more, since a newer one has taken its place."""
    was = row.state
    row.state = PublicationState.SUPERSEDED
    row.lease = row.lease_until = row.next_at = None
    case.record("publication_superseded", actor, channel=row.channel, was_state=was.value)


def is_superseded(case: Case, row: Publication) -> bool:
    """Tell whether a newer text is owed to channels."""
    newer = (Publication.incident_id == row.incident_id, Publication.revision_id > row.revision_id)
    return case.session.scalar(select(Publication.id).where(*newer).limit(1)) is not None


def waits_for_older(case: Case, row: Publication) -> bool:
    """Tell whether an older text may be on its way to the same channel: what comes later must come after it."""
    return any(one.state is PublicationState.SENDING for one in _older(case, row))


def earlier(case: Case, row: Publication) -> Posted | None:
    """Return what the channel has of the newest earlier text, None where it has none."""
    there = [one for one in _older(case, row) if one.state is PublicationState.CONFIRMED]
    return Posted(there[-1].url, there[-1].reference) if there else None


def _older(case: Case, row: Publication) -> Sequence[Publication]:
    return case.session.scalars(
        select(Publication)
        .where(
            Publication.incident_id == row.incident_id,
            Publication.channel == row.channel,
            Publication.revision_id < row.revision_id,
        )
        .order_by(Publication.revision_id)
    ).all()
