"""Troubles: what a machine gave up and a person must look after. Shown at the head of the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from yingda.domain.life import PublicationState, SendState, Stage
from yingda.services import publishing
from yingda.services.naming import Named, officer
from yingda.settings import Settings
from yingda.store.models import Incident, OutboxMessage, Publication

SHOWN = 50
"""At most this many of a kind; the newest."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that nobody took, after the last attempt: a mail to an officer, or word to a group by robot."""

    id: int
    incident_no: str | None
    to: Named
    by_robot: bool
    template: str
    attempts: int
    problem: str
    written_at: datetime


@dataclass(frozen=True)
class StuckPublication:
    """A statement that is not, or not known to be, where it should be."""

    id: int
    incident_no: str
    stage: Stage
    channel: str
    state: PublicationState
    problem: str
    newest: bool
    drifted_at: datetime | None

    @property
    def way_out(self) -> str | None:
        """Return what a person may do about it: `vouch`, `send_again`, `look_again`; None where nothing helps."""
        if self.state is PublicationState.CONFIRMED and (self.stage in publishing.LOOKS_AT or self.drifted_at):
            return "look_again"
        if self.state is PublicationState.UNKNOWN:
            return "vouch"
        sendable = self.newest and self.stage in publishing.SENDS_AT
        if sendable and self.state in (PublicationState.FAILED, PublicationState.PENDING):
            return "send_again"
        return None


@dataclass(frozen=True)
class Troubles:
    """Both kinds; empty when all is well."""

    dead_letters: tuple[DeadLetter, ...]
    publications: tuple[StuckPublication, ...]

    def __bool__(self) -> bool:
        return bool(self.dead_letters or self.publications)


def troubles(session: Session, house: Settings) -> Troubles:
    """Return what waits for a person."""
    letters = session.execute(
        select(OutboxMessage, Incident.number)
        .outerjoin(Incident, OutboxMessage.incident_id == Incident.id)
        .where(OutboxMessage.state == SendState.DEAD)
        .order_by(OutboxMessage.id.desc())
        .limit(SHOWN)
    )
    newer = aliased(Publication)
    newest = ~exists().where(newer.incident_id == Publication.incident_id, newer.revision_id > Publication.revision_id)
    stuck = session.execute(
        select(Publication, Incident.number, Incident.stage, newest)
        .join(Incident, Publication.incident_id == Incident.id)
        .where(
            Publication.state.in_((PublicationState.UNKNOWN, PublicationState.FAILED))
            | (
                Publication.problem.is_not(None)
                & Publication.live_at.is_(None)
                & (Publication.state != PublicationState.SUPERSEDED)
            )
            | Publication.drifted_at.is_not(None)
        )
        .order_by(Publication.id.desc())
        .limit(SHOWN)
    )
    return Troubles(
        dead_letters=tuple(
            DeadLetter(
                id=message.id,
                incident_no=number,
                to=Named(message.robot, message.robot) if message.robot else officer(message.mailed_to, house),
                by_robot=message.robot is not None,
                template=message.template,
                attempts=message.attempts,
                problem=message.problem or "",
                written_at=message.created_at,
            )
            for message, number in letters
        ),
        publications=tuple(
            StuckPublication(
                row.id, number, stage, row.channel, row.state, row.problem or "", is_newest, row.drifted_at
            )
            for row, number, stage, is_newest in stuck
        ),
    )
