"""Passes: which Airflow run drives an incident, and when a new one is owed. Losing Airflow's database loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.errors import NotNow
from yingda.domain.life import Stage
from yingda.services import asking, clocking
from yingda.services.case import Case, take
from yingda.settings import Settings
from yingda.store.models import Pass, SourceLink


class RunState(StrEnum):
    """What Airflow knows of a run: it goes on, it ended one way or another, or there is none."""

    ALIVE = "alive"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Start:
    """A run that Airflow is to be asked for; the id makes asking twice harmless."""

    run_id: str
    conf: dict[str, str]


def latest(case: Case) -> Pass | None:
    """Return the newest pass."""
    return case.session.scalars(
        select(Pass).where(Pass.incident_id == case.incident.id).order_by(Pass.number.desc())
    ).first()


def begin(case: Case, run_id: str, reason: str = "resumed") -> None:
    """Note that a run drives this incident; the same run again changes nothing."""
    known = case.session.scalars(select(Pass).where(Pass.run_id == run_id)).one_or_none()
    if known is None:
        known = _new(case, run_id, reason)
    if known.started_at is None:
        known.started_at = case.now
        case.record("pass_started", run_id=run_id, number=known.number)


def look_in(case: Case, run_id: str) -> None:
    """Note that a task of this run looked in."""
    known = case.session.scalars(select(Pass).where(Pass.run_id == run_id)).one_or_none()
    if known is not None:
        known.seen_at = case.now


def end(case: Case, run_id: str) -> None:
    """Note that the run saw everything through."""
    known = case.session.scalars(select(Pass).where(Pass.run_id == run_id)).one()
    if known.ended_at is None:
        known.ended_at = case.now
        case.record("pass_ended", run_id=run_id, number=known.number)


def owed(
    session: Session, number: str, settings: Settings, now: datetime, airflow: Callable[[str], RunState]
) -> Start | None:
    """Return the run to ask Airflow for, if none that lives drives this incident.

    A pass that was written but whose run never began is asked for again under its own id, so that a crash between
    the row and the asking neither loses a run nor starts two.

    :param airflow: tells what Airflow knows of a run
    """
    case = take(session, number, settings, now)
    if not Stage.CLOSING.is_past(case.incident.stage):
        return None
    known = latest(case)
    state = airflow(known.run_id) if known is not None else RunState.ENDED
    if state is RunState.ALIVE:
        return None
    if known is None or known.started_at is not None or state is RunState.ENDED:
        known = _new(case, None, "resumed")
    # Airflow executes what looks like a template in here, so nothing that people wrote may be in it.
    return Start(known.run_id, {"title": number, "incident_no": number})


def reopen(case: Case, stage: Stage, reason: str, actor: str = "system") -> None:
    """Take a closing or closed incident up again at `stage`. Clocks run on from their original start, none anew.

    :raises NotNow: it is still being handled
    """
    incident = case.incident
    if not incident.stage.is_past(Stage.LIVE_CHECK):
        raise NotNow(f"{incident.number} is still being handled (at {incident.stage.value}); it need not be reopened.")
    asking.withdraw_all(case, "reopened", actor=actor)
    incident.closed_at = None
    incident.outcome = None
    incident.result = None
    if stage is Stage.ASSIGN_UNIT:
        incident.unit_id = None
    for clock in clocking.dropped(case):
        # What a regrade dropped stays dropped: the severity does not ask for it.
        if case.settings.policy.clocks[clock.kind].span_for(incident.severity, incident.urgent) is not None:
            clocking.resume(case, clock, "reopened", actor)
    _take_up_links(case)
    case.record("reopened", actor, stage=stage.value, reason=reason)
    case.move(stage, actor)


def _take_up_links(case: Case) -> None:
    links = case.session.scalars(select(SourceLink).where(SourceLink.incident_id == case.incident.id))
    for link in links:
        taken = case.session.scalar(
            select(SourceLink.id).where(SourceLink.url_key == link.url_key, SourceLink.active, SourceLink.id != link.id)
        )
        link.active = taken is None


def _new(case: Case, run_id: str | None, reason: str) -> Pass:
    before = latest(case)
    number = (before.number if before else 0) + 1
    new = Pass(
        incident_id=case.incident.id,
        number=number,
        run_id=run_id or f"{case.incident.number}-pass-{number}",
        reason=reason,
        created_at=case.now,
    )
    case.session.add(new)
    case.session.flush()
    case.record("pass_owed", run_id=new.run_id, number=number, reason=reason)
    return new
