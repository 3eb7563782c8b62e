"""The figures as a file for a spreadsheet, CSV or Excel's own; in neither does a text become a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO, StringIO

from yingda.desk import figures
from yingda.desk.figures import Wanted
from yingda.desk.pages import say
from yingda.domain import clocks, life, severity
from yingda.services import naming
from yingda.services.counting import Figure, Part, Statistics, Tally
from yingda.services.counting_hazards import OpenHazards
from yingda.settings import Settings

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula."""


def as_csv(asked: Wanted, now: datetime, house: Settings) -> bytes:
    """Return what the page shows, in UTF-8 with the mark by which Excel knows it."""
    found, apart = figures.counted(asked, now)
    hazards_now = figures.open_hazards(asked, now)
    written = StringIO()
    lines = csv.writer(written)
    for row in _rows(asked, found, apart, hazards_now, house):
        lines.writerow([_text(cell) for cell in row])
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(asked: Wanted, now: datetime, house: Settings) -> bytes:
    """Return what the page shows as a workbook: numbers as numbers, and every text as text."""
    from xlsxwriter import Workbook

    found, apart = figures.counted(asked, now)
    hazards_now = figures.open_hazards(asked, now)
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"author": house.roster.office.name, "created": now.replace(tzinfo=None)})
        sheet = book.add_worksheet(say("统计"))
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 12, 16)
        words = book.add_format({"quote_prefix": True})
        for line, row in enumerate(_rows(asked, found, apart, hazards_now, house)):
            for column, cell in enumerate(row):
                if isinstance(cell, int | float):
                    sheet.write_number(line, column, cell)
                elif cell != "":
                    sheet.write_string(line, column, str(cell), words)
    return written.getvalue()


def _rows(
    asked: Wanted, found: Statistics, apart: tuple[Part, ...], hazards_now: OpenHazards, house: Settings
) -> Iterator[tuple[object, ...]]:
    yield say("自"), asked.since
    yield say("至（含当日）"), asked.until
    if asked.unit is not None:
        yield say("责任单位"), naming.unit(asked.unit, house).name
    if asked.severity is not None:
        yield say("级别"), severity.label(asked.severity, house.speaks)
    yield ()
    counts = (
        say("按时"),
        say("超时完成"),
        say("超时未完成"),
        say("未到期"),
        say("按时率"),
    )
    first, present = say("按最初时限："), say("按现行时限：")
    yield (
        say("分组"),
        say("时限"),
        say("应完成"),
        *(first + each for each in counts),
        *(present + each for each in counts),
    )
    for figure in found.on_time:
        yield say("全部"), *_figure(figure, house)
    for part in apart:
        name = figures.part_name(asked, part, house)
        for figure in part.on_time:
            if figure.owed:
                yield name, *_figure(figure, house)
    yield ()
    yield say("首次对外发布的事件"), found.first_word_count
    median = found.first_word_median
    yield (
        say("从受理到首次对外发布（中位数，分钟）"),
        "" if median is None else round(median.total_seconds() / 60),
    )
    yield say("退单"), found.hand_backs
    for one in found.rounds:
        kind = life.label(one.kind, house.speaks)
        yield kind + say("：报送的稿数"), one.revisions
        yield kind + say("：涉及的事件"), one.incidents
    yield ()
    yield say("未解决的隐患（现在）"), "", say("未解决"), say("其中超时")
    yield say("全部隐患"), "", hazards_now.open, hazards_now.overdue
    for by, name, _, count in figures.hazard_parts(hazards_now, house):
        yield by, name, count.open, count.overdue


def _figure(figure: Figure, house: Settings) -> tuple[object, ...]:
    kind = clocks.label(figure.kind, house.speaks)
    return kind, figure.owed, *_tally(figure.by_original_due), *_tally(figure.by_due)


def _tally(tally: Tally) -> tuple[object, ...]:
    rate = "" if tally.rate is None else f"{tally.rate * 100:.1f}%"
    return tally.in_time, tally.late, tally.missed, tally.running, rate


def _text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
