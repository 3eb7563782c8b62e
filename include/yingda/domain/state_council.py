"""How long the General Office of the State Council lets a government take to answer in public, at most.

An office may be stricter. One that is laxer breaks the notices; the program says so and stops nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from .clocks import ClockKind, Span
from .policy import Policy
from .severity import Severity

NO_61 = "国办发〔2016〕61号"
NO_80 = "国办发〔2016〕80号"
TITLES = {
    NO_61: "《国务院办公厅关于在政务公开工作中进一步做好政务舆情回应的通知》",
    NO_80: "《国务院办公厅印发〈关于全面推进政务公开工作的意见〉实施细则的通知》",
}
"""The notices by their number."""


@dataclass(frozen=True)
class Bound:
    """The longest a public clock may run in incidents of these severities, and which notices say so."""

    kind: ClockKind
    severities: tuple[Severity, ...]
    longest: Span
    notices: tuple[str, ...]

    def allows(self, span: Span | None) -> bool:
        """Tell whether a clock of this length keeps within the bound.

        None owes nothing, which is laxer than any bound. Working days are too: each may wait for a weekend to pass.
        """
        if span is None or span.elapsed is None:
            return False
        assert self.longest.elapsed is not None  # noqa: S101 - the notices count hours; this tells the type checker
        return span.elapsed <= self.longest.elapsed


BOUNDS: tuple[Bound, ...] = (
    Bound(ClockKind.PUBLIC_WORD, (Severity.GENERAL,), Span(timedelta(hours=48)), (NO_61,)),
    Bound(ClockKind.PUBLIC_WORD, (Severity.MAJOR, Severity.CRITICAL), Span(timedelta(hours=5)), (NO_80,)),
    Bound(ClockKind.PRESS_CONFERENCE, (Severity.MAJOR, Severity.CRITICAL), Span(timedelta(hours=24)), (NO_61, NO_80)),
)


@dataclass(frozen=True)
class Excess:
    """A limit of the policy that is laxer than a bound."""

    bound: Bound
    severity: Severity
    span: Span | None

    @property
    def key(self) -> str:
        """Where the limit stands in policy.yaml."""
        return f"clocks.{self.bound.kind}.{self.severity}"

    def __str__(self) -> str:
        """Name the key, the value, the bound, the notices and the remedy."""
        longest, notices = self.bound.longest, " and ".join(self.bound.notices)
        if self.span is None:
            said = f"null owes nothing, but {notices} {_asks(self.bound)} it within {longest}"
        elif self.span.elapsed is None:
            said = f"'{self.span}' stretches over weekends and holidays, past the {longest} of {notices}"
        else:
            said = f"'{self.span}' is laxer than the {longest} of {notices}"
        return f"{self.key}: {said}. Write {longest} or less."


def excesses(policy: Policy) -> Iterator[Excess]:
    """Yield every limit of a policy that is laxer than the State Council allows."""
    for bound in BOUNDS:
        for severity in bound.severities:
            span = policy.clocks[bound.kind].span_for(severity, urgent=False)
            if not bound.allows(span):
                yield Excess(bound, severity, span)


def _asks(bound: Bound) -> str:
    return "asks for" if len(bound.notices) == 1 else "ask for"
