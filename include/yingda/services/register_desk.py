"""The registers as the desk lists and compares them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import register_lines
from yingda.domain.register_lines import Change
from yingda.services import register_changes, register_rows
from yingda.settings import Settings
from yingda.store.models import RegisterDay
from yingda.transports.register_files import ChangeRow

SHOWN = 500
"""At most this many changes are shown; all are counted."""


@dataclass(frozen=True)
class Kept:
    """A day whose register is kept.

    :param changes: how many of each kind since the working day before
    """

    day: date
    as_of: datetime
    rebuilt: bool
    working: bool
    compared_with: date | None
    counts: dict[str, int]
    changes: tuple[tuple[Change, int], ...]


@dataclass(frozen=True)
class Compared:
    """What is different between two days, told from the earlier to the later one."""

    earlier: date
    later: date
    counted: tuple[tuple[Change, int], ...]
    rows: tuple[ChangeRow, ...]
    total: int


def kept(session: Session) -> list[Kept]:
    """Return the days kept, latest first; one query, however many lines they have."""
    columns = select(
        RegisterDay.day,
        RegisterDay.as_of,
        RegisterDay.rebuilt,
        RegisterDay.working,
        RegisterDay.compared_with,
        RegisterDay.data["counts"].label("counts"),
        RegisterDay.data["changes"].label("changes"),
    ).order_by(RegisterDay.day.desc())
    return [
        Kept(
            row.day,
            row.as_of,
            row.rebuilt,
            row.working,
            row.compared_with,
            row.counts or {},
            _in_order(Counter(row.changes or {})),
        )
        for row in session.execute(columns)
    ]


def is_kept(session: Session, day: date) -> bool:
    """Tell whether a register of a day is kept."""
    return session.scalar(select(RegisterDay.day).where(RegisterDay.day == day)) is not None


def compare(session: Session, one: date, other: date, house: Settings) -> Compared:
    """Return what is different between two days kept, in the language the settings speak."""
    earlier, later = (session.get_one(RegisterDay, day) for day in sorted((one, other)))
    counted, rows = Counter[str](), list[ChangeRow]()
    for found in register_changes.changes(session, earlier, later):
        counted[found.change.value] += 1
        if len(rows) < SHOWN:
            rows.append(register_rows.change_row(found, house))
    return Compared(earlier.day, later.day, _in_order(counted), tuple(rows), counted.total())


def _in_order(counted: Counter[str]) -> tuple[tuple[Change, int], ...]:
    return tuple((change, counted[change.value]) for change in register_lines.Change if counted[change.value])
