"""Regrading: severity goes up or down while an incident runs; clocks, ladder, signing chain and speakers follow.

Every clock is computed anew from its original start. What was missed stays missed, what was signed stays signed, and
the due date that held first stays in the record.
"""

from __future__ import annotations

from datetime import datetime

from yingda.domain import speech
from yingda.domain.clocks import ANEW, ClockKind, due
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import DocumentKind, Outcome, RequestKind, Stage
from yingda.domain.severity import Severity
from yingda.domain.signatures import missing
from yingda.services import asking, clocking, closing, moving, planning, signing, speaking
from yingda.services.case import Case
from yingda.store.models import Clock

REASON = "regraded"


def regrade(case: Case, severity: Severity, reason: str, actor: str) -> None:
    """Set another severity, with a reason; the office director or the duty officer may.

    :raises NotNow: the incident is closed, or goes on as part of another
    :raises FieldsRefused: no reason, or the severity it has already
    """
    incident = case.incident
    speaking.refuse_if_merged(case)
    if incident.stage is Stage.CLOSED:
        raise case.not_now(
            "%(number)s 已办结。请先重新办理，再调整级别。",
            number=incident.number,
        )
    if not reason.strip():
        raise FieldsRefused({"reason": speech.said("必填", case.speaks)})
    if severity is incident.severity:
        same = speech.said("已经是这个级别", case.speaks)
        raise FieldsRefused({"severity": same})
    was = incident.severity
    incident.severity = severity
    case.record("regraded", actor, was=was.value, severity=severity.value, reason=reason.strip())
    _recompute(case, was, actor)
    planning.follow_regrade(case, was, actor)
    revision = asking.latest_revision(case, DocumentKind.STATEMENT)
    unsigned = revision is not None and missing(signing.chain(case), revision.sha256, asking.signers(case, revision))
    if incident.stage is Stage.PUBLICATION and unsigned:
        case.move(Stage.STATEMENT_APPROVAL, actor)
    if incident.stage.is_past(Stage.STATEMENT_APPROVAL):
        closing.see_to_press_conference(case)
    moving.advance(case)


def _recompute(case: Case, was: Severity, actor: str) -> None:
    if case.incident.outcome in (Outcome.DISMISSED, Outcome.NO_PUBLICATION):
        return
    starts = {
        ClockKind.PUBLIC_WORD: case.incident.opened_at,
        ClockKind.FURTHER_WORD: None,
        ClockKind.PRESS_CONFERENCE: case.incident.opened_at,
        ClockKind.BRIEF_REPLY: _first_notified_at(case),
        ClockKind.VERIFICATION: _first_notified_at(case),
    }
    for kind, started_at in starts.items():
        rule = case.settings.policy.clocks[kind]
        clock = clocking.ticking(case, kind) if kind in ANEW else clocking.find(case, kind)
        span = rule.span_for(case.incident.severity, case.incident.urgent)
        if span == rule.span_for(was, case.incident.urgent):
            # Nothing changes for this limit, so time that was granted stays granted.
            continue
        if span is None:
            if clock is not None and clocking.ticking(case, kind) is not None:
                clocking.drop(case, clock, REASON, actor)
                _withdraw_requests(case, clock, actor)
        elif clock is None:
            if started_at is not None and not _is_settled(case, kind):
                clocking.start(case, kind, started_at=started_at)
        else:
            clocking.resume(case, clock, REASON, actor)
            clocking.set_due(case, clock, due(span, clock.started_at, case.settings.calendar), REASON, actor)
            _tell_requests(case, clock)


def _first_notified_at(case: Case) -> datetime | None:
    """Return when a unit was first told (UTC); a transfer resets nothing."""
    verified = clocking.find(case, ClockKind.VERIFICATION)
    return verified.started_at if verified is not None else case.incident.notified_at


def _is_settled(case: Case, kind: ClockKind) -> bool:
    """Tell whether what a clock would ask for is behind us: a verified result makes a brief reply pointless."""
    if kind is not ClockKind.BRIEF_REPLY:
        return False
    verified = clocking.find(case, ClockKind.VERIFICATION)
    return verified is not None and verified.met_at is not None


def _withdraw_requests(case: Case, clock: Clock, actor: str) -> None:
    """Nobody is asked any more for what only a dropped clock asked for; other requests just lose their time."""
    for request in asking.open_requests(case):
        if request.clock_id != clock.id:
            continue
        if request.kind in (RequestKind.BRIEF_REPLY, RequestKind.PRESS_CONFERENCE):
            asking.withdraw(case, request, REASON, actor)
        else:
            request.due_at = None


def _tell_requests(case: Case, clock: Clock) -> None:
    for request in asking.open_requests(case):
        if request.clock_id == clock.id:
            request.due_at = clock.due_at
