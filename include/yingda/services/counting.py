"""Counting: how punctual the office was in a stretch of time, and how often texts went back and forth.

Everything here only reads, and drills never count. Moments are aware and in UTC; a stretch begins with `since` and ends
before `until`. Each figure is one query, however many incidents there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, SQLColumnExpression, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from yingda.domain.clocks import ClockKind
from yingda.domain.life import DocumentKind
from yingda.domain.severity import Severity
from yingda.store.models import Clock, Commitment, Event, Incident, Publication


@dataclass(frozen=True)
class Tally:
    """What became of what was owed; the four add up to it.

    :param late: done after its time
    :param missed: its time ran out, and it is not done to this day
    :param running: its time has not come
    """

    in_time: int
    late: int
    missed: int
    running: int

    @property
    def rate(self) -> float | None:
        """The share that was done in time of all whose time has come or that are done; None where there is none."""
        judged = self.in_time + self.late + self.missed
        return self.in_time / judged if judged else None


@dataclass(frozen=True)
class Figure:
    """How punctual one kind of clock was: against the date set at first, and against the one that holds.

    More time granted, and a regrade, move the second date but never the first. What was missed under a date that held
    then stays missed or late in `by_due`, as everywhere in the record.
    """

    kind: ClockKind
    owed: int
    by_original_due: Tally
    by_due: Tally


class Split(StrEnum):
    """By what the punctuality of a stretch is told apart."""

    UNIT = "unit"
    SEVERITY = "severity"
    MONTH = "month"


@dataclass(frozen=True)
class Part:
    """The figures of one unit, severity or month.

    :param key: id of the unit, value of the severity, or the month in Shanghai as `2026-11`; empty where no unit holds
    """

    key: str
    on_time: tuple[Figure, ...]


@dataclass(frozen=True)
class Rounds:
    """How many incidents had texts of a kind written, and how many texts that took."""

    kind: DocumentKind
    incidents: int
    revisions: int


@dataclass(frozen=True)
class Statistics:
    """All figures of a stretch of time.

    :param first_word_count: incidents whose first public word came in it
    :param first_word_median: the middle one of the times from opening to that word, None where there is none
    """

    on_time: tuple[Figure, ...]
    first_word_count: int
    first_word_median: timedelta | None
    hand_backs: int
    rounds: tuple[Rounds, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing at all to show."""
        return not (
            self.first_word_count
            or self.hand_backs
            or any(one.owed for one in self.on_time)
            or any(one.revisions for one in self.rounds)
        )


def statistics(
    session: Session,
    since: datetime,
    until: datetime,
    now: datetime,
    *,
    unit: str | None = None,
    severity: Severity | None = None,
) -> Statistics:
    """Return all figures of a stretch of time, of one unit or severity if wanted."""
    count, median = first_word(session, since, until, unit=unit, severity=severity)
    hand_backs, rounds = back_and_forth(session, since, until, unit=unit, severity=severity)
    return Statistics(
        on_time=on_time(session, since, until, now, unit=unit, severity=severity),
        first_word_count=count,
        first_word_median=median,
        hand_backs=hand_backs,
        rounds=rounds,
    )


def on_time(
    session: Session,
    since: datetime,
    until: datetime,
    now: datetime,
    *,
    unit: str | None = None,
    severity: Severity | None = None,
) -> tuple[Figure, ...]:
    """Return one figure for each kind of clock, of what was due at first in the stretch.

    What stopped being owed before its time ran out is not counted; what had been missed by then is, as missed. A
    commitment counts for the unit it was given to, whichever holds the incident.
    """
    found = {kind: counts for kind, *counts in session.execute(_owed(since, until, now, unit, severity))}
    return _figures(found)


def parts(
    session: Session,
    since: datetime,
    until: datetime,
    now: datetime,
    split: Split,
    *,
    unit: str | None = None,
    severity: Severity | None = None,
) -> tuple[Part, ...]:
    """Return what `on_time` counts, told apart; only the parts that owed something, and the months between such.

    Units and months come by their keys, severities as they rise. The month is the one in Shanghai in which the first
    time limit ended.
    """
    query = _owed(since, until, now, unit, severity).add_columns(_KEYS[split].label("part")).group_by("part")
    found: dict[str, dict[ClockKind, list[int]]] = defaultdict(dict)
    for kind, *counts, key in session.execute(query):
        found[key or ""][kind] = counts
    if split is Split.MONTH:
        return tuple(Part(key, _figures(found.get(key, {}))) for key in _months(sorted(found)))
    order = list(Severity) if split is Split.SEVERITY else sorted(found)
    return tuple(Part(key, _figures(found[key])) for key in order if key in found)


def _months(found: Sequence[str]) -> Iterator[str]:
    """Yield the months from the first to the last of these, those between in which nothing was due included."""
    if not found:
        return
    first, last = ((int(key[:4]), int(key[5:])) for key in (found[0], found[-1]))
    for count in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        yield f"{count // 12:04}-{count % 12 + 1:02}"


