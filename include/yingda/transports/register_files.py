"""
Writes the hazard register of one day (舆情隐患汇总表) as a spreadsheet, a page and data.

The first sheet is 附件3 网络舆情隐患排查表 as the office's form has it. The same register gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingda import rendering
from yingda.domain.severity import Severity
from yingda.transports import files
from yingda.transports.errors import TransportError

if TYPE_CHECKING:
    from xlsxwriter import Workbook

FORM_COLUMNS = ("科室", "舆情隐患内容", "线下处置措施", "线上管控措施及引导口径", "解决时限")
LONGEST_CELL = 32_000  # a cell holds 32,767 characters
CUT = "……（此处截断，全文见工作台）"


@dataclass(frozen=True)
class HazardRow:
    """One line of 附件3; `due` is a date or the words written there, such as 长期."""

    unit_name: str
    content: str
    offline_measures: str
    online_measures: str
    due: date | str | None = None


@dataclass(frozen=True)
class IncidentRow:
    """One open incident; moments in aware UTC, `stage` and `waiting_for` in the reader's words."""

    number: str
    title: str
    severity: Severity
    unit_name: str | None
    stage: str
    waiting_for: str
    opened_at: datetime
    due_at: datetime | None = None
    drill: bool = False


@dataclass(frozen=True)
class OverdueRow:
    """One thing owed and late: of an incident (`number`) or of a hazard (None). `late` in words: 2 天 3 小时."""

    number: str | None
    title: str
    unit_name: str | None
    what: str
    due_at: datetime
    late: str


@dataclass(frozen=True)
class ChangeRow:
    """What has happened since the last register; `change` in words: 新增, 变更, 解决, 即将到期."""

    number: str | None
    title: str
    unit_name: str | None
    change: str


@dataclass(frozen=True)
class StatisticRow:
    """Counts for one unit or topic, named `group`: 科室 or 类别."""

    group: str
    name: str
    hazards: int
    incidents: int
    overdue: int


@dataclass(frozen=True)
class RegisterDay:
    """All that the register of one day shows, in the order it is to stand in."""

    office_name: str
    hazards: Sequence[HazardRow]
    incidents: Sequence[IncidentRow]
    overdue: Sequence[OverdueRow]
    changes: Sequence[ChangeRow] = ()
    statistics: Sequence[StatisticRow] = ()


@dataclass(frozen=True)
class _Sheet:
    """A table as it is shown."""

    name: str
    columns: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[str | int]]


def write(folder: Path, day: date, data: RegisterDay) -> Path:
    """
    Write register.xlsx, register.html and register.json of `day` (a date in Shanghai) into {folder}/{day}.

    Each file is replaced as a whole; writing the same register again changes nothing.

    :return: the folder of the day
    :raises TransportError: the folder cannot be written to; trying again is harmless
    """
    sheets = _sheets(data)
    page = rendering.render("register/register.html.j2", "zh_CN", office_name=data.office_name, day=day, sheets=sheets)
    content = {
        "register.xlsx": _workbook(day, data.office_name, sheets),
        "register.html": rendering.legible(page).encode(),
        "register.json": _json(day, data),
    }
    target = folder / day.isoformat()
    try:
        files.make_folder(target, mode=0o750)
        for name, body in content.items():
            files.write(target / name, body, mode=0o640)
    except OSError as error:
        raise TransportError(
            f"The register of {day} could not be written: {error}. See that {target} has room and may be written to."
        ) from error
    return target


def _sheets(data: RegisterDay) -> list[_Sheet]:
    return [
        _Sheet(
            "网络舆情隐患排查表",
            FORM_COLUMNS,
            (16, 48, 40, 40, 14),
            [
                (row.unit_name, row.content, row.offline_measures, row.online_measures, _words(row.due))
                for row in data.hazards
            ],
        ),
        _Sheet(
            "在办事件",
            ("事件编号", "标题", "级别", "责任单位", "环节", "等待办理", "受理时间", "时限"),
            (20, 48, 10, 16, 16, 24, 17, 17),
            [
                (
                    row.number,
                    f"{'【演练】' if row.drill else ''}{row.title}",
                    rendering.label(row.severity, "zh_CN"),
                    row.unit_name or "尚未确定",
                    row.stage,
                    row.waiting_for,
                    _words(row.opened_at),
                    _words(row.due_at),
                )
                for row in data.incidents
            ],
        ),
        _Sheet(
            "超时",
            ("事件编号", "标题", "责任单位", "超时事项", "时限", "超时"),
            (20, 48, 16, 24, 17, 16),
            [
                (row.number or "隐患", row.title, row.unit_name or "尚未确定", row.what, _words(row.due_at), row.late)
                for row in data.overdue
            ],
        ),
        _Sheet(
            "变化",
            ("事件编号", "标题", "责任单位", "变化"),
            (20, 48, 16, 24),
            [(row.number or "隐患", row.title, row.unit_name or "尚未确定", row.change) for row in data.changes],
        ),
        _Sheet(
            "统计",
            ("分组", "名称", "隐患", "在办事件", "超时"),
            (12, 24, 10, 10, 10),
            [(row.group, row.name, row.hazards, row.incidents, row.overdue) for row in data.statistics],
        ),
    ]


def _words(value: datetime | date | str | None) -> str:
    if isinstance(value, datetime):
        return rendering.local(value)
    return value.isoformat() if isinstance(value, date) else value or ""


def _workbook(day: date, office_name: str, sheets: Iterable[_Sheet]) -> bytes:
    from xlsxwriter import Workbook

    buffer = BytesIO()
    book = Workbook(buffer, {"constant_memory": True})
    # The moment of writing would make each copy differ from the last.
    book.set_properties({"title": "舆情隐患汇总表", "author": office_name, "created": datetime.combine(day, time())})
    for sheet in sheets:
        _write_sheet(book, sheet)
    book.close()
    return buffer.getvalue()


def _write_sheet(book: Workbook, sheet: _Sheet) -> None:
    heading = book.add_format(
        {"bold": True, "bg_color": "#D9E2F0", "border": 1, "text_wrap": True, "valign": "vcenter"}
    )
    # The quote mark keeps a text text, even when somebody edits the cell: `=1+1` never becomes a formula.
    words = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "num_format": "@", "quote_prefix": True})
    count = book.add_format({"valign": "top", "border": 1})
    page = book.add_worksheet(sheet.name)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(sheet.columns, sheet.widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, name, heading)
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                page.write_number(number, column, cell, count)
            else:
                page.write_string(number, column, _cell(cell), words)


def _cell(text: str) -> str:
    text = rendering.legible(text)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + CUT


def _json(day: date, data: RegisterDay) -> bytes:
    content = {"date": day.isoformat(), **asdict(data)}
    return (json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n").encode(errors="replace")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot stand in register.json.")
