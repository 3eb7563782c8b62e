"""
Writes the hazard register of one day (舆情隐患汇总表) as a spreadsheet, a page and data.

The first sheet is 附件3 网络舆情隐患排查表 as the office's form has it. The same register gives the same bytes. Rows
are read again for each file and never held, so that a register of 100,000 hazards needs little memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from yingda import rendering
from yingda.domain.severity import Severity
from yingda.transports import files, register_sheets, register_workbook
from yingda.transports.errors import TransportError

Row = TypeVar("Row")

LAST = "register.xlsx"
"""The file that is written last: where it stands, the others do."""


class Again(Collection[Row], Generic[Row]):
    """Rows that are read anew each time somebody goes through them.

    :param make: begins anew
    :param count: how many there are
    """

    def __init__(self, make: Callable[[], Iterator[Row]], count: int) -> None:
        self._make, self._count = make, count

    def __iter__(self) -> Iterator[Row]:
        return self._make()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, one: object) -> bool:
        return any(one == row for row in self)


@dataclass(frozen=True)
class HazardRow:
    """One line of 附件3; `due` is a date or the words written there, such as 长期. What follows stands in the data."""

    unit_name: str
    content: str
    offline_measures: str
    online_measures: str
    due: date | str | None = None
    id: int | None = None
    topic: str | None = None
    risk: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class ClockRow:
    """A clock of an incident that runs; `name` in words. Moments in aware UTC."""

    kind: str
    name: str
    started_at: datetime
    due_at: datetime
    missed: bool


@dataclass(frozen=True)
class IncidentRow:
    """One open incident; moments in aware UTC, `stage` and `waiting_for` in the reader's words.

    :param unknown: what the record does not say for certain of a morning that was compiled later, in words
    """

    number: str
    title: str
    severity: Severity
    unit_name: str | None
    stage: str
    waiting_for: str
    opened_at: datetime
    due_at: datetime | None = None
    drill: bool = False
    topic: str | None = None
    clocks: tuple[ClockRow, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class OverdueRow:
    """One thing owed and late: of an incident (`number`) or of a hazard (`hazard`). `late` in words: 2 天 3 小时."""

    number: str | None
    title: str
    unit_name: str | None
    what: str
    due_at: datetime | date
    late: str
    hazard: int | None = None


@dataclass(frozen=True)
class ChangeRow:
    """What has happened since the last register; `change` in words: 隐患新增, 事件办结; `details` what exactly."""

    number: str | None
    title: str
    unit_name: str | None
    change: str
    details: str = ""
    hazard: str | None = None


@dataclass(frozen=True)
class StatisticRow:
    """Counts for one unit or topic, named `group`: 科室 or 类别. `overdue` are incidents of which something is late."""

    group: str
    name: str
    hazards: int
    hazards_overdue: int
    incidents: int
    overdue: int


@dataclass(frozen=True)
class RegisterDay:
    """All that the register of one day shows, in the order it is to stand in.

    :param as_of: the moment it shows; `compiled_at` when it was compiled; aware, UTC
    :param rebuilt: compiled later, from the record
    :param compared_with: the day since which changes are told; None: there is no earlier register
    """

    office_name: str
    as_of: datetime
    compiled_at: datetime
    hazards: Collection[HazardRow]
    incidents: Collection[IncidentRow]
    overdue: Collection[OverdueRow]
    changes: Collection[ChangeRow] = ()
    statistics: Collection[StatisticRow] = ()
    rebuilt: bool = False
    working: bool = True
    compared_with: date | None = None


def write(folder: Path, day: date, data: RegisterDay) -> Path:
    """
    Write register.xlsx, register.html and register.json of `day` (a date in Shanghai) into {folder}/{day}.

    Each file is replaced as a whole; writing the same register again changes nothing.

    :return: the folder of the day
    :raises TransportError: the folder cannot be written to; trying again is harmless
    """
    heading, sheets = register_sheets.heading(day, data), register_sheets.sheets(data)

    def page(file: BinaryIO) -> None:
        values = {"office_name": data.office_name, "day": day, "heading": heading, "sheets": sheets}
        for piece in rendering.stream("register/register.html.j2", "zh_CN", **values):
            file.write(rendering.legible(piece).encode())

    fills: dict[str, Callable[[BinaryIO], None]] = {
        "register.json": lambda file: _json(file, day, data),
        "register.html": page,
        LAST: lambda file: register_workbook.write(file, day, data.office_name, heading, sheets),
    }
    target = folder / day.isoformat()
    try:
        files.make_folder(target, mode=0o750)
        for name, fill in fills.items():
            files.write_by(target / name, fill, mode=0o640)
    except OSError as error:
        raise TransportError(
            f"The register of {day} could not be written: {error}. See that {target} has room and may be written to."
        ) from error
    return target


def _json(file: BinaryIO, day: date, data: RegisterDay) -> None:
    """Write every field; lists one row a line."""

    def said(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, default=_plain).encode(errors="replace")

    file.write(b'{\n "date": ' + said(day.isoformat()))
    for field in fields(data):
        value = getattr(data, field.name)
        file.write(b",\n " + said(field.name) + b": ")
        if not isinstance(value, Collection) or isinstance(value, str):
            file.write(said(value))
            continue
        file.write(b"[")
        for place, row in enumerate(value):
            file.write((b",\n  " if place else b"\n  ") + said(vars(row)))
        file.write(b"]")
    file.write(b"\n}\n")


def _plain(value: Any) -> Any:
    if isinstance(value, ClockRow):
        return vars(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot stand in register.json.")