def _owed(
    since: datetime, until: datetime, now: datetime, unit: str | None, severity: Severity | None
) -> Select[*tuple[Any, ...]]:
    """Count by kind of clock: all that was owed, the four of a `Tally` by the first date, the four by the present."""
    original = _judged(now, Clock.original_due_at, missed_before=None)
    present = _judged(now, Clock.due_at, missed_before=Clock.missed_at.is_not(None))
    return (
        select(Clock.kind, func.count(), *original, *present)
        .join(Incident, Clock.incident_id == Incident.id)
        .where(
            Clock.original_due_at >= since,
            Clock.original_due_at < until,
            or_(Clock.met_at.is_not(None), Clock.cancelled_at.is_(None), Clock.missed_at.is_not(None)),
            *_wanted(_holder(), unit, severity),
        )
        .group_by(Clock.kind)
    )


def _figures(found: Mapping[ClockKind, list[int]]) -> tuple[Figure, ...]:
    nothing = [0] * 9
    return tuple(
        Figure(kind, counts[0], Tally(*counts[1:5]), Tally(*counts[5:9]))
        for kind in ClockKind
        for counts in (found.get(kind, nothing),)
    )


def first_word(
    session: Session,
    since: datetime,
    until: datetime,
    *,
    unit: str | None = None,
    severity: Severity | None = None,
) -> tuple[int, timedelta | None]:
    """Return how many incidents had their first public word in the stretch, and the median time it took from opening.

    A channel confirmed it then; of an even number of incidents the median is the mean of the two in the middle.
    """
    first = func.min(Publication.confirmed_at)
    took = (
        select(func.extract("epoch", first - Incident.opened_at).label("seconds"))
        .select_from(Publication)
        .join(Incident, Publication.incident_id == Incident.id)
        .where(Publication.public, *_wanted(Incident.unit_id, unit, severity))
        .group_by(Incident.id)
        .having(and_(first >= since, first < until))
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(took.c.seconds)
    count, seconds = session.execute(select(func.count(), median).select_from(took)).one()
    return count, None if seconds is None else timedelta(seconds=float(seconds))


def back_and_forth(
    session: Session,
    since: datetime,
    until: datetime,
    *,
    unit: str | None = None,
    severity: Severity | None = None,
) -> tuple[int, tuple[Rounds, ...]]:
    """Return how often units handed incidents back in the stretch, and the rounds of reports and of statements.

    A hand-back counts for the unit that handed back, a text for the unit that holds the incident.
    """
    document = Event.data["document"].astext.label("document")
    query = (
        select(Event.kind, document, func.count(func.distinct(Event.incident_id)), func.count())
        .join(Incident, Event.incident_id == Incident.id)
        .where(
            Event.kind.in_(("handed_back", "revision_written")),
            Event.at >= since,
            Event.at < until,
            *_wanted(func.coalesce(Event.data["unit"].astext, Incident.unit_id), unit, severity),
        )
        .group_by(Event.kind, document)
    )
    found = {(kind, of): (incidents, times) for kind, of, incidents, times in session.execute(query)}
    _, hand_backs = found.get(("handed_back", None), (0, 0))
    rounds = tuple(
        Rounds(kind, *found.get(("revision_written", kind.value), (0, 0)))
        for kind in (DocumentKind.REPORT, DocumentKind.STATEMENT)
    )
    return hand_backs, rounds


def _judged(now: datetime, due: Any, missed_before: ColumnElement[bool] | None) -> list[ColumnElement[int]]:
    """Return the four counts of a `Tally` against one of the two dates."""
    over = or_(due < now, Clock.cancelled_at.is_not(None))
    after = Clock.met_at > due
    if missed_before is not None:
        over, after = or_(over, missed_before), or_(after, missed_before)
    done, undone = Clock.met_at.is_not(None), Clock.met_at.is_(None)
    parts = (and_(done, ~after), and_(done, after), and_(undone, over), and_(undone, ~over))
    return [func.count().filter(part) for part in parts]


def _promised_by() -> ScalarSelect[str | None]:
    return (
        select(Commitment.unit_id)
        .where(Commitment.clock_id == Clock.id)
        .order_by(Commitment.id.desc())
        .limit(1)
        .correlate(Clock)
        .scalar_subquery()
    )


def _holder() -> ColumnElement[str | None]:
    """Return whose it is: the unit a commitment was given to, else the one that holds the incident."""
    return func.coalesce(_promised_by(), Incident.unit_id)


_KEYS: Mapping[Split, ColumnElement[Any]] = {
    Split.UNIT: _holder(),
    Split.SEVERITY: cast(Incident.severity, String),
    Split.MONTH: func.to_char(func.timezone("Asia/Shanghai", Clock.original_due_at), "YYYY-MM"),
}


def _wanted(
    by: SQLColumnExpression[str | None], unit: str | None, severity: Severity | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Incident.drill.is_(False)]
    if unit is not None:
        conditions.append(by == unit)
    if severity is not None:
        conditions.append(Incident.severity == severity)
    return conditions
