"""Escalating: the ladder of each clock, raised rung by rung, once each and in order, however late we look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.ladder import ASKED, Rung, climb
from yingda.domain.life import RequestKind, RequestState, Stage
from yingda.domain.roles import Role
from yingda.domain.roster import Addressee as Person
from yingda.domain.work_group import GroupEvent
from yingda.services import alerting, asking, clocking, moving, publishing, telling
from yingda.services.case import Case
from yingda.store import outbox
from yingda.store.models import Addressee, Clock, Feedback, Incident, RaisedRung, Request


@dataclass(frozen=True)
class Standing:
    """Where an incident stands, and when something is due next without anybody doing anything (UTC)."""

    incident_no: str
    stage: Stage
    seq: int
    wake_at: datetime | None


def attend(case: Case) -> Standing:
    """Move the incident, raise what its ladders say is due, and tell when to look again.

    Safe to call any number of times; what was raised stays raised.
    """
    moving.advance(case)
    moments: list[datetime | None] = []
    due: list[tuple[datetime, int, Clock, Rung]] = []
    for clock in clocking.running(case):
        if clocking.note_missed(case, clock):
            alerting.alert(case, GroupEvent.OVERDUE, f"{clock.id}", clock=clock.kind.value)
        moments.append(clock.due_at if clock.missed_at is None else None)
        raised = set(case.session.scalars(select(RaisedRung.key).where(RaisedRung.clock_id == clock.id)))
        ladder = case.settings.policy.ladders[clock.kind]
        for moment, rung in climb(ladder, clock.started_at, clock.due_at, case.settings.calendar):
            if rung.key in raised:
                continue
            if moment <= case.now:
                due.append((moment, clock.id, clock, rung))
            else:
                moments.append(moment)
                break
    for moment, _, clock, rung in sorted(due, key=lambda one: one[:2]):
        _raise(case, clock, rung, moment)
    case.session.flush()
    moments += [publishing.next_moment(case), outbox.next_due(case.session, case.incident.id)]
    return Standing(
        incident_no=case.incident.number,
        stage=case.incident.stage,
        seq=case.incident.seq,
        wake_at=min((moment for moment in moments if moment is not None), default=None),
    )


def to_attend(session: Session) -> list[str]:
    """Return the numbers of all incidents that something may be due for, oldest first."""
    ticking = select(Clock.incident_id).where(Clock.met_at.is_(None), Clock.cancelled_at.is_(None))
    asked = select(Request.incident_id).where(Request.state == RequestState.OPEN)
    answered = (
        select(func.max(Request.ended_at))
        .where(Request.incident_id == Feedback.incident_id, Request.kind == RequestKind.FEEDBACK)
        .correlate(Feedback)
        .scalar_subquery()
    )
    # Somebody said since that it is not solved; the duty officer is not asked again at once.
    not_solved = select(Feedback.incident_id).where(
        Feedback.solved.is_(False), or_(answered.is_(None), Feedback.at > answered)
    )
    kept_after = (Incident.id.in_(ticking), Incident.id.in_(asked), Incident.id.in_(not_solved))
    return list(
        session.scalars(
            select(Incident.number).where(or_(Incident.closed_at.is_(None), *kept_after)).order_by(Incident.id)
        )
    )


def _raise(case: Case, clock: Clock, rung: Rung, moment: datetime) -> None:
    row = insert(RaisedRung).values(clock_id=clock.id, key=rung.key, moment=moment, raised_at=case.now)
    if case.session.execute(row.on_conflict_do_nothing()).rowcount != 1:  # type: ignore[attr-defined]
        return
    told = _told(case, clock, rung)
    case.record(
        "rung_raised",
        clock=clock.kind.value,
        rung=rung.key,
        moment=moment.isoformat(),
        officers=[person.officer.id for person, _, _ in told],
    )
    for person, told_as, request in told:
        telling.rung(case, clock, rung.key, moment, person, told_as=told_as, request=request)


def _told(case: Case, clock: Clock, rung: Rung) -> list[tuple[Person, str, Request | None]]:
    """Return who hears of a rung, as what, and what they can answer; each person once."""
    told: dict[str, tuple[Person, str, Request | None]] = {}
    # Who has left the roster hears nothing; asking.ask finds somebody else.
    known = {officer.id for officer in case.settings.roster.officers}
    for listener in rung.tell:
        if listener == ASKED:
            for request in _asked_by(case, clock):
                for addressee in request.addressees:
                    if addressee.officer_id not in known:
                        continue
                    told.setdefault(addressee.officer_id, (_person(case, addressee), ASKED, request))
            continue
        role = Role(listener)
        for person in case.settings.roster.reached(role, case.incident.unit_id, shanghai_date(case.now)):
            told.setdefault(person.officer.id, (person, role.value, None))
    return list(told.values())


def _asked_by(case: Case, clock: Clock) -> list[Request]:
    """Return the open requests a clock waits for: its own, or all that hold the incident up now."""
    requests = asking.open_requests(case)
    own = [request for request in requests if request.clock_id == clock.id]
    return own or [request for request in requests if request.kind not in asking.BESIDE]


def _person(case: Case, addressee: Addressee) -> Person:
    roster = case.settings.roster
    deputy_for = roster.officer(addressee.deputy_for) if addressee.deputy_for else None
    return Person(officer=roster.officer(addressee.officer_id), deputy_for=deputy_for)
