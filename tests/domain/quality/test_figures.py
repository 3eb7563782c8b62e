"""Figures and dates agree with what was verified, and numerals are read as officials write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.domain.quality.judging import found, says

from yingda.domain.quality import numerals
from yingda.domain.quality.figures import figures
from yingda.domain.quality.material import Promise
from yingda.domain.quality.reading import read

REPORT = "11月20日21时，柳溪村3盏路灯因线路老化断电，影响32户村民。更换线路1,200米，费用1.2万元，合格率95%。"


def unknown(body: str, report: str = REPORT, **given: object) -> list[str]:
    return found("figure_unknown", body, reports=(report,), **given)


def differing(body: str, report: str = REPORT, **given: object) -> list[str]:
    return says("figure_differs", body, reports=(report,), **given)


@pytest.mark.parametrize(
    ("words", "worth"),
    [
        ("1,200", "1200"),
        ("1.5", "1.5"),
        ("三", "3"),
        ("十二", "12"),
        ("二十", "20"),
        ("三百零五", "305"),
        ("两千三百", "2300"),
        ("一万二千", "12000"),
        ("两亿", "200000000"),
        ("二〇二六", "2026"),
        ("三点五", "3.5"),
        ("壹拾", "10"),
        ("万", None),
        ("千", None),
        ("", None),
    ],
)
def test_numerals_are_worth_what_they_say(words: str, worth: str | None) -> None:
    assert numerals.value(words) == (Decimal(worth) if worth else None)


@pytest.mark.parametrize(
    ("text", "worth", "unit"),
    [
        ("3盏路灯", "3", "盏"),
        ("３盏路灯", "3", "盏"),
        ("三盏路灯", "3", "盏"),
        ("路灯**3**盏", "3", "盏"),
        ("1,200元", "1200", "元"),
        ("1.2万元", "12000", "元"),
        ("12000块钱", "12000", "元"),
        ("百分之九十五", "95", "%"),
        ("95%", "95", "%"),
        ("5公里", "5000", "m"),
        ("5千米", "5000", "m"),
        ("1.5吨", "1500", "kg"),
        ("两名工人", "2", "人"),
        ("3个工作日", "3", "工作日"),
        ("0.3毫克/升", "0.3", "mg/L"),
    ],
)
def test_a_figure_is_read_with_its_unit_whatever_script_it_is_written_in(text: str, worth: str, unit: str) -> None:
    assert [(one.value, one.unit) for one in figures(read("body", text))] == [(Decimal(worth), unit)]


@pytest.mark.parametrize(
    "text",
    [
        "第三次",
        "国办发〔2016〕61号",
        "12号楼",
        "十分重视",
        "一个问题",
        "一次性",
        "千家万户",
        "24小时值守",
        "YQCZBG-2026-001",
        "2026年",
        "3幢2单元",
    ],
)
def test_what_counts_nothing_is_no_figure(text: str) -> None:
    assert list(figures(read("body", text))) == []


@pytest.mark.parametrize(
    "body",
    [
        "3盏路灯断电，影响32户。",
        "三盏路灯断电，影响三十二户，更换线路1200米，费用12000元，合格率百分之九十五。",
        "影响30余户。",
        "约一万两千元。",
    ],
)
def test_a_figure_that_the_report_bears_out_is_no_finding(body: str) -> None:
    assert (unknown(body), differing(body)) == ([], [])


def test_a_figure_that_stands_nowhere_is_quoted() -> None:
    assert unknown("投入15台设备。") == ["投入15台设备"]


def test_a_figure_for_the_same_thing_that_differs_is_quoted_with_the_report_s() -> None:
    [said] = differing("柳溪村5盏路灯断电。")
    assert "“柳溪村5盏路灯断电”" in said
    assert "“柳溪村3盏路灯因线”" in said
    assert unknown("柳溪村5盏路灯断电。") == []


def test_a_figure_beside_the_report_s_own_is_another_thing() -> None:
    assert differing("3盏路灯断电，另新装5盏路灯。") == []
    assert unknown("3盏路灯断电，另新装5盏路灯。") == ["另新装5盏路灯"]


def test_what_is_public_already_bears_a_figure_out_as_the_report_does() -> None:
    body = "更换电缆400米。"
    assert unknown(body) == ["更换电缆400米"]
    assert unknown(body, earlier=("此前已更换电缆400米。",)) == []


def test_without_any_report_every_figure_is_to_be_checked() -> None:
    assert found("figure_unknown", "3盏路灯断电。") == ["3盏路灯断电"]


# --- dates

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def undated(body: str, report: str = REPORT, **given: object) -> list[str]:
    return found("date_unknown", body, reports=(report,), **given)


@pytest.mark.parametrize(
    "body",
    [
        "11月20日",
        "2026年11月20日",
        "二〇二六年十一月二十日",
        "2026-11-20",
        "2026/11/20",
        "2026.11.20",
        "１１月２０日",
        "11月",
        "20日上午",
    ],
)
def test_a_date_that_the_report_names_is_known_in_every_notation(body: str) -> None:
    assert undated(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "11月21日",
        "2026年11月21日",
        "二〇二六年十一月二十一日",
        "2026-11-21",
        "2026.11.21",
        "12月",
        "21日上午",
        "2025年",
    ],
)
def test_a_date_that_stands_nowhere_is_quoted(body: str) -> None:
    assert undated(f"事情发生在{body}。") == [body.removesuffix("上午")]


@pytest.mark.parametrize("body", ["三日内答复", "3日内答复", "国办发〔2016〕61号", "1.2.3", "13月", "每天", "一日游"])
def test_what_is_no_date_is_not_taken_for_one(body: str) -> None:
    assert undated(body) == []


def test_today_the_opening_and_what_is_promised_need_no_report() -> None:
    assert undated("11月23日发布。", moments=(NOON,)) == []
    assert undated("11月30日前完成。", promises=(Promise("换线", "柳溪村", datetime(2026, 11, 30, tzinfo=UTC)),)) == []
    # The day is that of Shanghai, where it is the 24th already.
    assert undated("11月24日发布。", moments=(datetime(2026, 11, 23, 17, tzinfo=UTC),)) == []


def test_a_date_that_stands_nowhere_is_told_with_those_of_the_report() -> None:
    [said] = says("date_unknown", "事情发生在11月21日。", reports=(REPORT,))
    assert "“11月21日”" in said
    assert "11月20日" in said
