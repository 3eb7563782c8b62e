"""Drifting (走样): a page that showed the text and does not any more. Looked at a few times after it was seen live.

Only the newest statement is watched. A page that drifted is looked at again until it shows the text, or a newer one
takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.life import PublicationState
from yingda.services import publishing, superseding, telling
from yingda.services.case import Case
from yingda.store.models import Publication, Revision


@dataclass(frozen=True)
class Watched:
    """A page that is due to be looked at again."""

    publication_id: int
    incident_id: int
    url: str
    content: Mapping[str, Any]


def due(session: Session, now: datetime, *, limit: int) -> list[Watched]:
    """Return the pages due to be looked at again, those that wait longest first.

    :param now: aware UTC
    """
    rows = session.execute(
        select(Publication, Revision.content)
        .join(Revision, Publication.revision_id == Revision.id)
        .where(Publication.look_at <= now)
        .order_by(Publication.look_at, Publication.id)
        .limit(limit)
    )
    return [Watched(row.id, row.incident_id, row.url or "", content) for row, content in rows]


def watched(session: Session, publication_id: int, now: datetime) -> Watched | None:
    """Return one page if it is due to be looked at again."""
    row = session.get(Publication, publication_id)
    if row is None or row.look_at is None or row.look_at > now:
        return None
    return Watched(row.id, row.incident_id, row.url or "", session.get_one(Revision, row.revision_id).content)


def shows(case: Case, publication_id: int) -> None:
    """Note that the page shows the text still, or again."""
    row = _taken(case, publication_id)
    if row is None:
        return
    row.looks, row.look_at = 0, publishing.next_look(case, row)
    if row.drifted_at is not None:
        since, row.drifted_at, row.problem = row.drifted_at, None, None
        case.record("recovered", channel=row.channel, url=row.url, since=since.isoformat())


def does_not_show(case: Case, publication_id: int, problem: str, *, read: bool) -> None:
    """Note that the page does not show the text any more, and tell the duty officer once each time it comes to that.

    :param read: the page was read; one that cannot be reached counts as drifted only after as many looks as the
        policy's `publication.tell_after`
    """
    row = _taken(case, publication_id)
    if row is None:
        return
    row.looks += 1
    row.look_at = case.now + publishing.pause_after(case, row.looks)
    if row.drifted_at is not None:
        row.problem = problem[:2000]
    elif read or row.looks >= case.settings.policy.publication.tell_after:
        row.drifted_at, row.problem = case.now, problem[:2000]
        case.record("drifted", channel=row.channel, url=row.url, problem=row.problem)
        key = f"{row.id}:{case.now.isoformat()}"
        telling.notice(case, "drifted", key, channel=row.channel, problem=row.problem)


def _taken(case: Case, publication_id: int) -> Publication | None:
    """Return the publication if it is still watched: since the look began, a newer text may have taken its place."""
    row = case.session.get_one(Publication, publication_id, populate_existing=True)
    if row.look_at is None or row.state is not PublicationState.CONFIRMED:
        return None
    if superseding.is_superseded(case, row):
        row.look_at = row.drifted_at = None
        return None
    return row
