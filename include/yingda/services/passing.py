"""Passes: which Airflow run drives an incident, and when a new one is owed. Losing Airflow's database loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yingda.domain import life
from yingda.domain.clocks import ANEW
from yingda.domain.life import RequestKind, Stage
from yingda.services import asking, clocking, committing, published
from yingda.services.case import Case, take
from yingda.settings import Settings
from yingda.store.models import Incident, Merge, Pass, SourceLink


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


def owe(case: Case, reason: str) -> None:
    """Note that a run has yet to drive this incident; `follow_up` has Airflow start it."""
    _new(case, None, reason)


def look_in(case: Case, run_id: str) -> bool:
    """Note that a task of this run looked in; True if its pass is over, so that the run has nothing more to do."""
    known = case.session.scalars(select(Pass).where(Pass.run_id == run_id)).one_or_none()
    if known is None:
        return False
    known.seen_at = case.now
    return known.ended_at is not None


def end(case: Case, run_id: str) -> None:
    """Note that the run saw everything through, or that what comes now is another pass: its tasks end then."""
    known = case.session.scalars(select(Pass).where(Pass.run_id == run_id)).one()
    if known.ended_at is None:
        known.ended_at = case.now
        case.record("pass_ended", run_id=run_id, number=known.number)


def leave_behind(case: Case) -> None:
    """End the pass that is under way: what comes next is another one.

    Its run may still be on its way through the last tasks; it must not wait there for earlier steps to come again.
    """
    standing = latest(case)
    if standing is not None and standing.started_at is not None:
        end(case, standing.run_id)


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
    if state is RunState.ALIVE and known is not None and known.ended_at is None:
        return None
    if known is None or known.started_at is not None or state is RunState.ENDED:
        known = _new(case, None, "resumed")
    # Airflow executes what looks like a template in here, so nothing that people wrote may be in it.
    return Start(known.run_id, {"title": number, "incident_no": number})


def reopen(
    case: Case,
    stage: Stage,
    reason: str,
    actor: str = "system",
    *,
    further: bool = True,
    since: datetime | None = None,
) -> None:
    """Take a closing or closed incident up again at `stage`. Clocks run on from their original start, none anew.

    :param further: where something is public, the public is owed a further word (a clock of its own)
    :param since: from when on that is owed (UTC); if not given, now, or the day of what lapsed and nobody noted yet
    :raises NotNow: it is still being handled, or it was merged
    """
    incident = case.incident
    into = merged_into(case.session, incident.id)
    if into is not None:
        raise case.not_now(
            "%(number)s 已并入 %(into)s。请先撤销并入，撤销后从原来的环节继续办理。",
            number=incident.number,
            into=into,
        )
    if not incident.stage.is_past(Stage.LIVE_CHECK):
        standing = life.label(incident.stage, case.speaks)
        raise case.not_now(
            "%(number)s 还在办理（%(standing)s），无需重新办理。",
            number=incident.number,
            standing=standing,
        )
    leave_behind(case)
    asking.withdraw_all(
        case,
        "reopened",
        actor=actor,
        keep=asking.BESIDE | {RequestKind.REPORT, RequestKind.EXTENSION}
        if stage is Stage.VERIFICATION
        else asking.BESIDE,
    )
    incident.closed_at = None
    incident.outcome = None
    incident.result = None
    if stage is Stage.ASSIGN_UNIT:
        incident.unit_id = None
    for clock in clocking.dropped(case):
        # What a regrade dropped stays dropped: the severity does not ask for it. So does a promise that was renewed.
        rule = case.settings.policy.clocks.get(clock.kind)
        if (
            clock.kind not in ANEW
            and rule is not None
            and rule.span_for(incident.severity, incident.urgent) is not None
        ):
            clocking.resume(case, clock, "reopened", actor)
    _take_up_links(case)
    case.record("reopened", actor, stage=stage.value, reason=reason)
    if further and published.newest(case.session, incident.id) is not None:
        clocking.start_further(case, since or committing.owed_since(case))
    case.move(stage, actor)


def _take_up_links(case: Case) -> None:
    links = case.session.scalars(select(SourceLink).where(SourceLink.incident_id == case.incident.id))
    for link in links:
        # A new lead with this address may be opening its own incident just now: then the link stays with that one.
        with suppress(IntegrityError), case.session.begin_nested():
            link.active = not is_taken(case.session, link)


def is_taken(session: Session, link: SourceLink) -> bool:
    """Tell whether a new lead with this address joins another incident already."""
    others = (SourceLink.url_key == link.url_key, SourceLink.active, SourceLink.id != link.id)
    return session.scalar(select(SourceLink.id).where(*others)) is not None


def merged_into(session: Session, incident_id: int) -> str | None:
    """Return the number of the incident as part of which another goes on, None where it goes on by itself."""
    standing = (Merge.incident_id == incident_id, Merge.undone_at.is_(None))
    return session.scalar(select(Incident.number).join(Merge, Merge.into_id == Incident.id).where(*standing))


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
