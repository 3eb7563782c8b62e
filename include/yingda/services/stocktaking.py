"""Stocktaking: what an incident owes by itself, and what those that were merged into it brought along.

Each merge, and each undoing of one, leaves the stock in its record: what the target owes by itself (`own`), what those
that are merged into it then brought along (`shares`), and the number of the target's latest event (`left`). What people
did to the target since, a regrade or an extension, is read from its events. So merges may be undone in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from yingda.domain.clocks import ANEW, BY_POLICY, ClockKind, due
from yingda.domain.severity import Severity
from yingda.domain.shares import OwedByOne, Share
from yingda.services import clocking
from yingda.services.case import Case
from yingda.store.models import Clock, Event, Merge


@dataclass
class Stock:
    """What an incident owes by itself, and what each of those merged into it brought along, by the id of the merge.

    :param seq: number of the incident's latest event when it last was by itself
    """

    own: Share
    seq: int
    shares: dict[int, Share]


def share_of(case: Case, clocks: Iterable[Clock]) -> Share:
    """Return what an incident has as it stands, with these of its clocks."""
    incident = case.incident
    return Share(
        severity=incident.severity,
        urgent=incident.urgent,
        clocks={
            clock.kind: OwedByOne(clock.started_at, clock.due_at, clock.missed_at, clock.cancelled_at)
            for clock in clocks
        },
    )


def running(case: Case) -> list[Clock]:
    """Return the clocks that policy set going and that still run; what was promised for a date is not among them."""
    return [clock for clock in clocking.running(case) if clock.kind in BY_POLICY]


def take_stock(case: Case) -> Stock:
    """Read what stands, with what people did since it was written."""
    merges = list(case.session.scalars(select(Merge).where(Merge.into_id == case.incident.id)))
    standing = {merge.id for merge in merges if merge.undone_at is None}
    if not standing:
        clocks = [clock for kind in BY_POLICY if (clock := clocking.find(case, kind)) is not None]
        for clock in running(case):
            clocking.note_missed(case, clock)
        return Stock(share_of(case, clocks), case.incident.seq, {})
    latest: dict[str, Any] = max((merge.before["stock"] for merge in merges), key=lambda one: one["left"])
    stock = Stock(
        Share.from_record(latest["own"]),
        latest["seq"],
        {int(merge): Share.from_record(share) for merge, share in latest["shares"].items()},
    )
    since = select(Event).where(
        Event.incident_id == case.incident.id,
        Event.seq > latest["left"],
        Event.kind.in_(("regraded", "clock_extended")),
    )
    for event in case.session.scalars(since.order_by(Event.seq)):
        if event.kind == "regraded":
            was, severity = Severity(event.data["was"]), Severity(event.data["severity"])
            _graded_by_a_person(case, stock, was, severity, event.at)
        elif event.data["clock"] in BY_POLICY:
            until = datetime.fromisoformat(event.data["due_at"]).astimezone(UTC)
            _extended(case, stock, ClockKind(event.data["clock"]), until, event.at)
    return stock


def keep(case: Case, stock: Stock, merge: Merge) -> None:
    """Write down what stands after a merge or its undoing, in the record of that merge."""
    merge.before = {
        **merge.before,
        "stock": {
            "own": stock.own.as_record(),
            "seq": stock.seq,
            "shares": {str(one): share.as_record() for one, share in stock.shares.items()},
            "left": case.incident.seq,
        },
    }


@dataclass(frozen=True)
class Start:
    """When something began (UTC), and the number of the event that tells so."""

    at: datetime
    seq: int


def began(case: Case, clock: Clock) -> Start | None:
    """Return when a clock of the incident itself began or would have, None if nothing started it yet."""
    kind = clock.kind
    if kind in ANEW:
        return Start(clock.started_at, case.incident.seq)
    if kind in (ClockKind.BRIEF_REPLY, ClockKind.VERIFICATION):
        return _first(case, Event.kind == "assigned")
    if kind is not ClockKind.REVIEW:
        return Start(case.incident.opened_at, 0)
    of_itself = Event.data["clock"].astext == kind.value, Event.data["reason"].astext.is_(None)
    return _first(case, Event.kind == "clock_started", *of_itself) or _first(case, Event.kind == "closed")


def _first(case: Case, *which: ColumnElement[bool]) -> Start | None:
    first = select(Event.at, Event.seq).where(Event.incident_id == case.incident.id, *which).order_by(Event.seq)
    row = case.session.execute(first.limit(1)).one_or_none()
    return None if row is None else Start(row.at, row.seq)


def by_itself(clock: Clock, stock: Stock) -> OwedByOne | None:
    """Return how the incident has a clock by itself, None where this one was not there before any merge."""
    mine = stock.own.clocks.get(clock.kind)
    if mine is not None and clock.kind in ANEW and mine.started_at != clock.started_at:
        return None
    return mine


def _graded_by_a_person(case: Case, stock: Stock, was: Severity, severity: Severity, at: datetime) -> None:
    """Follow a regrade: that severity is the incident's own now, whatever those merged into it bring."""
    own, shares, calendar = replace(stock.own, severity=severity), dict(stock.shares), case.settings.calendar
    for kind in BY_POLICY:
        rule, clock = case.settings.policy.clocks[kind], clocking.find(case, kind)
        if clock is None or clock.met_at is not None:
            continue
        span = rule.span_for(severity, own.urgent)
        owed, start = by_itself(clock, stock), began(case, clock)
        if owed is None:
            if start is not None and span is not None:
                own = own.with_clock(kind, OwedByOne(start.at, due(span, start.at, calendar)))
        elif span is None:
            own = own.with_clock(kind, replace(_past(owed, at), cancelled_at=owed.cancelled_at or at))
        elif span != rule.span_for(stock.own.severity, own.urgent):
            anew = replace(_past(owed, at), due_at=due(span, owed.started_at, calendar), cancelled_at=None)
            own = own.with_clock(kind, anew)
        if rule.span_for(was, case.incident.urgent) != rule.span_for(severity, case.incident.urgent):
            # Measured anew, so that more time that was granted is gone.
            own = _without_more_time(own, kind)
            shares = {merge: _without_more_time(share, kind) for merge, share in shares.items()}
    stock.own, stock.shares = own, {merge: replace(share, counts=False) for merge, share in shares.items()}


def _without_more_time(share: Share, kind: ClockKind) -> Share:
    return share.with_clock(kind, replace(share.clocks[kind], extended_to=None)) if kind in share.clocks else share


def _extended(case: Case, stock: Stock, kind: ClockKind, until: datetime, at: datetime) -> None:
    """Follow an extension: the time that was granted holds for all that go on as one."""
    clock = clocking.find(case, kind)
    owed = stock.own.clocks.get(kind)
    if owed is None:
        start = began(case, clock) if clock is not None else None
        owed = OwedByOne(start.at if start is not None else at, until)
    stock.own = stock.own.with_clock(kind, replace(_past(owed, at), extended_to=until))
    for merge, share in stock.shares.items():
        if kind in share.clocks:
            stock.shares[merge] = share.with_clock(kind, replace(share.clocks[kind], extended_to=until))


def _past(owed: OwedByOne, at: datetime) -> OwedByOne:
    """Return a clock as it was when somebody set it anew: missed, if its time had run out."""
    late = owed.cancelled_at is None and at > owed.due
    return replace(owed, missed_at=owed.missed_at or (owed.due if late else None))
