"""Writes the empty table that hazards are imported in: 附件3, its columns exactly, and how to fill them in."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from yingda.domain import speech
from yingda.domain.days_written import EXAMPLES
from yingda.domain.hazard_table import COLUMNS, MOST_ROWS

SHEET = "网络舆情隐患排查表"
_WIDTHS = (16, 48, 40, 40, 18)
_ROWS_READY = 200


def empty(units: Sequence[tuple[str, str, str]], locale: str) -> bytes:
    """
    Return an .xlsx with the header of 附件3 and nothing below it; the same units give the same bytes.

    :param units: id, Chinese and English name of each unit, any of which may be written
    """
    from datetime import datetime

    from xlsxwriter import Workbook

    english = locale == "en"
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        # The moment of writing would make each copy differ from the last.
        book.set_properties({"title": SHEET, "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - no moment is meant
        heading = book.add_format(
            {"bold": True, "bg_color": "#D9E2F0", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        words = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        sheet = book.add_worksheet(SHEET)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        for column, (name, width) in enumerate(zip(COLUMNS.values(), _WIDTHS, strict=True)):
            sheet.set_column(column, column, width, words)
            sheet.write_string(0, column, name, heading)
        names = [unit[1] for unit in units]
        if len(",".join(names)) <= 255:  # no longer a list fits
            sheet.data_validation(1, 0, _ROWS_READY, 0, {"validate": "list", "source": names, "error_type": "warning"})
        sheet.write_comment(0, 4, _days(english), {"x_scale": 2, "y_scale": 2})
        notes = book.add_worksheet(speech.said("填写说明", locale))
        notes.set_column(0, 0, 28)
        notes.set_column(1, 1, 90)
        plain = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        for row, line in enumerate(_notes(units, english)):
            for column, text in enumerate(line):
                notes.write_string(row, column, text, plain)
    return written.getvalue()


def _days(english: bool) -> str:
    examples = "\n".join(EXAMPLES)
    if english:
        return f"Any of these:\n{examples}\nor a date cell. Without a day: 无 or 长期."
    return f"可写成：\n{examples}\n或日期格式的单元格。没有期限写“无”或“长期”。"


def _notes(units: Sequence[tuple[str, str, str]], english: bool) -> list[tuple[str, ...]]:
    required, optional = ("required", "may stay empty") if english else ("必填", "可不填")
    columns = {
        "unit": (f"{required}. " + ("One of the units below" if english else "填下列单位的中文名、英文名或代号")),
        "content": f"{required}. "
        + (
            "What may become a concern; no names, no personal data"
            if english
            else "可能引发舆情的问题；不写姓名、电话等个人信息"
        ),
        "offline_measures": optional,
        "online_measures": optional,
        "due": f"{optional}. " + _days(english).replace("\n", "  "),
    }
    rows: list[tuple[str, ...]] = [(name, columns[key]) for key, name in COLUMNS.items()]
    rows.append(())
    rows.append(
        (
            "Rows",
            f"At most {MOST_ROWS}. Merged cells count for all their rows. No formulas. A row whose unit and hazard"
            " are on record changes that one's measures and time limit.",
        )
        if english
        else (
            "行",
            f"最多 {MOST_ROWS} 行。合并单元格对其中每一行都算数。不收公式。单位和内容都已登记过的，更新其措施和时限。",
        )
    )
    rows.append(())
    rows.append(("Unit", "id") if english else ("单位", "代号"))
    rows += [(chinese if not english else f"{chinese} / {foreign}", unit_id) for unit_id, chinese, foreign in units]
    return rows
