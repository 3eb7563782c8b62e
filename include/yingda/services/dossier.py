"""The dossier: what stands on record around an incident besides its way through the steps.

Everything here only reads. Moments are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.documents import StatementKind
from yingda.domain.life import CommitmentSource, LetterKind, LetterState
from yingda.services import attaching, hearing
from yingda.services.attaching import FileSeen
from yingda.services.hearing import FeedbackSeen
from yingda.services.naming import Named, actor, officer, unit
from yingda.settings import Settings
from yingda.store.models import (
    Clock,
    Commitment,
    Enquiry,
    Incident,
    Merge,
    Observation,
    OfficialReply,
    OutsideLetter,
    Revision,
)


@dataclass(frozen=True)
class CommitmentSeen:
    """What was promised for a date, and what became of it.

    :param promised_for: the date that was named first; `due_at` is the one that holds
    :param missed: its time ran out once, whatever came later
    """

    id: int
    source: CommitmentSource
    text: str
    unit: Named
    started_at: datetime
    promised_for: datetime
    due_at: datetime
    missed: bool
    met_at: datetime | None
    ended_at: datetime | None
    lapsed_at: datetime | None


@dataclass(frozen=True)
class LetterSeen:
    """A correction request or a referral."""

    number: int
    kind: LetterKind
    state: LetterState
    recipient: str
    claim: str
    ground: str
    sha256: str | None
    proposed_by: Named | None
    proposed_at: datetime
    decided_by: Named | None
    decided_at: datetime | None
    sent_at: datetime | None
    sent_how: str | None


@dataclass(frozen=True)
class ReplySeen:
    """A reply under an account of the office."""

    account: str
    url: str
    text: str
    replied_at: datetime


@dataclass(frozen=True)
class EnquirySeen:
    """What an outlet asked."""

    id: int
    outlet: str
    question: str
    asked_at: datetime
    due_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True)
class ObservationSeen:
    """How the concern developed."""

    seen_at: datetime
    text: str
    by: Named | None


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """All of it, oldest first."""

    commitments: tuple[CommitmentSeen, ...]
    letters: tuple[LetterSeen, ...]
    official_replies: tuple[ReplySeen, ...]
    enquiries: tuple[EnquirySeen, ...]
    observations: tuple[ObservationSeen, ...]
    merged_into: str | None
    merged_from: tuple[str, ...]
    emergency_plan_at: datetime | None
    interviewee: Named | None
    wanted_statement: StatementKind | None
    wanted_reason: str | None
    files: tuple[FileSeen, ...]
    feedback: FeedbackSeen | None


def of(session: Session, incident: Incident, house: Settings) -> Dossier:
    """Return what stands on record around an incident."""
    mine = incident.id
    commitments = session.execute(
        select(Commitment, Clock, Revision.at)
        .join(Revision, Commitment.revision_id == Revision.id)
        .outerjoin(Clock, Commitment.clock_id == Clock.id)
        .where(Commitment.incident_id == mine)
        .order_by(Commitment.id)
    )
    letters = session.scalars(
        select(OutsideLetter).where(OutsideLetter.incident_id == mine).order_by(OutsideLetter.number)
    )
    replies = session.scalars(select(OfficialReply).where(OfficialReply.incident_id == mine).order_by(OfficialReply.id))
    enquiries = session.scalars(select(Enquiry).where(Enquiry.incident_id == mine).order_by(Enquiry.id))
    seen = session.scalars(
        select(Observation).where(Observation.incident_id == mine).order_by(Observation.seen_at, Observation.id)
    )
    accounts = {one.id: one.label(house.speaks) for one in house.policy.official_accounts}
    return Dossier(
        commitments=tuple(
            CommitmentSeen(
                id=one.id,
                source=one.source,
                text=one.text,
                unit=unit(one.unit_id, house),
                started_at=clock.started_at if clock else written_at,
                promised_for=clock.original_due_at if clock else one.due_at,
                due_at=one.due_at,
                missed=_missed(one, clock),
                met_at=one.met_at,
                ended_at=one.ended_at,
                lapsed_at=one.lapsed_at,
            )
            for one, clock, written_at in commitments
        ),
        letters=tuple(
            LetterSeen(
                number=one.number,
                kind=one.kind,
                state=one.state,
                recipient=one.recipient,
                claim=one.claim,
                ground=one.ground_text,
                sha256=one.sha256,
                proposed_by=actor(one.proposed_by, house),
                proposed_at=one.proposed_at,
                decided_by=actor(one.decided_by, house) if one.decided_by else None,
                decided_at=one.decided_at,
                sent_at=one.sent_at,
                sent_how=one.sent_how,
            )
            for one in letters
        ),
        official_replies=tuple(
            ReplySeen(accounts.get(one.account, one.account), one.url, one.text, one.replied_at) for one in replies
        ),
        enquiries=tuple(
            EnquirySeen(one.id, one.outlet, one.question, one.asked_at, one.due_at, one.answered_at)
            for one in enquiries
        ),
        observations=tuple(ObservationSeen(one.seen_at, one.text, actor(one.actor, house)) for one in seen),
        merged_into=session.scalar(
            select(Incident.number)
            .join(Merge, Merge.into_id == Incident.id)
            .where(Merge.incident_id == mine, Merge.undone_at.is_(None))
        ),
        merged_from=tuple(
            session.scalars(
                select(Incident.number)
                .join(Merge, Merge.incident_id == Incident.id)
                .where(Merge.into_id == mine, Merge.undone_at.is_(None))
                .order_by(Merge.id)
            )
        ),
        emergency_plan_at=incident.emergency_plan_at,
        interviewee=officer(incident.interviewee_id, house) if incident.interviewee_id else None,
        wanted_statement=incident.wanted_statement,
        wanted_reason=incident.wanted_reason,
        files=attaching.of_incident(session, incident, house),
        feedback=hearing.seen(session, incident, house.speaks),
    )


def _missed(commitment: Commitment, clock: Clock | None) -> bool:
    if clock is not None:
        return clock.missed_at is not None
    return commitment.met_at is not None and commitment.met_at > commitment.due_at
