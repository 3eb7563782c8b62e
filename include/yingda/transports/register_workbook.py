"""The spreadsheet of a register: as an office prints it, row by row in constant memory, with native charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, BinaryIO

from yingda import rendering
from yingda.transports.register_sheets import STATISTICS, Sheet

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_CELL = 32_000  # a cell holds 32,767 characters
CUT = "……（此处截断，全文见工作台）"
HEADER = 2
"""Row of the header, 0 first: the title and a line of particulars stand above it."""

_A4 = 9
_CHARTED = ((2, "隐患", "#2F6DB5"), (4, "在办事件", "#C2571A"), (5, "超时事件", "#A61B29"))


def write(file: BinaryIO, day: date, office_name: str, heading: str, sheets: Sequence[Sheet]) -> None:
    """Write the workbook; the same register gives the same bytes."""
    from xlsxwriter import Workbook

    book = Workbook(file, {"constant_memory": True})
    # The moment of writing would make each copy differ from the last.
    book.set_properties({"title": "舆情隐患汇总表", "author": office_name, "created": datetime.combine(day, time())})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "particulars": book.add_format({"font_size": 10, "align": "left", "valign": "vcenter", "text_wrap": True}),
        "heading": book.add_format(
            {
                "bold": True,
                "bg_color": "#D9E2F0",
                "border": 1,
                "text_wrap": True,
                "align": "center",
                "valign": "vcenter",
            }
        ),
        # The quote mark keeps a text text, even when somebody edits the cell: `=1+1` never becomes a formula.
        "words": book.add_format(
            {"text_wrap": True, "valign": "top", "border": 1, "num_format": "@", "quote_prefix": True}
        ),
        "count": book.add_format({"valign": "top", "border": 1}),
    }
    for sheet in sheets:
        _write_sheet(book, sheet, heading, formats)
    book.close()


def cell(text: str) -> str:
    """Return what of a text a cell can hold, and say where it was cut."""
    text = rendering.legible(text)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + CUT


def _write_sheet(book: Workbook, sheet: Sheet, heading: str, formats: dict[str, Format]) -> None:
    page = book.add_worksheet(sheet.name)
    last = len(sheet.columns) - 1
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.center_horizontally()
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADER)
    page.freeze_panes(HEADER + 1, 0)
    page.set_footer("&C第 &P 页，共 &N 页")
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    page.set_row(0, 30)
    page.merge_range(0, 0, 0, last, sheet.name, formats["title"])
    page.set_row(1, 30)
    particulars = f"{heading}　{sheet.note}" if sheet.note else heading
    page.merge_range(1, 0, 1, last, cell(particulars), formats["particulars"])
    page.set_row(HEADER, 24)
    for column, name in enumerate(sheet.columns):
        page.write_string(HEADER, column, name, formats["heading"])
    number = HEADER
    charted: list[Sequence[str | int]] = []
    for number, row in enumerate(sheet.rows, start=HEADER + 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                page.write_number(number, column, value, formats["count"])
            else:
                page.write_string(number, column, cell(value), formats["words"])
        if sheet.name == STATISTICS:
            charted.append(row)
    page.print_area(0, 0, number, last)
    if sheet.name == STATISTICS:
        _charts(book, page, charted)


def _charts(book: Workbook, page: Worksheet, rows: Sequence[Sequence[str | int]]) -> None:
    """Draw a chart of each group beside its counts; of groups so large that none could be read, of the first rows."""
    below = HEADER
    for group in dict.fromkeys(str(row[0]) for row in rows):
        places = [place for place, row in enumerate(rows) if row[0] == group][:30]
        first, last = HEADER + 1 + places[0], HEADER + 1 + places[-1]
        chart = book.add_chart({"type": "bar"})
        for column, name, colour in _CHARTED:
            chart.add_series(
                {
                    "name": name,
                    "categories": [STATISTICS, first, 1, last, 1],
                    "values": [STATISTICS, first, column, last, column],
                    # In constant memory the rows are gone; without these, programs that do not calculate draw nothing.
                    "categories_data": [rows[place][1] for place in places],
                    "values_data": [rows[place][column] for place in places],
                    "fill": {"color": colour},
                }
            )
        chart.set_title({"name": f"按{group}统计", "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "0", "major_gridlines": {"visible": True}})
        chart.set_legend({"position": "bottom"})
        height = 160 + 44 * len(places)
        chart.set_size({"width": 560, "height": height})
        page.insert_chart(below, 7, chart, {"description": f"按{group}统计的隐患、在办事件和超时事件"})
        below += height // 20 + 2
