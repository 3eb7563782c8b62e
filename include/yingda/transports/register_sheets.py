"""The tables of a register as people read them, the same in the spreadsheet and on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from yingda import rendering

if TYPE_CHECKING:
    from yingda.transports.register_files import IncidentRow, RegisterDay

FORM = "网络舆情隐患排查表"
FORM_COLUMNS = ("科室", "舆情隐患内容", "线下处置措施", "线上管控措施及引导口径", "解决时限")
STATISTICS = "统计"
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Sheet:
    """A table as it is shown.

    :param note: what to know of it, below its title
    :param count: how many rows there are
    :param make: goes through the rows from the beginning
    """

    name: str
    columns: Sequence[str]
    widths: Sequence[int]
    count: int
    make: Callable[[], Iterator[Sequence[str | int]]]
    note: str = ""

    @property
    def rows(self) -> Iterator[Sequence[str | int]]:
        return self.make()


def heading(day: date, data: RegisterDay) -> str:
    """Return in one line who compiled which day, and what to know of it."""
    parts = [
        f"编制单位：{data.office_name}",
        f"日期：{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）",
        f"截至 {rendering.local(data.as_of)}",
    ]
    if not data.working:
        parts.append("休息日")
    if data.rebuilt:
        parts.append(f"按事件记录补编 compiled later from the record，补编于 {rendering.local(data.compiled_at)}")
    return "　".join(parts)


def sheets(data: RegisterDay) -> list[Sheet]:
    """Return the tables of a register, the paper form first."""
    since = (
        f"与 {data.compared_with.isoformat()} 的汇总表相比" if data.compared_with else "没有更早的汇总表可比，不列变化"
    )
    unknown = "“记录不足”一列写明按事件记录无法确知的内容" if data.rebuilt else ""
    return [
        Sheet(
            FORM,
            FORM_COLUMNS,
            (16, 48, 40, 40, 14),
            len(data.hazards),
            lambda: (
                (row.unit_name, row.content, row.offline_measures, row.online_measures, words(row.due))
                for row in data.hazards
            ),
        ),
        Sheet(
            "在办事件",
            ("事件编号", "标题", "级别", "责任单位", "环节", "等待办理", "受理时间", "计时", "时限")
            + (("记录不足",) if data.rebuilt else ()),
            (20, 40, 10, 16, 14, 24, 17, 34, 17) + ((16,) if data.rebuilt else ()),
            len(data.incidents),
            lambda: (_incident(row, data) for row in data.incidents),
            unknown,
        ),
        Sheet(
            "超时",
            ("编号", "标题", "责任单位", "超时事项", "时限", "超时"),
            (20, 48, 16, 24, 17, 16),
            len(data.overdue),
            lambda: (
                (
                    _number(row.number, row.hazard),
                    row.title,
                    row.unit_name or "尚未确定",
                    row.what,
                    words(row.due_at),
                    row.late,
                )
                for row in data.overdue
            ),
        ),
        Sheet(
            "变化",
            ("编号", "标题", "责任单位", "变化", "详情"),
            (20, 48, 16, 18, 60),
            len(data.changes),
            lambda: (
                (_number(row.number, row.hazard), row.title, row.unit_name or "尚未确定", row.change, row.details)
                for row in data.changes
            ),
            since,
        ),
        Sheet(
            STATISTICS,
            ("分组", "名称", "隐患", "逾期隐患", "在办事件", "超时事件"),
            (12, 24, 10, 10, 10, 10),
            len(data.statistics),
            lambda: (
                (row.group, row.name, row.hazards, row.hazards_overdue, row.incidents, row.overdue)
                for row in data.statistics
            ),
            "不含演练",
        ),
    ]


def words(value: datetime | date | str | None) -> str:
    """Return how a moment, a day or what was written in its place is read."""
    if isinstance(value, datetime):
        return rendering.local(value)
    return value.isoformat() if isinstance(value, date) else value or ""


def _number(number: str | None, hazard: Any) -> str:
    return number or (f"隐患 {hazard}" if hazard else "隐患")


def _incident(row: IncidentRow, data: RegisterDay) -> tuple[str, ...]:
    clocks = "\n".join(
        f"{one.name}：{words(one.due_at)}"
        + ("（已超时）" if one.due_at < data.as_of else "（已延期，曾超时）" if one.missed else "")
        for one in row.clocks
    )
    return (
        row.number,
        f"{'【演练】' if row.drill else ''}{row.title}",
        rendering.label(row.severity, "zh_CN"),
        row.unit_name or "尚未确定",
        row.stage,
        row.waiting_for,
        words(row.opened_at),
        clocks,
        words(row.due_at),
        *((row.unknown,) if data.rebuilt else ()),
    )
