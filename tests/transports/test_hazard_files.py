"""Tables of hazards as files: any encoding and notation comes back, what is dangerous or damaged is refused."""

from __future__ import annotations

import contextlib
import csv
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from yingda.domain import hazard_table
from yingda.domain.errors import TableRefused
from yingda.domain.hazard_table import COLUMNS, Row, Unreadable
from yingda.settings import load
from yingda.transports import hazard_files, hazard_template, hazard_workbook

NAMES = list(COLUMNS.values())
TODAY = date(2026, 11, 23)
ROSTER = load({}).roster

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be")
NOTATIONS: dict[str, Callable[[date], Any]] = {
    "2026-11-30": lambda day: day.isoformat(),
    "2026/11/30": lambda day: f"{day.year}/{day.month}/{day.day}",
    "2026.11.30": lambda day: f"{day.year}.{day.month}.{day.day}",
    "2026年11月30日": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "20261130": lambda day: f"{day:%Y%m%d}",
    "full width": lambda day: f"{day.year}年{day.month}月{day.day}日".translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    ),
    "serial": lambda day: (day - date(1899, 12, 30)).days,
    "date": lambda day: day,
    "moment": lambda day: datetime.combine(day, time()),
}

WORDS = st.text(
    alphabet=st.sampled_from("柳溪村码头积水路灯不亮，。；：“”\n（）ABC abc 0123456789=+-@'\"\t,;|%"), max_size=40
).map(str.strip)


