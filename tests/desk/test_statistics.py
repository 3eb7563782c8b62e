from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO

import openpyxl
import pytest
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import figures
from yingda.domain import clocks
from yingda.domain.clocks import ClockKind

from .conftest import Clock, Desk


class Tables(HTMLParser):
    """The tables of a page, as rows of the words in their cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.labelled: set[str | None] = set()
        self.controls: set[str | None] = set()
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self._cell = True
            self.tables[-1][-1].append("")
        elif tag == "label":
            self.labelled.add(given["for"])
        elif tag in {"input", "select"}:
            self.controls.add(given["id"])

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in {"th", "td"}

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.tables[-1][-1][-1] += data


def test_figures_are_told_to_programs_with_what_was_asked(logged_in: TestClient, desk: Desk, clock: Clock):
    clock.now += timedelta(hours=1)
    desk.up_to("draft_statement")
    clock.now += timedelta(hours=2)
    told = logged_in.get("/desk/api/statistics").json()
    assert {key: told[key] for key in ("since", "until", "unit", "severity")} == {
        "since": "2026-10-25",
        "until": "2026-11-23",
        "unit": None,
        "severity": None,
    }
    figures = {one["kind"]: one for one in told["on_time"]}
    assert list(figures) == [kind.value for kind in ClockKind]
    in_time = {"in_time": 1, "late": 0, "missed": 0, "running": 0, "rate": 1.0}
    assert figures["verification"] == {
        "kind": "verification",
        "owed": 1,
        "by_original_due": in_time,
        "by_due": in_time,
    }
    assert figures["public_word"]["owed"] == 0
    assert figures["public_word"]["by_due"]["rate"] is None
    assert told["first_word"] == {"incidents": 0, "median_seconds": None}
    assert (told["hand_backs"], [one["revisions"] for one in told["rounds"]]) == (0, [1, 0])


def test_days_are_days_in_shanghai_and_both_are_included(
    logged_in: TestClient, open_incident: Callable[..., str], clock: Clock
):
    # Due at 23:30 in Shanghai on the 23rd, and at 00:30 on the 24th.
    open_incident(clock.now + timedelta(hours=7, minutes=27))
    open_incident(clock.now + timedelta(hours=8, minutes=27))
    clock.now += timedelta(days=3)

    def owed(query: str) -> int:
        told = logged_in.get(f"/desk/api/statistics?{query}").json()
        return next(one["owed"] for one in told["on_time"] if one["kind"] == "verification")

    assert owed("since=2026-11-23&until=2026-11-23") == 1
    assert owed("since=2026-11-24&until=2026-11-24") == 1
    assert owed("since=2026-11-23&until=2026-11-24") == 2
    assert owed("until=2026-11-22") == 0
    assert owed("since=2026-11-24") == 1
    assert owed("since=2026-11-23&unit=nantang") == 0
    assert owed("since=2026-11-23&unit=liuxi&severity=general") == 2
    assert owed("since=2026-11-23&severity=critical") == 0


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("since=yesterday", ["since"]),
        ("since=2026-02-30", ["since"]),
        ("since=20261101", ["since"]),
        ("since=2026-W47-1", ["since"]),
        ("since=1999-12-31", ["since"]),
        ("until=9999-12-31", ["until"]),
        ("until=2026-11-23T00:00", ["until"]),
        ("since=2026-11-24&until=2026-11-23", ["since"]),
        ("since=2026-11-24", ["since"]),
        ("since=x&until=y&unit=nowhere&severity=huge", ["since", "severity", "unit", "until"]),
        ("since=%00", ["since"]),
    ],
)
def test_wrong_days_are_refused_by_name_for_programs_and_beside_the_field_for_people(
    logged_in: TestClient, clock: Clock, query: str, fields: list[str]
):
    reply = logged_in.get(f"/desk/api/statistics?{query}")
    assert (reply.status_code, sorted(reply.json())) == (422, sorted(fields))
    page = logged_in.get(f"/desk/statistics?{query}")
    assert page.status_code == 422
    for field in fields:
        assert f'id="{field}-error"' in page.text
        assert f'href="#{field}"' in page.text
    assert "<table" not in page.text


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_nothing_at_all_is_said_in_words_not_in_empty_tables(
    logged_in: TestClient, open_incident: Callable[..., str], monkeypatch: pytest.MonkeyPatch, locale: str
):
    monkeypatch.setenv("YINGDA_LOCALE", locale)
    settings.forget()
    open_incident(drill=True)
    page = logged_in.get("/desk/statistics")
    assert page.status_code == 200
    assert ("There is nothing to count" if locale == "en" else "没有可统计的事项") in page.text
    assert Tables(page.text).tables == []
    assert 'value="2026-10-25"' in page.text


def test_the_page_shows_the_same_figures_in_tables(logged_in: TestClient, desk: Desk, clock: Clock):
    desk.answer("report", "request_extension", reason="等供电所", until="2026-11-23T18:03")
    desk.answer("extension", "grant")
    clock.now += timedelta(hours=3)
    desk.up_to("draft_statement")
    page = logged_in.get("/desk/statistics")
    seen = Tables(page.text)
    first, present, handling = seen.tables
    assert first[0] == ["时限", "应完成", "按时", "超时完成", "超时未完成", "未到期", "按时率"]
    assert first[1:] == [["核实结果", "1", "0", "1", "0", "0", "0.0%"]]
    assert present[1:] == [["核实结果", "1", "1", "0", "0", "0", "100.0%"]]
    assert ["退单", "0"] in handling
    assert ["从受理到首次对外发布（中位数）", "–"] in handling
    assert seen.controls == seen.labelled == {"since", "until", "severity", "unit", "by"}
    assert 'href="/desk/statistics"' in logged_in.get("/desk/").text


def test_what_is_typed_into_the_address_is_shown_and_never_obeyed(logged_in: TestClient, clock: Clock):
    page = logged_in.get("/desk/statistics", params={"since": '"><script>alert(1)</script>', "unit": "<b>"})
    assert page.status_code == 422
    assert "<script>" not in page.text
    assert "<b>" not in page.text


def test_figures_are_told_apart_as_the_address_asks(logged_in: TestClient, desk: Desk, clock: Clock):
    clock.now += timedelta(hours=3)
    desk.up_to("draft_statement")
    told = logged_in.get("/desk/api/statistics?by=unit").json()
    assert told["by"] == "unit"
    [part] = told["parts"]
    assert part["key"] == "liuxi"
    figures = {one["kind"]: one for one in part["on_time"]}
    assert (figures["verification"]["owed"], figures["verification"]["by_due"]["late"]) == (1, 1)
    page = logged_in.get("/desk/statistics?by=unit").text
    rows = next(table for table in Tables(page).tables if table[0][0] == "责任单位")
    assert rows[1][:3] == ["柳溪村", "核实结果", "1"]
    assert logged_in.get("/desk/api/statistics?by=weather").status_code == 422
    wrong = logged_in.get("/desk/statistics?by=weather")
    assert (wrong.status_code, "分组" in wrong.text) == (422, True)


def test_the_figures_come_as_a_file_that_a_spreadsheet_opens(logged_in: TestClient, desk: Desk, clock: Clock):
    desk.up_to("draft_statement")
    reply = logged_in.get("/desk/statistics/export.csv?by=severity")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="statistics-2026-10-25-2026-11-23.csv"'
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(reply.content.decode("utf-8-sig").splitlines()))
    head = next(row for row in rows if row[:1] == ["分组"])
    told = logged_in.get("/desk/api/statistics?by=severity").json()
    assert len(told["on_time"]) == sum(row[:1] == ["全部"] for row in rows)
    for of, parts in (("全部", told["on_time"]), ("一般", told["parts"][0]["on_time"])):
        for one in parts:
            name = clocks.label(ClockKind(one["kind"]), "zh_CN")
            found = [dict(zip(head, row, strict=True)) for row in rows if row[:2] == [of, name]]
            if of != "全部" and not one["owed"]:
                assert found == []
                continue
            [line] = found
            assert line["应完成"] == str(one["owed"])
            assert line["按现行时限：按时"] == str(one["by_due"]["in_time"])
            assert line["按最初时限：未到期"] == str(one["by_original_due"]["running"])
    assert logged_in.get("/desk/statistics/export.csv?by=weather").status_code == 422


def test_the_file_says_what_it_leaves_out(logged_in: TestClient, desk: Desk):
    def told(query: str) -> list[list[str]]:
        text = logged_in.get(f"/desk/statistics/export.csv?{query}").content.decode("utf-8-sig")
        return list(csv.reader(text.splitlines()))

    assert told("")[2] == []
    assert told("unit=liuxi&severity=major")[2:4] == [["责任单位", "柳溪村"], ["级别", "重大"]]


def test_no_name_becomes_a_formula_in_the_file(logged_in: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(figures, "part_name", lambda asked, part, house: "=HYPERLINK(1)")
    rows = logged_in.get("/desk/statistics/export.csv?by=unit").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in rows
    assert ",=" not in rows
    assert not [row for row in csv.reader(rows.splitlines()) if row and row[0].startswith("=")]


def test_the_workbook_holds_what_the_table_does_numbers_as_numbers_and_no_formula(
    logged_in: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    desk.up_to("draft_statement")
    monkeypatch.setattr(figures, "part_name", lambda asked, part, house: "=HYPERLINK(1)")
    reply = logged_in.get("/desk/statistics/export.xlsx?by=unit")
    assert reply.headers["content-disposition"].endswith('.xlsx"')
    [sheet] = openpyxl.load_workbook(BytesIO(reply.content)).worksheets
    text = logged_in.get("/desk/statistics/export.csv?by=unit").content.decode("utf-8-sig")
    table = [[cell.removeprefix("'") for cell in row] for row in csv.reader(text.splitlines())]
    found = [[cell for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert [[str(cell.value) for cell in row] for row in found] == [[cell for cell in row if cell] for row in table]
    assert {cell.data_type for row in found for cell in row} == {"s", "n"}
    assert any(cell.value == "=HYPERLINK(1)" for row in found for cell in row)
    assert logged_in.get("/desk/statistics/export.xlsx?by=weather").status_code == 422


def test_the_file_is_linked_under_the_same_filter(logged_in: TestClient, desk: Desk):
    page = logged_in.get("/desk/statistics?by=month&severity=general").text
    assert "/desk/statistics/export.csv?since=2026-10-25&amp;until=2026-11-23&amp;severity=general&amp;by=month" in page
