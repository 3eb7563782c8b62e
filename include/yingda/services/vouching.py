"""Vouching: what a person says became of a publication that a machine gave up or could not tell about.

Nothing is sent here and nothing is ever sent again blindly: a publication whose outcome is unknown is owed once more
only by somebody who has looked at the channel and says that it is not there. Tasks do the sending: that of the step of
publication, and at later steps whatever comes first, the live check or `follow_up`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.acts import ItIsNotThere, ItIsThere
from yingda.domain.errors import NotNow
from yingda.domain.life import PublicationState
from yingda.services import moving, publishing, superseding
from yingda.services.case import Case, take_by_id
from yingda.settings import Settings
from yingda.store.models import Publication


def it_is_there(
    session: Session, publication_id: int, given: ItIsThere, settings: Settings, now: datetime, actor: str
) -> None:
    """Take a publication whose outcome was unknown for published at the address given; it is looked at like any other.

    :param now: aware UTC
    :raises NotNow: its outcome is not unknown any more
    """
    case, row = _take(session, publication_id, settings, now)
    if row.state is not PublicationState.UNKNOWN:
        raise _settled_already(case)
    publishing.confirmed(case, row, given.url, actor)
    moving.advance(case)


def send_again(
    session: Session, publication_id: int, given: ItIsNotThere, settings: Settings, now: datetime, actor: str
) -> None:
    """Owe a publication once more that failed, waits for its next attempt, or is not on its channel after all.

    :param now: aware UTC
    :raises NotNow: it is out or on its way, or another text or step has taken its place
    """
    case, row = _take(session, publication_id, settings, now)
    if row.state not in (PublicationState.UNKNOWN, PublicationState.FAILED, PublicationState.PENDING):
        raise _settled_already(case)
    if row.state is PublicationState.UNKNOWN and not given.looked:
        raise case.not_now(
            "请先到该渠道上查看，确认没有发出，并勾选。否则可能重复发布。",
        )
    if row.state is PublicationState.UNKNOWN and superseding.is_superseded(case, row):
        # That it is not there is all there is to know of it.
        superseding.give_way(case, row, actor)
        return
    newest = superseding.owed(case)
    if case.incident.stage not in publishing.SENDS_AT or newest is None or newest.id != row.revision_id:
        raise case.not_now(
            "事件已不在这份文本的发布环节，不能再发这一份。需要再发布时，请在事件页面更正说明或重新办理。",
        )
    was = row.state
    row.state, row.next_at, row.attempts, row.problem = PublicationState.PENDING, now, 0, None
    case.record("publication_owed_again", actor, channel=row.channel, sha256=newest.sha256, was_state=was.value)


def look_again(session: Session, publication_id: int, settings: Settings, now: datetime, actor: str) -> None:
    """Let the page a reader sees be looked at now rather than at its next turn.

    :param now: aware UTC
    :raises NotNow: the text was seen there already and has not vanished since, or the incident has gone on
    """
    case, row = _take(session, publication_id, settings, now)
    drifted = row.drifted_at is not None
    if row.state is not PublicationState.CONFIRMED or (row.live_at is not None and not drifted):
        raise _settled_already(case)
    if drifted:
        row.look_at = now
    elif case.incident.stage in publishing.LOOKS_AT:
        row.next_at = now
    else:
        raise case.not_now("事件不在上线核验环节。")
    case.record("look_owed", actor, channel=row.channel, url=row.url)


def _take(session: Session, publication_id: int, settings: Settings, now: datetime) -> tuple[Case, Publication]:
    """Lock the incident, then read the publication as it is under that lock."""
    incident_id = session.scalar(select(Publication.incident_id).where(Publication.id == publication_id))
    if incident_id is None:
        raise NotNow(speech.said("没有这项发布。", settings.speaks))
    case = take_by_id(session, incident_id, settings, now)
    return case, session.get_one(Publication, publication_id, populate_existing=True)


def _settled_already(case: Case) -> NotNow:
    return case.not_now("这项发布已经处理过了。")