def _unlike_the_header(text: str) -> bool:
    return "".join(text.split()) not in NAMES


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Valid rows, as a table has them from its third row on; each has another content."""
    contents = draw(st.lists(WORDS.filter(bool).filter(_unlike_the_header), min_size=1, max_size=8, unique=True))
    return [
        Row(
            number,
            draw(st.sampled_from([unit.id for unit in ROSTER.units])),
            content,
            draw(WORDS),
            draw(WORDS),
            draw(st.none() | st.dates(date(2026, 11, 23), date(2027, 11, 22))),
        )
        for number, content in enumerate(contents, start=3)
    ]


def cells(row: Row, unit: int, notation: Callable[[date], Any], none: str) -> list[Any]:
    """A row as it is typed: its unit by id or name, its day in a notation."""
    found = ROSTER.unit(row.unit)
    due = notation(row.due) if row.due else none
    return [(found.id, found.name, found.name_en)[unit], row.content, row.offline_measures, row.online_measures, due]


def as_csv(rows: Sequence[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    written = StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook; what begins with `=` is written as text, as people's text is."""
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if value not in (None, ""):
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    if change is not None:
        change(sheet)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def as_xlsx_of_another_program(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook whose texts stand in a part of their own, as Excel and WPS write it."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/m/d"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value:
                    sheet.write_string(number, column, value)
    return written.getvalue()


def read(content: bytes) -> list[Row]:
    table = hazard_files.read(content)
    return list(hazard_table.read(table.rows, table.header, ROSTER, TODAY, "zh_CN", epoch=table.epoch))


def why(content: bytes) -> str:
    with pytest.raises(TableRefused) as refused:
        hazard_files.read(content)
    said = hazard_table.refusal(refused.value.why, refused.value.detail, "zh_CN")
    assert said != hazard_table.refusal(refused.value.why, refused.value.detail, "en")
    assert "{" not in said
    return refused.value.why


def typed(row: Row) -> tuple[Any, ...]:
    return (row.number, row.unit, row.content, row.offline_measures, row.online_measures, row.due, dict(row.errors))


SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(
    rows=tables(),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(hazard_files.DELIMITERS),
    notation=st.sampled_from(sorted(NOTATIONS)),
    none=st.sampled_from(["", "长期", "无"]),
    unit=st.integers(0, 2),
)
def test_any_table_comes_back_from_csv_in_any_encoding_delimiter_and_notation(
    rows: list[Row], encoding: str, delimiter: str, notation: str, none: str, unit: int
):
    written = [cells(row, unit, NOTATIONS[notation], none) for row in rows]
    if notation == "moment":
        written = [[str(cell) for cell in row] for row in written]
    content = as_csv([["网络舆情隐患排查表"], NAMES, *written], encoding, delimiter)
    assert [typed(row) for row in read(content)] == [typed(row) for row in rows]


@SETTINGS
@given(rows=tables(), notation=st.sampled_from(sorted(NOTATIONS)), unit=st.integers(0, 2), mac=st.booleans())
def test_any_table_comes_back_from_a_workbook_in_any_notation(rows: list[Row], notation: str, unit: int, mac: bool):
    if mac and notation == "serial":
        written = [cells(row, unit, lambda day: (day - date(1904, 1, 1)).days, "长期") for row in rows]
    else:
        written = [cells(row, unit, NOTATIONS[notation], "长期") for row in rows]

    def epoch(sheet: Any) -> None:
        if mac:
            sheet.parent.epoch = CALENDAR_MAC_1904

    content = as_xlsx([["网络舆情隐患排查表"], NAMES, *written], epoch)
    assert [typed(row) for row in read(content)] == [typed(row) for row in rows]


@SETTINGS
@given(rows=tables(), wrong=st.sets(st.integers(0, 7)), workbook=st.booleans())
def test_exactly_the_rows_that_are_wrong_are_refused(rows: list[Row], wrong: set[int], workbook: bool):
    written = [cells(row, 1, NOTATIONS["2026-11-30"], "无") for row in rows]
    wrong = {place for place in wrong if place < len(rows)}
    for place in wrong:
        kind = place % 3
        written[place][(0, 1, 4)[kind]] = ("没有这个科", "", "下周五")[kind]
    table = [["表"], NAMES, *written]
    found = read(as_xlsx(table) if workbook else as_csv(table))
    assert {row.number for row in found if row.errors} == {rows[place].number for place in wrong}
    assert len(found) == len(rows)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_do_anything_but_to_be_refused(content: bytes):
    with pytest.raises(TableRefused):
        hazard_files.read(content)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_workbook_with_bytes_changed_is_read_or_refused_and_nothing_else(data: st.DataObject):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(TableRefused):
        hazard_files.read(bytes(content))


GOOD = as_xlsx([NAMES, ["柳溪村", "积水", "巡查", "口径", "2026-12-01"]])


def test_the_value_of_a_merge_s_first_cell_counts_for_all_its_rows():
    rows = [
        ["网络舆情隐患排查表"],
        NAMES,
        ["柳溪村", "码头积水", "巡查", "口径", "12月1日"],
        [None, "路灯不亮", "换线", "口径", None],
        [None, "井盖缺失", None, None, None],
        ["南塘村", "水库围栏", "加固", None, "长期"],
    ]

    def merge(sheet: Any) -> None:
        sheet.merge_cells("A1:E1")
        sheet.merge_cells("A3:A5")
        sheet.merge_cells("E3:E5")
        sheet.merge_cells("C4:D5")

    found = read(as_xlsx(rows, merge))
    assert [
        (row.number, row.unit, row.content, row.offline_measures, row.online_measures, row.due) for row in found
    ] == [
        (3, "liuxi", "码头积水", "巡查", "口径", date(2026, 12, 1)),
        (4, "liuxi", "路灯不亮", "换线", "换线", date(2026, 12, 1)),
        (5, "liuxi", "井盖缺失", "换线", "换线", date(2026, 12, 1)),
        (6, "nantang", "水库围栏", "加固", "", None),
    ]
    assert not any(row.errors for row in found)


def test_a_row_in_which_all_is_merged_from_above_is_no_row_of_its_own():
    rows = [NAMES, ["柳溪村", "码头积水", "巡查", "口径", "长期"], [None] * 5, ["南塘村", "围栏", None, None, None]]

    def merge(sheet: Any) -> None:
        for column in "ABCDE":
            sheet.merge_cells(f"{column}1:{column}1")
            sheet.merge_cells(f"{column}2:{column}3")

    assert [(row.number, row.content) for row in read(as_xlsx(rows, merge))] == [(2, "码头积水"), (4, "围栏")]


def test_a_header_of_two_merged_rows_is_one_header():
    rows = [NAMES, [None] * 5, ["柳溪村", "码头积水", None, None, None]]

    def merge(sheet: Any) -> None:
        for column in "ABCDE":
            sheet.merge_cells(f"{column}1:{column}2")

    assert [row.content for row in read(as_xlsx(rows, merge))] == ["码头积水"]


def test_formulas_are_not_calculated_and_text_that_looks_like_one_is_text():
    def formulas(sheet: Any) -> None:
        sheet["B2"] = '=HYPERLINK("http://example.org")'
        sheet["E3"] = "=TODAY()"
        sheet["F1"] = "序号"
        sheet["F3"] = "=ROW()"

    rows = [NAMES, ["柳溪村", "x", "", "", ""], ["柳溪村", "=1+1", "", "", "x"]]
    content = as_xlsx(rows, formulas)
    first, second = read(content)
    assert (set(first.errors), set(second.errors)) == ({"content"}, {"due"})
    assert "=HYPERLINK" in first.errors["content"]
    assert isinstance(hazard_files.read(content).rows[0].cells[1], Unreadable)
    [text] = read(as_xlsx([NAMES, ["柳溪村", "=1+1", "@x", "+1", ""]]))
    assert (text.content, text.offline_measures, text.online_measures, dict(text.errors)) == ("=1+1", "@x", "+1", {})


def test_only_the_sheets_that_can_be_seen_count_and_only_one_of_them():
    def another(name: str, state: str) -> Callable[[Any], None]:
        def add(sheet: Any) -> None:
            other = sheet.parent.create_sheet(name)
            other.sheet_state = state
            other.append(NAMES)
            other.append(["柳溪村", "别的", "", "", ""])
            sheet.parent.create_sheet("说明").append(["怎么填"])

        return add

    rows = [NAMES, ["柳溪村", "积水", "", "", ""]]
    assert [row.content for row in read(as_xlsx(rows, another("旧表", "hidden")))] == ["积水"]
    assert why(as_xlsx(rows, another("二月", "visible"))) == "sheets"


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same workbook with another part in it, or in the place of the one of this name."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return written.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("name", "part", "said"),
    [
        ("xl/vbaProject.bin", b"x", "macros"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "macros"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "links"),
        ("xl/connections.xml", b"<x/>", "links"),
        ("xl/bomb.xml", b" " * (hazard_workbook.LARGEST_UNPACKED + 1), "unpacked"),
        ("xl/entities.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "damaged"),
        (SHEET, "<?xml version='1.0' encoding='utf-16'?><x/>".encode("utf-16"), "damaged"),
        (SHEET, b"<worksheet", "damaged"),
    ],
)
def test_what_does_not_belong_into_a_table_is_refused(name: str, part: bytes, said: str):
    assert why(with_part(GOOD, name, part)) == said


@SETTINGS
@given(rows=tables(), notation=st.sampled_from(sorted(NOTATIONS)))
def test_any_table_comes_back_from_a_workbook_of_another_program(rows: list[Row], notation: str):
    written = [cells(row, 1, NOTATIONS[notation], "长期") for row in rows]
    content = as_xlsx_of_another_program([["网络舆情隐患排查表"], NAMES, *written])
    assert [typed(row) for row in read(content)] == [typed(row) for row in rows]


def test_a_workbook_whose_texts_are_missing_is_refused():
    content = as_xlsx_of_another_program([NAMES, ["柳溪村", "积水"]])
    assert why(with_part(content, "xl/sharedStrings.xml", b"<sst/>")) == "damaged"


def test_a_macro_enabled_type_is_refused_even_without_macros():
    types = part_of(GOOD, "[Content_Types].xml").replace(b"spreadsheetml.sheet.main", b"x.sheet.macroEnabled.main")
    assert why(with_part(GOOD, "[Content_Types].xml", types)) == "macros"


def test_rows_out_of_order_or_upon_each_other_are_refused_rather_than_lost():
    sheet = part_of(GOOD, SHEET).replace(b'<row r="2"', b'<row r="1"')
    assert why(with_part(GOOD, SHEET, sheet)) == "damaged"


def test_merges_upon_each_other_are_refused():
    merges = b"".join(b'<mergeCell ref="A1:E9"/>' for _ in range(hazard_workbook.MOST_COLUMNS + 1))
    sheet = part_of(GOOD, SHEET)
    assert b"</sheetData>" in sheet
    sheet = sheet.replace(b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")
    assert why(with_part(GOOD, SHEET, sheet)) == "merges"


def test_a_cell_far_to_the_right_is_refused():
    def far(sheet: Any) -> None:
        sheet.cell(2, hazard_workbook.MOST_COLUMNS + 1, "x")

    assert why(as_xlsx([NAMES, ["柳溪村", "积水", "", "", ""]], far)) == "wide"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old"),
        (b"%PDF-1.7 x", "kind"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"x" * (hazard_files.LARGEST + 1), "large"),
        ("没有表头的文字\n第二行".encode(), "columns"),
        ("科室,舆情隐患内容,解决时限\n柳溪村,积水,无".encode(), "columns"),
        (",".join([*NAMES, "解决时限"]).encode(), "twice"),
        (",".join(NAMES).encode() + '\n柳溪村,"没有结尾的引号,,,\n'.encode(), "quotes"),
        (bytes(range(128, 256)) * 3, "encoding"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_reason(content: bytes, said: str):
    assert why(content) == said


def test_another_zip_is_no_workbook():
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert why(written.getvalue()) == "kind"


def test_more_rows_than_may_be_are_refused_in_both_kinds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hazard_files, "MOST_ROWS", 3)
    rows = [NAMES, *(["柳溪村", f"积水 {n}", "", "", ""] for n in range(3))]
    assert len(read(as_csv([*rows, [""] * 5]))) == 3
    assert len(read(as_xlsx(rows))) == 3
    more = [*rows, ["柳溪村", "又一处", "", "", ""]]
    assert why(as_csv(more)) == "rows"
    assert why(as_xlsx(more)) == "rows"


def test_a_cell_of_several_lines_is_one_row_as_a_spreadsheet_counts():
    rows = read(as_csv([NAMES, ["柳溪村", "一\n二\n三", "", "", ""], [], ["柳溪村", "四", "", "", ""]]))
    assert [(row.number, row.content) for row in rows] == [(2, "一\n二\n三"), (4, "四")]


def test_the_empty_table_has_the_columns_exactly_says_how_days_are_written_and_is_read_as_a_table():
    units = [(unit.id, unit.name, unit.name_en) for unit in ROSTER.units]
    content = hazard_template.empty(units, "zh_CN")
    assert hazard_template.empty(units, "zh_CN") == content
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == NAMES
    assert sheet.max_row == 1
    comment = sheet["E1"].comment.text
    assert all(
        example in comment for example in ("2026-11-30", "2026/11/30", "2026.11.30", "11月30日", "20261130", "长期")
    )
    assert read(content) == []

    sheet.append(["柳溪村", "积水", "巡查", "口径", "１１月３０日"])
    written = BytesIO()
    book.save(written)
    [row] = read(written.getvalue())
    assert (row.unit, row.due, dict(row.errors)) == ("liuxi", date(2026, 11, 30), {})


def test_the_columns_are_those_of_the_register_s_form():
    from yingda.transports import register_sheets

    assert tuple(NAMES) == register_sheets.FORM_COLUMNS
    assert re.fullmatch("科室.+解决时限", "".join(NAMES))
