"""Committing: what a published statement or a review promised for a date is asked for, answered, renewed, or lapses.

A promise has a clock with a ladder and a request to its unit. What was promised in public leads to the next pass of the
incident, once its answer is here or its day has come: the public hears what became of it (domain.md, follow up).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from yingda.domain.clocks import ClockKind
from yingda.domain.documents import StatementKind
from yingda.domain.forms import CommitmentAnswer
from yingda.domain.life import CommitmentSource, RequestKind, Stage
from yingda.services import asking, clocking, published
from yingda.services.case import Case
from yingda.store.models import Clock, Commitment, Request, Revision

CLOCKS = {
    CommitmentSource.STATEMENT: ClockKind.COMMITMENT,
    CommitmentSource.REVIEW: ClockKind.ACTION_ITEM,
}

_ABOUT = "commitment:"


def about(commitment: Commitment) -> str:
    """Return what names a commitment in requests."""
    return f"{_ABOUT}{commitment.id}"


def of_request(case: Case, request: Request) -> Commitment:
    """Return the commitment that a request is about."""
    return case.session.get_one(Commitment, int(request.about.removeprefix(_ABOUT)))


def is_about(request: Request) -> bool:
    """Tell whether a request is about a commitment."""
    return request.about.startswith(_ABOUT)


def owed(case: Case) -> list[Commitment]:
    """Return what was promised and is neither answered nor renewed, the earliest date first."""
    return list(
        case.session.scalars(
            select(Commitment)
            .where(
                Commitment.incident_id == case.incident.id, Commitment.met_at.is_(None), Commitment.ended_at.is_(None)
            )
            .order_by(Commitment.due_at, Commitment.id)
        )
    )


def promise(case: Case, revision: Revision, source: CommitmentSource, made: Iterable[Mapping[str, Any]]) -> None:
    """Keep what a text promises, once; a promise made again, in the same words for the same unit, takes its place."""
    known = set(case.session.scalars(select(Commitment.position).where(Commitment.revision_id == revision.id)))
    for position, entry in enumerate(made):
        if position in known:
            continue
        due_at = datetime.fromisoformat(entry["due"]).astimezone(UTC)
        for earlier in owed(case):
            if (earlier.source, earlier.text, earlier.unit_id) == (source, entry["text"], entry["unit"]):
                end(case, earlier, "renewed")
        clock = clocking.start_until(case, CLOCKS[source], due_at)
        commitment = Commitment(
            incident_id=case.incident.id,
            revision_id=revision.id,
            position=position,
            source=source,
            text=entry["text"],
            unit_id=entry["unit"],
            due_at=due_at,
            clock_id=clock.id,
        )
        case.session.add(commitment)
        case.session.flush()
        case.record(
            "commitment_made" if source is CommitmentSource.STATEMENT else "action_item_made",
            commitment=commitment.id,
            position=position,
            unit=commitment.unit_id,
            due_at=due_at.isoformat(),
        )


def see_to_commitments(case: Case) -> None:
    """See to it that every unit that promised something is asked for it."""
    for commitment in owed(case):
        clock = case.session.get(Clock, commitment.clock_id) if commitment.clock_id else None
        asking.ask(
            case,
            RequestKind.COMMITMENT,
            about=about(commitment),
            unit_id=commitment.unit_id,
            clock=clock,
            due_at=commitment.due_at,
        )


def answered(case: Case, request: Request, answer: CommitmentAnswer, actor: str) -> None:
    """What was promised is reported; late is on record, and the answer is taken all the same."""
    commitment = of_request(case, request)
    commitment.met_at = case.now
    _stop_clock(case, commitment, actor)
    _withdraw(case, RequestKind.EXTENSION, commitment, "commitment_answered", actor)
    case.record("commitment_answered", actor, commitment=commitment.id, unit=commitment.unit_id)
    if commitment.source is CommitmentSource.STATEMENT and not case.incident.stage.is_past(Stage.STATEMENT):
        # The statement is still to be written: whoever drafts it reads this answer.
        commitment.taken_up_at = case.now


def postponed(case: Case, request: Request, until: datetime, reason: str, actor: str) -> None:
    """More time was granted for a commitment; the public, to whom the earlier date was promised, hears of it first."""
    commitment = of_request(case, request)
    if commitment.met_at is not None or commitment.ended_at is not None:
        return
    commitment.due_at = until
    clock = case.session.get(Clock, commitment.clock_id) if commitment.clock_id else None
    if clock is not None:
        clocking.extend(case, clock, until, actor)
    asked = asking.open_request(case, RequestKind.COMMITMENT, about=about(commitment))
    if asked is not None:
        asked.due_at = until
    if commitment.source is CommitmentSource.STATEMENT:
        owe_interim(case, "commitment_postponed", reason, actor)


def settle(case: Case, actor: str) -> None:
    """A final statement speaks to all that interim ones promised; only what it promises again is owed still."""
    for commitment in owed(case):
        if commitment.source is CommitmentSource.STATEMENT and _kind_of(case, commitment) is StatementKind.HOLDING:
            commitment.met_at = case.now
            _stop_clock(case, commitment, actor)
            _withdraw(case, RequestKind.COMMITMENT, commitment, "settled", actor)
            _withdraw(case, RequestKind.EXTENSION, commitment, "settled", actor)
            commitment.taken_up_at = case.now
            case.record("commitment_settled", actor, commitment=commitment.id)


def end(case: Case, commitment: Commitment, why: str, actor: str = "system") -> None:
    """Stop owing a commitment without an answer: a later text takes its place."""
    commitment.ended_at = case.now
    clock = case.session.get(Clock, commitment.clock_id) if commitment.clock_id else None
    if clock is not None and clock.met_at is None and clock.cancelled_at is None:
        clocking.drop(case, clock, why, actor)
    _withdraw(case, RequestKind.COMMITMENT, commitment, why, actor)
    _withdraw(case, RequestKind.EXTENSION, commitment, why, actor)
    case.record("commitment_ended", actor, commitment=commitment.id, reason=why)


@dataclass(frozen=True)
class News:
    """Why the public must hear of a commitment, and from when on a further word is owed (UTC).

    :param why: `commitment_answered`, an answer is here that no statement told of, or `commitment_lapsed`, its day has
        come without
    """

    why: str
    since: datetime


def take_up(case: Case) -> News | None:
    """Return what the public must hear of commitments now, None if nothing; each answer and each lapse counts once.

    What lapsed is owed from its day on, or from the last public word if that came later, however late we look.
    """
    why, since = None, case.now
    told = select(Commitment).where(
        Commitment.incident_id == case.incident.id, Commitment.source == CommitmentSource.STATEMENT
    )
    for commitment in case.session.scalars(told.order_by(Commitment.id)):
        if commitment.ended_at is not None:
            continue
        if commitment.met_at is not None and commitment.taken_up_at is None:
            commitment.taken_up_at = case.now
            why = "commitment_answered"
        elif commitment.met_at is None and commitment.due_at <= case.now and commitment.lapsed_at is None:
            commitment.lapsed_at = case.now
            case.record("commitment_lapsed", commitment=commitment.id, unit=commitment.unit_id)
            why, since = why or "commitment_lapsed", min(since, commitment.due_at)
    return News(why, _after_the_last_word(case, since)) if why is not None else None


def owed_since(case: Case) -> datetime:
    """Return from when on a further word is owed (UTC): now, or the day of what lapsed and nobody noted yet."""
    unnoticed = [one.due_at for one in owed(case) if one.source is CommitmentSource.STATEMENT and one.lapsed_at is None]
    return _after_the_last_word(case, min([case.now, *unnoticed]))


def _after_the_last_word(case: Case, since: datetime) -> datetime:
    word = published.newest(case.session, case.incident.id)
    return max(since, word.at) if word is not None else since


def owe_interim(
    case: Case, why: str, reason: str | None = None, actor: str = "system", since: datetime | None = None
) -> None:
    """Owe the public an interim word, unless the next statement is decided already or is just being written.

    :param why: what brought it about, for the record
    :param reason: what the drafter should know, as somebody wrote it
    :param since: from when on it is owed (UTC); if not given, now, or the day of what lapsed and nobody noticed yet
    """
    incident = case.incident
    if incident.wanted_statement is not None or incident.stage is Stage.STATEMENT:
        return
    incident.wanted_statement = StatementKind.HOLDING
    incident.wanted_reason = reason
    case.record("interim_owed", actor, why=why)
    if published.newest(case.session, case.incident.id) is not None:
        clocking.start_further(case, since or owed_since(case))


def is_interim(case: Case) -> bool:
    """Tell whether the newest public word is an interim one that owes something still: then nothing can be closed."""
    if published.standing_kind(case.session, case.incident.id) is not StatementKind.HOLDING:
        return False
    return any(commitment.source is CommitmentSource.STATEMENT for commitment in owed(case))


def _kind_of(case: Case, commitment: Commitment) -> StatementKind:
    return StatementKind(case.session.get_one(Revision, commitment.revision_id).content["kind"])


def _stop_clock(case: Case, commitment: Commitment, actor: str) -> None:
    clock = case.session.get(Clock, commitment.clock_id) if commitment.clock_id else None
    if clock is not None:
        clocking.meet_clock(case, clock, actor)


def _withdraw(case: Case, kind: RequestKind, commitment: Commitment, why: str, actor: str) -> None:
    request = asking.open_request(case, kind, about=about(commitment))
    if request is not None:
        asking.withdraw(case, request, why, actor)
