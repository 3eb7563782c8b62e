"""What the laws share: a move as they see it, what they remember of earlier ones, and how they say what broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.services.moves.picture import Picture, Row

from yingda.settings import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
GENESIS = "0" * 64
STAGES = (
    "assign_unit",
    "brief_reply",
    "verification",
    "report_approval",
    "statement",
    "statement_approval",
    "publication",
    "live_check",
    "closing",
    "closed",
)
JUDGING = {"approve_report", "sign_statement"}
STEERED_BY_DATES = {"commitment", "action_item"}


Facts = Iterator[tuple[Any, ...]]
"""What breaks a law; nothing means that it holds."""


class Broken(AssertionError):
    """A law does not hold."""

    def __init__(self, law: str, *facts: Any) -> None:
        super().__init__(f"{law}: " + "; ".join(_short(fact) for fact in facts))


@dataclass
class Record:
    """What the laws remember of moves before: the end of the chain, stages, and the signatures asked for at claims."""

    event_id: int = 0
    hash: str = GENESIS
    stage: dict[int, str] = field(default_factory=dict)
    seq: dict[int, int] = field(default_factory=dict)
    severity: dict[int, str] = field(default_factory=dict)
    owed: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One move as the laws see it."""

    then: Picture
    now: Picture
    house: Settings
    at: datetime
    record: Record
    events: list[Row]

    @property
    def on(self) -> date:
        return self.at.astimezone(SHANGHAI).date()

    def told(self, incident_id: int, *kinds: str) -> list[Row]:
        """The events of an incident that this move wrote, of some kinds."""
        return [one for one in self.events if one["incident_id"] == incident_id and one["kind"] in kinds]


def span_of(step: Step, kind: str, incident: Row) -> timedelta | None:
    rule = next(rule for name, rule in step.house.policy.clocks.items() if name.value == kind)
    span = getattr(rule, incident["severity"])
    if span is None and incident["urgent"]:
        span = rule.urgent
    return None if span is None else span.elapsed


def _short(fact: Any) -> str:
    text = str(dict(fact)) if isinstance(fact, Mapping) else str(fact)
    return text if len(text) <= 1_500 else text[:1_500] + "…"
