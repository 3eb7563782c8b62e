"""The past of hazards: what each was at a moment, and what happened to one, told from the events alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from yingda.domain.calendar import SHANGHAI
from yingda.domain.hazards import TOLD
from yingda.services.naming import Named, actor
from yingda.settings import Settings
from yingda.store.models import Event


@dataclass(frozen=True)
class Happened:
    """One event of a hazard.

    :param changed: fields that differ after it, by name; all of them where it was reported
    """

    kind: str
    at: datetime
    by: Named | None
    reason: str | None
    was: dict[str, Any] | None
    now: dict[str, Any]
    changed: tuple[str, ...]


def at(session: Session, moment: datetime) -> dict[int, dict[str, Any]]:
    """Return every hazard that was there at a moment, by number, as it was then (as `hazard_in_hand.facts`).

    :param moment: aware; what happened at it exactly does not count yet
    """
    number = Event.data["hazard"].astext
    rows = session.execute(
        select(Event.data["hazard"].as_integer(), Event.data["now"])
        .where(number.is_not(None), Event.kind.in_(TOLD), Event.at < moment)
        .ext(distinct_on(number))
        .order_by(number, Event.id.desc())
    )
    return dict(sorted((hazard_id, now) for hazard_id, now in rows))


def end_of(day: date) -> datetime:
    """Return the moment at which a day in Shanghai is over, for `at`."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def history(session: Session, hazard_id: int, house: Settings) -> list[Happened]:
    """Return what happened to a hazard, oldest first."""
    rows = session.scalars(
        select(Event)
        .where(Event.data["hazard"].astext == str(hazard_id), Event.kind.in_(TOLD))
        .order_by(Event.id)
        .execution_options(populate_existing=True)
    )
    return [_happened(row, house) for row in rows]


_UNTOLD = frozenset({"version", "reported_at", "reported_by", "resolved_at"})


def _happened(row: Event, house: Settings) -> Happened:
    was, now = row.data["was"], row.data["now"]
    changed = tuple(name for name in now if name not in _UNTOLD and (was or {}).get(name) != now[name])
    return Happened(row.kind, row.at, actor(row.actor, house), row.data.get("reason"), was, now, changed)
