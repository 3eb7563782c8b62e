"""The papers follow the record: the report form is written once there is a report, and again when it must show more."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from yingda import rendering
from yingda.domain.errors import IncidentNotFound
from yingda.services import correcting, moving, papering
from yingda.store.models import Revision

REPORT_ROWS = ["柳溪村路灯不亮", "线路老化", "当日更换", "已修复", "路灯恢复"]


def write(office: Any, number: str | None = None) -> list[str]:
    return papering.write_reports(office.transaction, office.house, office.now, number)


def file(office: Any, number: str) -> Path:
    return Path(office.house.reports / f"{number}.docx")


def form(office: Any, number: str) -> tuple[list[str], list[str]]:
    """The lines of the written form, and the right column of its table."""
    document = Document(str(file(office, number)))
    [table] = document.tables
    return [one.text for one in document.paragraphs], [row.cells[1].text for row in table.rows]


def statement(office: Any, number: str, sha256: str | None = None) -> list[str]:
    with office.transaction() as session:
        content = papering.statement_document(session, number, office.house, sha256)
    assert content is not None
    return [one.text for one in Document(BytesIO(content)).paragraphs if one.text]


def texts(office: Any) -> list[Revision]:
    with office.transaction() as session:
        return [one for one in session.query(Revision).order_by(Revision.id) if "title" in one.content]


def test_without_a_report_nothing_is_written(office: Any) -> None:
    number = office.open()
    assert write(office) == []
    assert not office.house.reports.exists()
    with office.transaction() as session:
        assert papering.report_document(session, number, office.house) is None


def test_before_approval_the_newest_is_written_and_marked_and_approval_takes_the_mark_away(
    office: Any, report: dict[str, Any]
) -> None:
    number = office.open()
    office.answer(number, "report", "submit", **report)
    assert write(office, number) == []
    lines, cells = form(office, number)
    assert "（未审批）" in lines
    assert cells == REPORT_ROWS
    assert f"编号：{number}\t日期：2026年11月23日" in lines
    assert {"责任单位：柳溪村", "分管领导：韩越", "联系电话：0571-5550-0121"} <= set(lines)

    office.answer(number, "approve_report", "approve")
    assert write(office, number) == []
    lines, cells = form(office, number)
    assert "（未审批）" not in lines
    assert cells == REPORT_ROWS


def test_a_returned_report_is_written_anew_with_what_it_says_now(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    office.answer(number, "report", "submit", **report)
    write(office)
    office.answer(number, "approve_report", "return", comment="请写明时间")
    office.answer(number, "report", "submit", **{**report, "cause": "十一月二十日线路老化"})
    write(office)
    assert form(office, number)[1][1] == "十一月二十日线路老化"


def test_while_a_later_report_waits_for_approval_the_approved_one_stands(office: Any, report: dict[str, Any]) -> None:
    number = office.bring_to("publication")
    office.publish(number)
    office.answer(number, "close", "close", result="已修复")
    office.later(hours=1).reopen(number, "verification")
    office.answer(number, "report", "submit", **{**report, "cause": "又查到的原因"})
    write(office)
    lines, cells = form(office, number)
    assert (cells[1], "（未审批）" in lines) == ("线路老化", False)
    office.answer(number, "approve_report", "approve")
    write(office)
    assert form(office, number)[1][1] == "又查到的原因"


def test_writing_again_touches_nothing_and_what_was_lost_comes_back(office: Any) -> None:
    number = office.bring_to("statement")
    write(office)
    before = file(office, number).stat()
    content = file(office, number).read_bytes()
    write(office)
    assert file(office, number).stat().st_ino == before.st_ino
    file(office, number).unlink()
    write(office)
    assert file(office, number).read_bytes() == content
    file(office, number).write_bytes(b"half of a fi")
    write(office)
    assert file(office, number).read_bytes() == content


def test_long_after_closing_only_what_is_missing_is_written(office: Any) -> None:
    number = office.bring_to("publication")
    office.publish(number)
    office.answer(number, "close", "close", result="已修复")
    write(office)
    office.later(days=8)
    file(office, number).write_bytes(b"somebody's own")
    write(office)
    assert file(office, number).read_bytes() == b"somebody's own"
    file(office, number).unlink()
    write(office)
    assert form(office, number)[1] == REPORT_ROWS


def test_a_disk_that_takes_nothing_is_told_and_keeps_no_other_form_from_being_written(office: Any) -> None:
    first, second = office.bring_to("statement"), office.bring_to("statement")
    file(office, first).mkdir(parents=True)
    [said] = write(office)
    assert first in said
    assert form(office, second)[1] == REPORT_ROWS


def test_a_deputy_who_approved_is_named_with_whom_they_stood_in_for(office: Any, report: dict[str, Any]) -> None:
    away = [{"start": "2026-11-23", "end": "2026-11-24", "deputy": "tan_songbai"}]
    office.with_officer("han_yue", absences=away)
    number = office.bring_to("statement")
    write(office)
    assert "分管领导：谭松柏（代韩越）" in form(office, number)[0]


def test_a_drill_says_so_on_its_papers(office: Any) -> None:
    number = office.bring_to("publication", drill=True)
    office.publish(number)
    write(office)
    assert "（演练）" in form(office, number)[0]
    assert any(line.startswith("【演练】") for line in statement(office, number))


def test_the_form_is_chinese_in_an_office_that_works_in_english(office: Any) -> None:
    office.house = replace(office.house, locale="en")
    number = office.bring_to("statement")
    write(office)
    assert "责任单位：柳溪村" in form(office, number)[0]


def test_a_statement_that_is_not_public_says_that_it_must_not_be_used(office: Any) -> None:
    number = office.bring_to("statement_approval")
    said = statement(office, number)
    assert "尚未发布，不得对外使用。" in said
    assert "签发" not in said
    assert said[0] == "云桥街道网络舆情应对处置领导小组办公室"


def test_a_public_statement_names_its_signers_with_role_and_time(office: Any) -> None:
    number = office.bring_to("publication", severity="major")
    office.publish(number)
    said = statement(office, number)
    assert said[1:5] == [f"{number}\t2026年11月23日", "情况说明", "关于路灯的说明", "路灯已修复。"]
    assert said[-3:] == ["签发", "办公室主任 沈若兰 2026-11-23 14:03", "上级有关部门 顾为民 2026-11-23 14:03"]


def test_what_was_promised_is_on_the_paper_as_on_the_page(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("statement")
    promise = {"text": "更换全部灯具", "unit": "liuxi", "due": "2026-12-01T18:00:00+08:00"}
    office.answer(number, "draft_statement", "submit", **{**statement, "kind": "holding", "commitments": [promise]})
    with office.transaction() as session:
        content = papering.statement_document(session, number, office.house)
    said = [one.text for one in Document(BytesIO(content)).paragraphs]
    assert "后续安排" in said
    assert "2026-12-01 18:00 前：更换全部灯具（柳溪村）" in said


@pytest.mark.parametrize("kind", ["correction", "withdrawal"])
def test_a_correction_or_withdrawal_is_named_on_both_papers(office: Any, kind: str) -> None:
    number = office.bring_to("publication")
    office.publish(number)
    office.later(hours=1)
    with office.case(number) as case:
        {"correction": correcting.correct, "withdrawal": correcting.withdraw}[kind](case, "写错了", "account:duty")
        moving.advance(case)
    office.answer(number, "draft_statement", "submit", kind=kind, title="关于路灯的再说明", body="以此为准。")
    if kind == "correction":
        assert "本说明更正 2026-11-23 14:03 发布的《关于路灯的说明》，以本说明为准。" in statement(
            office, number, texts(office)[-1].sha256
        )
    office.answer(number, "sign_statement", "approve")
    office.publish(number)

    first, second = texts(office)
    newest = statement(office, number)
    assert newest == statement(office, number, second.sha256)
    earlier = statement(office, number, first.sha256)
    if kind == "correction":
        assert newest[2:4] == ["本说明更正 2026-11-23 14:03 发布的《关于路灯的说明》，以本说明为准。", "更正"]
        assert earlier[2] == "已更正 2026-11-23 15:03"
    else:
        said = "2026-11-23 14:03 发布的《关于路灯的说明》已于 2026-11-23 15:03 撤回，不再有效。"
        assert newest[2:4] == [said, "撤回声明"]
        assert earlier[2] == said


def test_in_english_the_notices_are_english(office: Any) -> None:
    office.house = replace(office.house, locale="en")
    number = office.bring_to("statement_approval", drill=True)
    said = statement(office, number)
    assert "Not published: not for use outside the office." in said
    assert "Drill: This is a drill (演练). Nothing described here has happened." in said
    assert "Statement" in said


def test_a_text_of_another_incident_is_not_handed_out(office: Any) -> None:
    office.bring_to("statement_approval")
    mine = office.open()
    with office.transaction() as session:
        assert papering.statement_document(session, mine, office.house, texts(office)[0].sha256) is None
        with pytest.raises(IncidentNotFound):
            papering.statement_document(session, "YQCZBG-2026-999\x00", office.house)


def test_what_stands_in_the_report_is_no_template(office: Any) -> None:
    odd = "{{ 7*7 }} <w:p> ]]> 👍"
    number = office.open(title="{{ title }} & <b>")
    office.answer(number, "report", "submit", cause=odd, measures="甲\n\n乙", wording="长" * 4000, result="{_{ x }_}")
    write(office)
    assert form(office, number)[1] == [
        "{{ title }} & <b>",
        rendering.legible(odd),
        "甲\n\n乙",
        "长" * 4000,
        "{_{ x }_}",
    ]
