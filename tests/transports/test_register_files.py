"""The register as it lies on disk, read back with another library than the one that wrote it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from yingda import rendering
from yingda.domain.severity import Severity
from yingda.transports.errors import TransportError
from yingda.transports.register_files import (
    Again,
    ChangeRow,
    ClockRow,
    HazardRow,
    IncidentRow,
    OverdueRow,
    RegisterDay,
    StatisticRow,
    write,
)

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
FORM = ["科室", "舆情隐患内容", "线下处置措施", "线上管控措施及引导口径", "解决时限"]

A_DAY = RegisterDay(
    office_name="某街道网信办",
    as_of=NOW,
    compiled_at=NOW,
    hazards=(
        HazardRow("环卫科", "垃圾清运不及时", "增加班次", "公布清运时间", date(2026, 11, 30), id=1),
        HazardRow("东村", "道路破损", "", "", "长期", id=2),
    ),
    incidents=(
        IncidentRow(
            "YQCZBG-2026-001",
            "某路段积水",
            Severity.MAJOR,
            None,
            "核查",
            "王明",
            NOW,
            NOW,
            drill=True,
            clocks=(
                ClockRow("verification", "核实结果", NOW, NOW - timedelta(hours=1), missed=True),
                ClockRow("public_word", "首次发声", NOW, NOW + timedelta(hours=5), missed=False),
                ClockRow("review", "总结", NOW, NOW + timedelta(days=7), missed=True),
            ),
        ),
    ),
    overdue=(
        OverdueRow("YQCZBG-2026-001", "某路段积水", None, "核实结果", NOW, "2 天 3 小时"),
        OverdueRow(None, "道路破损", "东村", "解决隐患", date(2026, 11, 20), "3 天", hazard=2),
    ),
    changes=(ChangeRow(None, "道路破损", "东村", "隐患变更", "风险：中 → 高", hazard="2"),),
    statistics=(
        StatisticRow("科室", "环卫科", 1, 0, 0, 0),
        StatisticRow("科室", "东村", 1, 1, 2, 1),
        StatisticRow("类别", "环境卫生", 2, 1, 2, 1),
    ),
    compared_with=date(2026, 11, 20),
)
HEADER, FIRST = 3, 4
"""Rows of the header and of the first line; the title and a line of particulars stand above."""


def table(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(min_row=HEADER, values_only=True)]


def test_the_first_sheet_is_the_paper_form_cell_by_cell(tmp_path: Path) -> None:
    folder = write(tmp_path / "register", DAY, A_DAY)

    assert folder == tmp_path / "register" / "2026-11-23"
    book = openpyxl.load_workbook(folder / "register.xlsx")
    assert book.sheetnames == ["网络舆情隐患排查表", "在办事件", "超时", "变化", "统计"]
    assert [list(row) for row in book.worksheets[0].values] == [
        ["网络舆情隐患排查表", None, None, None, None],
        ["编制单位：某街道网信办　日期：2026年11月23日（星期一）　截至 2026-11-23 08:00", None, None, None, None],
        FORM,
        ["环卫科", "垃圾清运不及时", "增加班次", "公布清运时间", "2026-11-30"],
        ["东村", "道路破损", "", "", "长期"],
    ]


def test_every_sheet_prints_as_an_office_expects(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(tmp_path, DAY, A_DAY) / "register.xlsx")
    last = {sheet.title: sheet.max_row for sheet in book}

    assert last["网络舆情隐患排查表"] == 5
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == "$3:$3"
        width = openpyxl.utils.get_column_letter(len(table(sheet)[0]))
        assert sheet.print_area == f"'{sheet.title}'!$A$1:${width}${last[sheet.title]}"
        assert "&P" in sheet.oddFooter.center.text
        assert sheet.freeze_panes == "A4"
        assert sorted(str(one) for one in sheet.merged_cells.ranges) == [f"A1:{width}1", f"A2:{width}2"]
        for row in sheet.iter_rows(min_row=HEADER):
            for cell in row:
                assert cell.border.left.style == cell.border.bottom.style == "thin", cell.coordinate
                assert cell.data_type == "n" or cell.alignment.wrap_text, cell.coordinate
    form = book.worksheets[0]
    given = sorted((one.min, one.max, one.width) for one in form.column_dimensions.values())
    widths = [width for first, last_of, width in given for _ in range(first, last_of + 1)]
    assert widths == pytest.approx([16, 48, 40, 40, 14], abs=1)


def test_incidents_what_is_overdue_and_what_changed_have_their_sheets(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(tmp_path, DAY, A_DAY) / "register.xlsx")

    header, incident = table(book["在办事件"])
    assert dict(zip(header, incident, strict=True)) == {
        "事件编号": "YQCZBG-2026-001",
        "标题": "【演练】某路段积水",
        "级别": "重大",
        "责任单位": "尚未确定",
        "环节": "核查",
        "等待办理": "王明",
        "受理时间": "2026-11-23 08:00",
        "计时": "核实结果：2026-11-23 07:00（已超时）\n首次发声：2026-11-23 13:00\n"
        "总结：2026-11-30 08:00（已延期，曾超时）",
        "时限": "2026-11-23 08:00",
    }
    assert table(book["超时"])[1:] == [
        ["YQCZBG-2026-001", "某路段积水", "尚未确定", "核实结果", "2026-11-23 08:00", "2 天 3 小时"],
        ["隐患 2", "道路破损", "东村", "解决隐患", "2026-11-20", "3 天"],
    ]
    assert table(book["变化"])[1:] == [["隐患 2", "道路破损", "东村", "隐患变更", "风险：中 → 高"]]
    assert "与 2026-11-20 的汇总表相比" in str(book["变化"]["A2"].value)


def test_the_counts_are_numbers_with_a_native_chart_for_units_and_one_for_topics(tmp_path: Path) -> None:
    path = write(tmp_path, DAY, A_DAY) / "register.xlsx"
    sheet = openpyxl.load_workbook(path)["统计"]

    assert table(sheet)[1:] == [
        ["科室", "环卫科", 1, 0, 0, 0],
        ["科室", "东村", 1, 1, 2, 1],
        ["类别", "环境卫生", 2, 1, 2, 1],
    ]
    with ZipFile(path) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    assert "统计!$B$4:$B$5" in charts[0]
    assert "环卫科" in charts[0], "its values are in the chart itself, for programs that do not calculate"
    assert "统计!$C$6<" in charts[1]


def test_a_day_off_and_a_day_compiled_later_say_so_everywhere(tmp_path: Path) -> None:
    later = replace(
        A_DAY, working=False, rebuilt=True, compiled_at=NOW + timedelta(days=3), compared_with=None, changes=()
    )
    unsure = replace(later, incidents=(replace(A_DAY.incidents[0], unknown="部分计时"),))
    folder = write(tmp_path, DAY, unsure)

    words = rendering.plain_text((folder / "register.html").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(folder / "register.xlsx")
    for said in (words, str(book.worksheets[0]["A2"].value)):
        assert "休息日" in said
        assert "按事件记录补编 compiled later from the record，补编于 2026-11-26 08:00" in said
    assert "没有更早的汇总表可比" in words
    assert [row[-1] for row in table(book["在办事件"])] == ["记录不足", "部分计时"]
    content = json.loads((folder / "register.json").read_text(encoding="utf-8"))
    assert (content["rebuilt"], content["working"], content["incidents"][0]["unknown"]) == (True, False, "部分计时")
    assert "补编" not in (write(tmp_path / "other", DAY, A_DAY) / "register.html").read_text(encoding="utf-8")


def test_rows_are_read_anew_for_each_file_and_never_held(tmp_path: Path) -> None:
    begun, alive, most = [], [0], [0]

    class Big(str):
        def __new__(cls, text: str) -> Big:
            alive[0] += 1
            most[0] = max(most[0], alive[0])
            return super().__new__(cls, text)

        def __del__(self) -> None:
            alive[0] -= 1

    def rows() -> Iterator[HazardRow]:
        begun.append(True)
        for number in range(3000):
            yield HazardRow("环卫科", Big(f"隐患 {number}"), "", "", None)

    folder = write(tmp_path, DAY, replace(A_DAY, hazards=Again(rows, 3000)))

    assert len(begun) == 3
    assert most[0] < 300
    assert openpyxl.load_workbook(folder / "register.xlsx").worksheets[0].max_row == 3003
    assert len(json.loads((folder / "register.json").read_text(encoding="utf-8"))["hazards"]) == 3000


def test_libreoffice_opens_it_where_there_is_one(tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice: install Debian's package libreoffice-calc-nogui to see it open the register")
    path = write(tmp_path, DAY, A_DAY) / "register.xlsx"
    run = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "csv"]
    subprocess.run([*run, "--outdir", str(tmp_path), str(path)], check=True, timeout=120, capture_output=True)

    assert "垃圾清运不及时" in (tmp_path / "register.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|'/c calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("https://evil.example.org")',
        "https://evil.example.org",
        "{=1}",
        "0012",
    ],
)
def test_what_somebody_typed_is_never_a_formula_a_link_or_a_number(tmp_path: Path, text: str) -> None:
    data = replace(
        A_DAY,
        office_name=text,
        hazards=(HazardRow(text, text, text, text, text),),
        incidents=(replace(A_DAY.incidents[0], title=text, unit_name=text, drill=False),),
        overdue=(OverdueRow(None, text, text, text, NOW, text),),
        changes=(ChangeRow(None, text, text, text, text),),
        statistics=(StatisticRow("科室", text, 1, 0, 0, 0),),
    )
    path = write(tmp_path, DAY, data) / "register.xlsx"
    book = openpyxl.load_workbook(path)

    found = 0
    for sheet in book:
        for row in sheet.iter_rows(min_row=FIRST):
            for cell in row:
                assert cell.hyperlink is None
                assert cell.data_type in ("s", "n"), cell.coordinate
                if cell.data_type == "s" and cell.value == text.replace("\r", "\n"):
                    found += 1
                    assert cell.quotePrefix, "it stays text when somebody edits the cell"
    assert found == 5 + 2 + 4 + 4 + 1
    with ZipFile(path) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    data = replace(A_DAY, hazards=(HazardRow("环卫科", "长" * 40_000, "", "", None),))
    folder = write(tmp_path, DAY, data)

    shown = openpyxl.load_workbook(folder / "register.xlsx").worksheets[0]["B4"].value
    assert isinstance(shown, str)
    assert shown.endswith("全文见工作台）")
    assert "长" * 40_000 in (folder / "register.json").read_text(encoding="utf-8")


def test_characters_no_file_can_hold_do_not_stop_the_register(tmp_path: Path) -> None:
    data = replace(A_DAY, hazards=(HazardRow("环卫科\x00\x0b", "坏\ud800字\x1f", "甲\r\n乙", "", None),))
    folder = write(tmp_path, DAY, data)

    row = [cell.value for cell in openpyxl.load_workbook(folder / "register.xlsx").worksheets[0][4]]
    assert row[:3] == ["环卫科", "坏字", "甲\n乙"]
    json.loads((folder / "register.json").read_text(encoding="utf-8"))


def test_the_same_register_gives_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    first = write(tmp_path / "a", DAY, A_DAY)
    time.sleep(1.1)  # a spreadsheet records seconds
    second = write(tmp_path / "b", DAY, A_DAY)

    for name in ("register.xlsx", "register.html", "register.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_writing_it_again_touches_nothing_and_a_change_replaces_it(tmp_path: Path) -> None:
    folder = write(tmp_path, DAY, A_DAY)
    before = {path: path.stat().st_ino for path in folder.iterdir()}

    write(tmp_path, DAY, A_DAY)
    assert {path: path.stat().st_ino for path in folder.iterdir()} == before

    write(tmp_path, DAY, replace(A_DAY, hazards=()))
    assert "垃圾清运" not in (folder / "register.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["register.html", "register.json", "register.xlsx"]


def test_the_page_shows_every_table_and_escapes_what_was_typed(tmp_path: Path) -> None:
    data = replace(A_DAY, hazards=(HazardRow("环卫科", "<script>alert(1)</script>", "", "", None),))
    page = (write(tmp_path, DAY, data) / "register.html").read_text(encoding="utf-8")

    assert "<script" not in page
    words = rendering.plain_text(page)
    for expected in (*FORM, "<script>alert(1)</script>", "【演练】某路段积水", "2026年11月23日", "隐患变更"):
        assert expected in words


def test_the_data_is_machine_readable(tmp_path: Path) -> None:
    content = json.loads((write(tmp_path, DAY, A_DAY) / "register.json").read_text(encoding="utf-8"))

    assert content["date"] == "2026-11-23"
    assert content["hazards"][0]["due"] == "2026-11-30"
    assert content["incidents"][0]["severity"] == "major"
    assert content["incidents"][0]["opened_at"] == "2026-11-23T00:00:00Z"
    assert content["overdue"][1]["number"] is None
    assert content["as_of"] == "2026-11-23T00:00:00Z"
    assert content["compared_with"] == "2026-11-20"


def test_an_empty_register_is_still_a_register(tmp_path: Path) -> None:
    folder = write(tmp_path, DAY, RegisterDay("某街道网信办", NOW, NOW, (), (), ()))

    book = openpyxl.load_workbook(folder / "register.xlsx")
    assert table(book.worksheets[0]) == [FORM]
    with ZipFile(folder / "register.xlsx") as parts:
        assert not [name for name in parts.namelist() if "chart" in name]
    assert "无。" in (folder / "register.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_to_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "register").write_text("in the way", encoding="utf-8")

    with pytest.raises(TransportError, match="could not be written") as failure:
        write(tmp_path / "register", DAY, A_DAY)
    assert not failure.value.permanent
