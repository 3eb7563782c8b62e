"""A table of hazards row by row: found under any title, read as it was meant, refused with row, value and remedy."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from yingda.domain import hazard_table
from yingda.domain.hazard_table import COLUMNS, Header, NoHeader, Raw, Row, Unreadable
from yingda.domain.roster import Roster
from yingda.settings import load

NAMES = tuple(COLUMNS.values())
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def roster() -> Roster:
    return load({}).roster


def table(*rows: tuple[Any, ...]) -> list[Raw]:
    return [Raw(number, cells) for number, cells in enumerate(rows, start=1)]


def read(roster: Roster, *rows: tuple[Any, ...], locale: str = "zh_CN") -> list[Row]:
    found = table(NAMES, *rows)
    return list(hazard_table.read(found, hazard_table.find_header(found), roster, TODAY, locale))


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        ("科 室", "舆情隐患\n内容", "线下处置措施 ", "线上管控措施及\r\n引导口径", "解决时限"),
        ("科室", "舆情隐患内容", "线下处置措施", "线上管控措施及引导口径", "解决时限："),
        ("　科室　", "＊舆情隐患内容", "线下处置措施", "线上管控措施及引导口径", "解决　时限"),
        ("单位", "隐患内容", "线下处置措施", "线上管控措施和引导口径", "时限"),
        ("UNIT", "Content", "Offline Measures", "online_measures", "Due"),
    ],
)
def test_a_header_is_known_whatever_blanks_width_and_case_it_is_typed_in(names: tuple[str, ...]):
    header = hazard_table.find_header(table(("网络舆情隐患排查表",), (), names))
    assert header == Header(3, {name: place for place, name in enumerate(COLUMNS)})


def test_columns_may_stand_in_any_order_and_those_that_no_hazard_has_are_named():
    header = hazard_table.find_header(table(("序号", *reversed(NAMES), "备注")))
    assert header.places["unit"] == 5
    assert header.ignored == ("序号", "备注")


def test_what_the_likeliest_row_lacks_is_named():
    with pytest.raises(NoHeader) as none:
        hazard_table.find_header(table(("标题",), ("科室", "舆情隐患内容", "解决时限")))
    assert none.value.missing == ("线下处置措施", "线上管控措施及引导口径")


def test_a_column_that_stands_there_twice_is_refused():
    with pytest.raises(NoHeader) as none:
        hazard_table.find_header(table((*NAMES, "解决时限")))
    assert none.value.twice == "解决时限"


def test_a_header_is_not_looked_for_far_down():
    with pytest.raises(NoHeader):
        hazard_table.find_header(table(*[("标题",)] * hazard_table.HEADER_WITHIN, NAMES))


def test_units_are_known_by_id_chinese_and_english_name(roster: Roster):
    names = ["liuxi", "柳溪村", "Liuxi Village", " 柳 溪 村 ", "ＬＩＵＸＩ"]
    assert [row.unit for row in read(roster, *((name, "积水", "", "", "") for name in names))] == ["liuxi"] * 5


def test_blank_rows_and_a_header_repeated_on_the_next_page_are_passed_over(roster: Roster):
    rows = read(roster, ("liuxi", "一"), (None, " ", "", None, ""), NAMES, (), ("liuxi", "二"))
    assert [(row.number, row.content) for row in rows] == [(2, "一"), (6, "二")]


def test_cells_that_are_no_text_are_told_as_people_see_them(roster: Roster):
    [row] = read(roster, ("liuxi", 12.0, 3.5, datetime.combine(date(2026, 11, 1), time()), date(2026, 12, 1)))
    assert (row.content, row.offline_measures, row.online_measures, row.due) == (
        "12",
        "3.5",
        "2026-11-01",
        date(2026, 12, 1),
    )


def test_text_that_looks_like_a_formula_stays_the_text_it_is(roster: Roster):
    [row] = read(roster, ("liuxi", "=1+1", "+49", "-", "@x"))
    assert not row.errors or set(row.errors) == {"due"}
    assert (row.content, row.offline_measures, row.online_measures) == ("=1+1", "+49", "-")


@pytest.mark.parametrize(
    ("cells", "field", "said"),
    [
        (("", "积水"), "unit", "必填"),
        (("火星科", "积水"), "unit", "“火星科”不是名册中的一个单位，请填：社会事务科"),
        (("liuxi", ""), "content", "必填"),
        (("liuxi", "字" * 4_001), "content", "有 4001 字，最多 4000 字，请缩短"),
        (("liuxi", "积水", "字" * 4_001), "offline_measures", "4000"),
        (("liuxi", "积水\x07"), "content", "控制字符"),
        (("liuxi", "积水\ud800"), "content", "控制字符"),
        (("liuxi", "积水", "", "", "下周五"), "due", "“下周五” 不是能确定的日期，请写成 2026-11-30"),
        (("liuxi", "积水", "", "", "2026-02-30"), "due", "日历上没有这一天"),
        (("liuxi", Unreadable("formula", "=A1")), "content", "“=A1”是公式，公式不作计算；请复制"),
        (("liuxi", "积水", "", "", Unreadable("formula", "=TODAY()")), "due", "“=TODAY()”是公式"),
        ((Unreadable("error", "#REF!"), "积水"), "unit", "“#REF!”是表格的错误值"),
    ],
)
def test_a_row_that_cannot_be_read_says_which_cell_its_value_and_the_remedy(
    roster: Roster, cells: tuple[Any, ...], field: str, said: str
):
    [row] = read(roster, cells)
    assert set(row.errors) == {field}
    assert said in row.errors[field]
    assert row.number == 2
    [english] = read(roster, cells, locale="en")
    assert english.errors[field].isascii() or "“" in english.errors[field]
    assert english.errors[field] != row.errors[field]


def test_all_that_is_wrong_with_a_row_is_said_at_once(roster: Roster):
    [row] = read(roster, ("x", "", "", "", "y"))
    assert set(row.errors) == {"unit", "content", "due"}


def test_a_name_that_two_units_have_is_nobody_s(roster: Roster):
    plain = roster.model_dump(mode="json")
    for unit in plain["units"][:2]:
        unit["name_en"] = "The Section"
    twins = Roster.model_validate(plain)
    [row, by_id] = read(twins, ("the section", "积水"), (twins.units[0].id, "积水"))
    assert set(row.errors) == {"unit"}
    assert not by_id.errors


def test_every_refusal_of_a_file_has_words_in_both_languages():
    detail = {
        "most": 1,
        "guess": "x",
        "line": 1,
        "within": 20,
        "missing": "a",
        "all": "b",
        "column": "c",
        "names": "d",
    }
    for why in hazard_table._REFUSALS:
        assert hazard_table.refusal(why, detail, "zh_CN") != hazard_table.refusal(why, detail, "en")
