"""Shares: what each of several incidents that go on as one brings to what they owe together. The earliest wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from .calendar import WorkingCalendar
from .clocks import ClockKind, due
from .policy import ClockRule
from .severity import Severity

_GRAVITY = list(Severity)


def is_graver(one: Severity, other: Severity) -> bool:
    """Tell whether `one` is graver than `other`."""
    return _GRAVITY.index(one) > _GRAVITY.index(other)


@dataclass(frozen=True)
class OwedByOne:
    """A clock as one incident has it by itself; all moments UTC.

    :param extended_to: until when more time was granted after the incidents became one, to all of them
    """

    started_at: datetime
    due_at: datetime
    missed_at: datetime | None = None
    cancelled_at: datetime | None = None
    extended_to: datetime | None = None

    @property
    def due(self) -> datetime:
        """Until when it is owed at the incident's own severity."""
        return self.extended_to or self.due_at

    def as_record(self) -> dict[str, str]:
        """Return it as plain JSON values."""
        return {name: moment.isoformat() for name, moment in vars(self).items() if moment is not None}

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """Read what `as_record` wrote."""
        return cls(**{name: datetime.fromisoformat(text).astimezone(UTC) for name, text in record.items()})


@dataclass(frozen=True)
class Share:
    """What one incident brings along.

    :param counts: whether its severity bears on that of the whole; not any more once a person graded the whole anew
    """

    severity: Severity
    urgent: bool
    clocks: Mapping[ClockKind, OwedByOne]
    counts: bool = True

    def due(
        self, kind: ClockKind, rule: ClockRule, severity: Severity, urgent: bool, calendar: WorkingCalendar
    ) -> datetime:
        """Return until when its clock is owed (UTC) where the whole has this severity.

        What that severity asks for otherwise than the incident's own counts from the clock's own start, as after a
        regrade; more time that was granted stays granted where both ask for the same.
        """
        clock = self.clocks[kind]
        span = rule.span_for(severity, urgent)
        if clock.extended_to is not None or span is None or span == rule.span_for(self.severity, self.urgent):
            return clock.due
        return due(span, clock.started_at, calendar)

    def with_clock(self, kind: ClockKind, clock: OwedByOne) -> Share:
        """Return it with one clock put in or changed."""
        return replace(self, clocks={**self.clocks, kind: clock})

    def as_record(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "severity": self.severity.value,
            "urgent": self.urgent,
            "counts": self.counts,
            "clocks": {kind.value: clock.as_record() for kind, clock in self.clocks.items()},
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what `as_record` wrote."""
        return cls(
            severity=Severity(record["severity"]),
            urgent=record["urgent"],
            counts=record["counts"],
            clocks={ClockKind(kind): OwedByOne.from_record(clock) for kind, clock in record["clocks"].items()},
        )


def gravest(shares: Iterable[Share]) -> Severity:
    """Return the gravest severity among the shares that count; there is one at least."""
    return max((share.severity for share in shares if share.counts), key=_GRAVITY.index)


def together(
    kind: ClockKind,
    shares: Collection[Share],
    rule: ClockRule,
    severity: Severity,
    urgent: bool,
    calendar: WorkingCalendar,
) -> tuple[datetime, datetime]:
    """Return the start and the end (UTC) of a clock that all these shares have: the earliest of each.

    The earliest start is the original start of the whole, from which a later regrade counts.
    """
    return (
        min(share.clocks[kind].started_at for share in shares),
        min(share.due(kind, rule, severity, urgent, calendar) for share in shares),
    )
