"""The register as it lies on disk, read back with another library than the one that wrote it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from yingda import rendering
from yingda.domain.severity import Severity
from yingda.transports.errors import TransportError
from yingda.transports.register_files import (
    ChangeRow,
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
    hazards=(
        HazardRow("环卫科", "垃圾清运不及时", "增加班次", "公布清运时间", date(2026, 11, 30)),
        HazardRow("东村", "道路破损", "", "", "长期"),
    ),
    incidents=(
        IncidentRow("YQCZBG-2026-001", "某路段积水", Severity.MAJOR, None, "核查", "王明", NOW, NOW, drill=True),
    ),
    overdue=(OverdueRow(None, "道路破损", "东村", "解决隐患", NOW, "2 天"),),
    changes=(ChangeRow(None, "道路破损", "东村", "新增"),),
    statistics=(StatisticRow("科室", "环卫科", 1, 0, 0),),
)


def test_the_first_sheet_is_the_paper_form(tmp_path: Path) -> None:
    folder = write(tmp_path / "register", DAY, A_DAY)

    assert folder == tmp_path / "register" / "2026-11-23"
    book = openpyxl.load_workbook(folder / "register.xlsx")
    assert book.sheetnames == ["网络舆情隐患排查表", "在办事件", "超时", "变化", "统计"]
    rows = [list(row) for row in book.worksheets[0].values]
    assert rows[0] == FORM
    assert rows[1] == ["环卫科", "垃圾清运不及时", "增加班次", "公布清运时间", "2026-11-30"]
    assert rows[2][-1] == "长期"
    assert len(rows) == 3


def test_incidents_and_what_is_overdue_have_their_sheets(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(tmp_path, DAY, A_DAY) / "register.xlsx")

    incident = [list(row) for row in book["在办事件"].values][1]
    assert incident[:4] == ["YQCZBG-2026-001", "【演练】某路段积水", "重大", "尚未确定"]
    assert incident[-1] == "2026-11-23 08:00"
    assert [list(row) for row in book["超时"].values][1] == [
        "隐患", "道路破损", "东村", "解决隐患", "2026-11-23 08:00", "2 天",
    ]  # fmt: skip
    assert [list(row) for row in book["统计"].values][1] == ["科室", "环卫科", 1, 0, 0]


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "https://evil.example.org", "{=1}", "0012"]
)
def test_what_somebody_typed_is_never_a_formula_a_link_or_a_number(tmp_path: Path, text: str) -> None:
    data = replace(A_DAY, hazards=(HazardRow(text, text, text, text, text),))
    sheet = openpyxl.load_workbook(write(tmp_path, DAY, data) / "register.xlsx").worksheets[0]

    for cell in sheet[2]:
        assert (cell.data_type, cell.value) == ("s", text)
        assert cell.hyperlink is None
        assert cell.quotePrefix, "it stays text when somebody edits the cell"


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    data = replace(A_DAY, hazards=(HazardRow("环卫科", "长" * 40_000, "", "", None),))
    folder = write(tmp_path, DAY, data)

    shown = openpyxl.load_workbook(folder / "register.xlsx").worksheets[0]["B2"].value
    assert isinstance(shown, str)
    assert shown.endswith("全文见工作台）")
    assert "长" * 40_000 in (folder / "register.json").read_text(encoding="utf-8")


def test_characters_no_file_can_hold_do_not_stop_the_register(tmp_path: Path) -> None:
    data = replace(A_DAY, hazards=(HazardRow("环卫科\x00\x0b", "坏\ud800字\x1f", "甲\r\n乙", "", None),))
    folder = write(tmp_path, DAY, data)

    row = [cell.value for cell in openpyxl.load_workbook(folder / "register.xlsx").worksheets[0][2]]
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
    for expected in (*FORM, "<script>alert(1)</script>", "【演练】某路段积水", "2026年11月23日", "新增"):
        assert expected in words


def test_the_data_is_machine_readable(tmp_path: Path) -> None:
    content = json.loads((write(tmp_path, DAY, A_DAY) / "register.json").read_text(encoding="utf-8"))

    assert content["date"] == "2026-11-23"
    assert content["hazards"][0]["due"] == "2026-11-30"
    assert content["incidents"][0]["severity"] == "major"
    assert content["incidents"][0]["opened_at"] == "2026-11-23T00:00:00Z"
    assert content["overdue"][0]["number"] is None


def test_an_empty_register_is_still_a_register(tmp_path: Path) -> None:
    folder = write(tmp_path, DAY, RegisterDay("某街道网信办", (), (), ()))

    assert [list(row) for row in openpyxl.load_workbook(folder / "register.xlsx").worksheets[0].values] == [FORM]
    assert "无。" in (folder / "register.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_to_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "register").write_text("in the way", encoding="utf-8")

    with pytest.raises(TransportError, match="could not be written") as failure:
        write(tmp_path / "register", DAY, A_DAY)
    assert not failure.value.permanent
