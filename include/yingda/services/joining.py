"""Joining: the clocks of an incident run on with those of others that were merged into it, and by themselves again.

For each kind the earliest wins. What undoing gives back is told by the stock (stocktaking).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update

from yingda.domain.clocks import ANEW, BY_POLICY, ClockKind, due
from yingda.domain.life import RequestKind, SendState, Stage
from yingda.domain.shares import OwedByOne, Share, gravest, together
from yingda.services import asking, clocking, planning, stocktaking
from yingda.services.case import Case
from yingda.services.stocktaking import Start, Stock
from yingda.store.models import Clock, OutboxMessage, RaisedRung, Request

MERGED = "merged"
UNMERGED = "unmerged"


def take_in(case: Case, share: Share, actor: str) -> Share:
    """Let the clocks of a share run on as those of this incident: for each kind the earliest wins.

    What this incident has met already answers for both.

    :param case: graded already as grave as the share
    :return: the part of the share that runs on here
    """
    incident, taken = case.incident, {}
    for kind, theirs in share.clocks.items():
        rule = case.settings.policy.clocks[kind]
        if rule.span_for(incident.severity, incident.urgent) is None:
            continue
        due_at = share.due(kind, rule, incident.severity, incident.urgent, case.settings.calendar)
        clock = clocking.find(case, kind)
        if clock is None:
            if kind is ClockKind.BRIEF_REPLY and _is_met(case, ClockKind.VERIFICATION):
                continue
            _begin(case, kind, theirs.started_at, due_at, actor)
        elif clock.met_at is not None:
            continue
        else:
            clocking.resume(case, clock, MERGED, actor)
            clocking.note_missed(case, clock)
            _measure(case, clock, min(clock.started_at, theirs.started_at), min(clock.due_at, due_at), MERGED, actor)
            clocking.note_missed(case, clock)
        taken[kind] = theirs
    return replace(share, clocks=taken)


def settle(case: Case, stock: Stock, reason: str, actor: str) -> None:
    """Give the incident back what it owes by itself and with those that are still merged into it, and no more.

    The severity follows, unless a person graded it since or it is closed. What was met stays met. A clock that only a
    merge put there is taken out again; where somebody was asked for it, it is dropped and stays on record.

    :param reason: why the severity changes, for the record
    """
    incident = case.incident
    if incident.stage is not Stage.CLOSED:
        incident.urgent = stock.own.urgent or any(share.urgent for share in stock.shares.values())
        severity = gravest([stock.own, *stock.shares.values()])
        if severity is not incident.severity:
            was, incident.severity = incident.severity, severity
            case.record("regraded", actor, was=was.value, severity=severity.value, reason=reason)
            planning.follow_regrade(case, was, actor)
    for kind in BY_POLICY:
        clock = clocking.find(case, kind)
        if clock is not None:
            _settle_clock(case, stock, clock, actor)


def _settle_clock(case: Case, stock: Stock, clock: Clock, actor: str) -> None:
    kind, incident, calendar = clock.kind, case.incident, case.settings.calendar
    rule = case.settings.policy.clocks[kind]
    span = rule.span_for(incident.severity, incident.urgent)
    theirs = [share for share in stock.shares.values() if kind in share.clocks]
    mine, began = stocktaking.by_itself(clock, stock), stocktaking.began(case, clock)
    otherwise = (incident.severity, incident.urgent) != (stock.own.severity, stock.own.urgent)
    if mine is None and began is not None and span is not None and (otherwise or began.seq > stock.seq):
        mine = OwedByOne(began.at, due(span, began.at, calendar))
    if mine is not None and mine.cancelled_at is not None:
        if span is None or not otherwise:
            _drop_again(case, clock, mine, actor)
            return
        # The severity of others that are still merged into it asks for it again, from its own start.
        mine = replace(mine, cancelled_at=None, due_at=due(span, mine.started_at, calendar))
    if mine is None and not theirs:
        if clock.met_at is None:
            _take_out(case, clock, began, actor)
        return
    if mine is not None and not theirs and (clock.met_at is not None or clock.cancelled_at is not None):
        _set_back(case, clock, mine.started_at, mine.due, mine.missed_at, actor)
    elif span is not None:
        shares = theirs if mine is None else [stock.own.with_clock(kind, mine), *theirs]
        started_at, due_at = together(kind, shares, rule, incident.severity, incident.urgent, calendar)
        _set_back(case, clock, started_at, due_at, mine.missed_at if mine is not None else None, actor)


def _is_met(case: Case, kind: ClockKind) -> bool:
    clock = clocking.find(case, kind)
    return clock is not None and clock.met_at is not None


def _begin(case: Case, kind: ClockKind, started_at: datetime, due_at: datetime, actor: str) -> None:
    clock = Clock(
        incident_id=case.incident.id, kind=kind, cycle=1, started_at=started_at, due_at=due_at, original_due_at=due_at
    )
    case.session.add(clock)
    case.session.flush()
    case.record(
        "clock_started",
        actor,
        clock=kind.value,
        cycle=clock.cycle,
        started_at=started_at.isoformat(),
        due_at=due_at.isoformat(),
        reason=MERGED,
    )
    clocking.note_missed(case, clock)


def _measure(case: Case, clock: Clock, started_at: datetime, due_at: datetime, reason: str, actor: str) -> None:
    """Set start and end of a clock, and until when those are asked who were asked for it."""
    was = clock.started_at, clock.due_at
    if was != (started_at, due_at):
        clock.started_at, clock.due_at = started_at, due_at
        case.record(
            "clock_recomputed",
            actor,
            clock=clock.kind.value,
            cycle=clock.cycle,
            started_at=started_at.isoformat(),
            due_at=due_at.isoformat(),
            was=was[1].isoformat(),
            reason=reason,
        )
    if clock.met_at is None and clock.cancelled_at is None:
        for request in _asked_for(case, clock):
            request.due_at = due_at


def _set_back(
    case: Case, clock: Clock, started_at: datetime, due_at: datetime, missed_at: datetime | None, actor: str
) -> None:
    """Set a clock back; missed is what the incident missed by itself.

    :param missed_at: when it was missed already before the merge, or under what people decided since
    """
    _measure(case, clock, started_at, due_at, UNMERGED, actor)
    ended_at = clock.met_at or clock.cancelled_at or case.now
    if missed_at is None and ended_at > due_at:
        missed_at = due_at
    if missed_at is not None and clock.missed_at is None:
        case.record("clock_missed", clock=clock.kind.value, cycle=clock.cycle, due_at=due_at.isoformat())
    clock.missed_at = missed_at


def _drop_again(case: Case, clock: Clock, mine: OwedByOne, actor: str) -> None:
    """Let a clock be as it was that the incident by itself did not owe any more."""
    if clock.met_at is None:
        if clock.cancelled_at is None:
            case.record("clock_cancelled", actor, clock=clock.kind.value, cycle=clock.cycle, reason=UNMERGED)
        _ask_no_more(case, clock, actor)
        clock.cancelled_at = mine.cancelled_at
    _set_back(case, clock, mine.started_at, mine.due, mine.missed_at, actor)


def _take_out(case: Case, clock: Clock, began: Start | None, actor: str) -> None:
    """Take out a clock that only a merge put there; the events keep that it ran."""
    if clock.cancelled_at is None:
        clock.cancelled_at = case.now
        case.record("clock_cancelled", actor, clock=clock.kind.value, cycle=clock.cycle, reason=UNMERGED)
    _ask_no_more(case, clock, actor)
    session = case.session
    asked = session.scalar(select(Request.id).where(Request.clock_id == clock.id).limit(1)) is not None
    if asked or clock.kind in ANEW:
        if began is not None:
            clock.started_at, clock.due_at = began.at, began.at + (clock.due_at - clock.started_at)
        clock.missed_at = None
        return
    # A courier that has such a mail in hand loses its lease: it may go out, but is never written anew.
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.incident_id == case.incident.id, OutboxMessage.template == "ladder")
        .where(OutboxMessage.values["clock_id"].as_integer() == clock.id)
        .where(OutboxMessage.state.in_((SendState.PENDING, SendState.DEAD)))
        .values(state=SendState.VOID, lease=None)
    )
    session.execute(delete(RaisedRung).where(RaisedRung.clock_id == clock.id))
    session.delete(clock)
    session.flush()


def _ask_no_more(case: Case, clock: Clock, actor: str) -> None:
    """Nobody is asked any more for what only this clock asked for; other requests just lose their time."""
    for request in _asked_for(case, clock):
        if request.kind in (RequestKind.BRIEF_REPLY, RequestKind.PRESS_CONFERENCE):
            asking.withdraw(case, request, UNMERGED, actor)
        else:
            request.due_at = None


def _asked_for(case: Case, clock: Clock) -> list[Request]:
    return [request for request in asking.open_requests(case) if request.clock_id == clock.id]
