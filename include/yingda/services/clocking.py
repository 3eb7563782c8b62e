"""Clocks: started once, never reset, met at the first answer, missed for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from yingda.domain.clocks import BY_POLICY, ClockKind, due
from yingda.services.case import Case
from yingda.store.models import Clock


def find(case: Case, kind: ClockKind) -> Clock | None:
    """Return the latest clock of a kind."""
    return case.session.scalars(
        select(Clock).where(Clock.incident_id == case.incident.id, Clock.kind == kind).order_by(Clock.cycle.desc())
    ).first()


def start(case: Case, kind: ClockKind, *, started_at: datetime) -> Clock | None:
    """Start what policy says is owed (key `clocks`); a clock that stands already is left as it is.

    :return: the clock, or None where policy owes nothing
    """
    clock = find(case, kind)
    if clock is not None:
        return clock
    span = case.settings.policy.clocks[kind].span_for(case.incident.severity, case.incident.urgent)
    if span is None:
        return None
    due_at = due(span, started_at, case.settings.calendar)
    clock = Clock(
        incident_id=case.incident.id, kind=kind, cycle=1, started_at=started_at, due_at=due_at, original_due_at=due_at
    )
    case.session.add(clock)
    case.session.flush()
    case.record(
        "clock_started",
        clock=kind.value,
        cycle=clock.cycle,
        started_at=started_at.isoformat(),
        due_at=due_at.isoformat(),
    )
    note_missed(case, clock)
    return clock


def start_further(case: Case, since: datetime | None = None) -> Clock | None:
    """Start what a further word in public owes (policy key `clocks.further_word`), unless one is owed already.

    :param since: when it came to be owed (UTC), which may be before anybody looked; now, if not given
    :return: the clock that runs, or None where policy owes nothing
    """
    standing = ticking(case, ClockKind.FURTHER_WORD)
    if standing is not None:
        return standing
    span = case.settings.policy.clocks[ClockKind.FURTHER_WORD].span_for(case.incident.severity, case.incident.urgent)
    if span is None:
        return None
    since = since or case.now
    return start_until(case, ClockKind.FURTHER_WORD, due(span, since, case.settings.calendar), since)


def public(case: Case) -> Clock | None:
    """Return the clock of the word that the public is owed now: the first one, or a further one; None if of none."""
    return ticking(case, ClockKind.PUBLIC_WORD) or ticking(case, ClockKind.FURTHER_WORD)


def stop(case: Case, kind: ClockKind, reason: str, actor: str) -> None:
    """Let the running clock of a kind, if there is one, not be owed any more."""
    clock = ticking(case, kind)
    if clock is not None:
        drop(case, clock, reason, actor)


def start_until(case: Case, kind: ClockKind, due_at: datetime, since: datetime | None = None) -> Clock:
    """Start a clock that runs until a moment that somebody named (UTC), besides others of its kind.

    :param since: from when it runs (UTC); now, if not given
    """
    since = since or case.now
    before = find(case, kind)
    clock = Clock(
        incident_id=case.incident.id,
        kind=kind,
        cycle=before.cycle + 1 if before is not None else 1,
        started_at=since,
        due_at=due_at,
        original_due_at=due_at,
    )
    case.session.add(clock)
    case.session.flush()
    case.record(
        "clock_started", clock=kind.value, cycle=clock.cycle, started_at=since.isoformat(), due_at=due_at.isoformat()
    )
    note_missed(case, clock)
    return clock


def ticking(case: Case, kind: ClockKind) -> Clock | None:
    """Return the clock of a kind that still runs: what people asked on the way to it should see as their time."""
    clock = find(case, kind)
    return clock if clock is not None and clock.met_at is None and clock.cancelled_at is None else None


def note_missed(case: Case, clock: Clock) -> bool:
    """Note for good that the time ran out, if it did; True if this is the first time that it is noted."""
    if clock.missed_at is not None or case.now <= clock.due_at:
        return False
    clock.missed_at = clock.due_at
    case.record("clock_missed", clock=clock.kind.value, cycle=clock.cycle, due_at=clock.due_at.isoformat())
    return True


def meet(case: Case, kind: ClockKind, actor: str) -> None:
    """Note that what was owed is here, late or not."""
    clock = find(case, kind)
    if clock is not None:
        meet_clock(case, clock, actor)


def meet_clock(case: Case, clock: Clock, actor: str) -> None:
    """Note that what one clock asked for is here, late or not; once."""
    if clock.met_at is not None or clock.cancelled_at is not None:
        return
    note_missed(case, clock)
    clock.met_at = case.now
    case.record("clock_met", actor, clock=clock.kind.value, cycle=clock.cycle, late=clock.missed_at is not None)


def cancel(case: Case, actor: str, reason: str) -> None:
    """Stop every clock that policy set going, without an answer: nothing is owed any more but what was promised."""
    for clock in running(case):
        if clock.kind in BY_POLICY:
            drop(case, clock, reason, actor)


def drop(case: Case, clock: Clock, reason: str, actor: str) -> None:
    """Let what one clock asks for not be owed any more; having missed it stays in the record."""
    note_missed(case, clock)
    clock.cancelled_at = case.now
    case.record("clock_cancelled", actor, clock=clock.kind.value, cycle=clock.cycle, reason=reason)


def resume(case: Case, clock: Clock, reason: str, actor: str) -> None:
    """Let a dropped clock be owed again, from its original start."""
    if clock.cancelled_at is not None:
        clock.cancelled_at = None
        case.record("clock_resumed", actor, clock=clock.kind.value, cycle=clock.cycle, reason=reason)


def dropped(case: Case) -> list[Clock]:
    """Return the clocks that stopped being owed without an answer."""
    return list(
        case.session.scalars(
            select(Clock).where(
                Clock.incident_id == case.incident.id, Clock.met_at.is_(None), Clock.cancelled_at.is_not(None)
            )
        )
    )


def set_due(case: Case, clock: Clock, due_at: datetime, reason: str, actor: str) -> None:
    """Compute a clock anew: another due moment, from the same start; what was missed under the old one stays missed."""
    if clock.met_at is not None or due_at == clock.due_at:
        return
    note_missed(case, clock)
    was, clock.due_at = clock.due_at, due_at
    case.record(
        "clock_recomputed",
        actor,
        clock=clock.kind.value,
        cycle=clock.cycle,
        due_at=due_at.isoformat(),
        was=was.isoformat(),
        reason=reason,
    )
    note_missed(case, clock)


def extend(case: Case, clock: Clock, until: datetime, actor: str) -> None:
    """Move what is owed to a later moment; the original stays in the record, and so does having missed it."""
    note_missed(case, clock)
    case.record(
        "clock_extended",
        actor,
        clock=clock.kind.value,
        cycle=clock.cycle,
        due_at=until.isoformat(),
        was=clock.due_at.isoformat(),
    )
    clock.due_at = until


def running(case: Case) -> list[Clock]:
    """Return the clocks that run, earliest due first."""
    return list(
        case.session.scalars(
            select(Clock)
            .where(Clock.incident_id == case.incident.id, Clock.met_at.is_(None), Clock.cancelled_at.is_(None))
            .order_by(Clock.due_at, Clock.id)
        )
    )
