"""Counting hazards: how many are open now, by unit, risk and topic, and how many of them are overdue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain.hazards import UNSETTLED, Risk
from yingda.domain.severity import Topic
from yingda.store.models import Hazard


@dataclass(frozen=True)
class Count:
    """Open hazards of one kind.

    :param key: id of the unit, value of the risk or the topic; empty where no topic is given
    """

    key: str
    open: int
    overdue: int


@dataclass(frozen=True)
class OpenHazards:
    """The open hazards of a day in Shanghai, told apart three ways; each way adds up to all of them."""

    open: int
    overdue: int
    by_unit: tuple[Count, ...]
    by_risk: tuple[Count, ...]
    by_topic: tuple[Count, ...]


def open_hazards(session: Session, today: date, *, unit: str | None = None) -> OpenHazards:
    """Return how many hazards are open, of one unit if wanted; those whose day was before today are overdue.

    Units come by their ids, the gravest risk first, topics in their order and no topic last; what has none is left out.
    """
    late = func.count().filter(Hazard.due_on < today)
    query = (
        select(Hazard.unit_id, Hazard.risk, Hazard.topic, func.count(), late)
        .where(Hazard.state.in_(UNSETTLED), *([Hazard.unit_id == unit] if unit is not None else []))
        .group_by(Hazard.unit_id, Hazard.risk, Hazard.topic)
    )
    found: list[dict[str, list[int]]] = [defaultdict(lambda: [0, 0]) for _ in range(3)]
    total = [0, 0]
    for unit_id, risk, topic, count, overdue in session.execute(query):
        keys = (unit_id, risk.value, topic.value if topic else "")
        for counts in (total, *(part[key] for part, key in zip(found, keys, strict=True))):
            counts[0] += count
            counts[1] += overdue
    by_unit, by_risk, by_topic = found
    return OpenHazards(
        open=total[0],
        overdue=total[1],
        by_unit=_counts(by_unit, sorted(by_unit)),
        by_risk=_counts(by_risk, [one.value for one in reversed(Risk)]),
        by_topic=_counts(by_topic, [*(one.value for one in Topic), ""]),
    )


def _counts(found: dict[str, list[int]], order: Sequence[str]) -> tuple[Count, ...]:
    return tuple(Count(key, *found[key]) for key in order if key in found)
