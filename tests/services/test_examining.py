"""A statement is held against what is on record of its incident, and refused only for what the policy refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.errors import FieldsRefused
from yingda.domain.life import RequestState, Stage
from yingda.domain.quality.rule import Check, Level
from yingda.services import briefing, examining, viewing
from yingda.services.answering import Asked, look
from yingda.services.examining import FindingSeen
from yingda.store.models import Event, Revision

from .conftest import REPORT, STATEMENT, Office

PHONE = "请联系13800138000。"
FIGURES = {**REPORT, "cause": "11月20日，3盏路灯因线路老化断电。反映人李小红。", "measures": "更换线路200米。"}
GOOD = (
    "经核实，11月20日柳溪村3盏路灯因线路老化断电，11月20日已更换线路200米，全部恢复照明。由此给大家带来不便，我们深表歉意。"
    "柳溪村将每月检查一次。发言人：韩越。"
)


def with_levels(office: Office, **levels: str) -> None:
    """Let other levels hold from now on."""
    quality = office.house.policy.quality
    checks = {**quality.checks, **{Check(name): Level(level) for name, level in levels.items()}}
    policy = office.house.policy.model_copy(update={"quality": quality.model_copy(update={"checks": checks})})
    office.house = replace(office.house, policy=policy)


def at_drafting(office: Office, report: dict[str, Any] = FIGURES, **conf: Any) -> str:
    number = office.open(**conf)
    office.answer(number, "report", "submit", **report)
    office.answer(number, "approve_report", "approve")
    return number


def draft(office: Office, number: str, body: str, **fields: Any) -> None:
    office.answer(number, "draft_statement", "submit", **{**STATEMENT, "body": body, **fields})


def of_newest(office: Office, number: str) -> tuple[FindingSeen, ...]:
    with office.transaction() as session:
        return examining.newest(session, office.incident(number), office.house)


def codes(findings: tuple[FindingSeen, ...]) -> set[str]:
    return {one.code.value for one in findings}


def test_a_statement_with_a_mobile_number_is_refused_with_the_number_and_nothing_is_stored(office: Office) -> None:
    number = at_drafting(office)
    with pytest.raises(FieldsRefused) as refused:
        draft(office, number, GOOD + PHONE)

    [(field, said)] = refused.value.fields.items()
    assert field == "body"
    assert "13800138000" in said
    assert "请删去" in said
    assert office.stage(number) is Stage.STATEMENT
    assert office.asked(number, "draft_statement").state is RequestState.OPEN
    draft(office, number, GOOD)
    assert office.stage(number) is Stage.STATEMENT_APPROVAL


def test_everything_that_refuses_is_said_at_once_field_by_field(office: Office) -> None:
    number = at_drafting(office)
    promise = {"text": "回访李小红", "unit": "liuxi", "due": (office.now + timedelta(days=3)).isoformat()}
    with pytest.raises(FieldsRefused) as refused:
        draft(office, number, GOOD + PHONE + "车牌浙A12345。", title="致李小红", commitments=[promise])

    said = refused.value.fields
    assert set(said) == {"title", "body", "commitments.0.text"}
    assert "13800138000" in said["body"]
    assert "浙A12345" in said["body"]
    assert "李小红" in said["title"]
    assert "李小红" in said["commitments.0.text"]


def test_what_else_is_wrong_with_a_field_is_said_first_and_all_fields_are_named(office: Office) -> None:
    number = at_drafting(office)
    with pytest.raises(FieldsRefused) as refused:
        draft(office, number, PHONE, kind="correction")
    assert set(refused.value.fields) == {"kind", "body"}


def test_warnings_refuse_nothing_and_leave_no_row_and_no_event(office: Office) -> None:
    number = at_drafting(office)
    before = len(office.rows(Event, number))
    draft(office, number, "我们高度重视，投入15台设备。")

    assert office.stage(number) is Stage.STATEMENT_APPROVAL
    assert {"empty_words", "figure_unknown"} & codes(of_newest(office, number)) == {"figure_unknown"}
    assert {event.kind for event in office.rows(Event, number)[before:]} <= {
        "answered", "revision_written", "stage_entered", "request_opened",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "taken", "shown"), [("block", False, False), ("warn", True, True), ("off", True, False)]
)
def test_the_policy_says_whether_a_finding_refuses_warns_or_is_not_looked_for(
    office: Office, level: str, taken: bool, shown: bool
) -> None:
    with_levels(office, mobile=level)
    number = at_drafting(office)
    if taken:
        draft(office, number, GOOD + PHONE)
    else:
        with pytest.raises(FieldsRefused):
            draft(office, number, GOOD + PHONE)
    assert ("mobile" in codes(of_newest(office, number))) is shown


def test_a_warning_that_the_office_makes_a_block_refuses(office: Office) -> None:
    with_levels(office, empty_words="block")
    number = at_drafting(office)
    with pytest.raises(FieldsRefused, match="高度重视"):
        draft(office, number, "我们高度重视。")


def test_a_good_statement_has_nothing_found(office: Office) -> None:
    number = at_drafting(office, title="柳溪村路灯不亮", summary="居民问路灯何时恢复照明？")
    draft(office, number, GOOD)
    assert [(one.code.value, one.message) for one in of_newest(office, number)] == []


def test_the_office_s_own_numbers_and_officers_are_nobody_s_secret(office: Office) -> None:
    number = at_drafting(office)
    draft(office, number, GOOD + "联系电话0571-5550-0121、5550-0100，罗春生。")
    assert not {"landline", "mobile", "resident_name"} & codes(of_newest(office, number))


def test_figures_are_held_against_the_report_that_was_approved_and_not_against_a_later_one(office: Office) -> None:
    number = at_drafting(office)
    draft(office, number, "经核实，柳溪村5盏路灯断电。")
    [finding] = [one for one in of_newest(office, number) if one.code is Check.FIGURE_DIFFERS]
    assert "5盏" in finding.quote
    assert "3盏路灯" in finding.message

    # A report that is approved later changes nothing about the older text.
    with office.transaction() as session:
        old = session.scalars(select(Revision.id).order_by(Revision.id.desc()).limit(1)).one()
    office.answer(number, "sign_statement", "no_publication", comment="先核实")
    office.answer(number, "close", "close", result="待核实")
    office.reopen(number, "verification")
    office.answer(number, "report", "submit", **{**FIGURES, "cause": "5盏路灯断电。"})
    office.answer(number, "approve_report", "approve")
    with office.transaction() as session:
        again = examining.of_revision(session, office.incident(number), session.get_one(Revision, old), office.house)
        anew = examining.of_draft(session, office.incident(number), {"body": "5盏路灯断电。"}, office.house, office.now)
    assert finding in again
    assert not {"figure_differs", "figure_unknown"} & codes(anew)


def test_a_holding_word_before_any_report_has_no_figure_borne_out(office: Office) -> None:
    number = office.open()
    content = {"kind": "holding", "title": "说明", "body": "3盏路灯断电，原因正在核查。", "commitments": []}
    with office.transaction() as session:
        found = examining.of_draft(session, office.incident(number), content, office.house, office.now)
    assert {"figure_unknown", "says_known"} <= codes(found)
    assert "3盏路灯断电" in {one.quote for one in found}


def test_a_report_that_nobody_approved_bears_nothing_out(office: Office) -> None:
    number = office.open()
    office.answer(number, "report", "submit", **FIGURES)
    content = {**STATEMENT, "body": "3盏路灯断电。"}

    def unknown() -> list[str]:
        with office.transaction() as session:
            found = examining.of_draft(session, office.incident(number), content, office.house, office.now)
        return [one.quote for one in found if one.code is Check.FIGURE_UNKNOWN]

    assert unknown() == ["3盏路灯断电"]
    office.answer(number, "approve_report", "approve")
    assert unknown() == []


def test_what_a_unit_answered_to_a_promise_bears_figures_out(office: Office, bulletin_site: str) -> None:
    number = at_drafting(office)
    promise = {"text": "加装监测仪", "unit": "liuxi", "due": (office.now + timedelta(days=3)).isoformat()}
    draft(office, number, GOOD, commitments=[promise])
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    content = {**STATEMENT, "body": "已加装9台监测仪。"}

    def unknown() -> list[str]:
        with office.transaction() as session:
            found = examining.of_draft(session, office.incident(number), content, office.house, office.now)
        return [one.quote for one in found if one.code is Check.FIGURE_UNKNOWN]

    assert unknown() == ["已加装9台监测仪"]
    office.answer(number, "commitment", "submit", answer="9台监测仪已加装。")
    assert unknown() == []


def test_what_is_public_already_bears_figures_out(office: Office, bulletin_site: str) -> None:
    number = at_drafting(office)
    draft(office, number, GOOD + "另加装6台监测仪。")
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    content = {**STATEMENT, "body": "已加装6台监测仪，另有9台待装。"}
    with office.transaction() as session:
        found = examining.of_draft(session, office.incident(number), content, office.house, office.now)
    assert [one.quote for one in found if one.code in (Check.FIGURE_UNKNOWN, Check.FIGURE_DIFFERS)] == ["另有9台待装"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": "nonsense", "title": None, "body": None, "commitments": None},
        {"commitments": ["x", {"text": None, "unit": "gone", "due": "soon"}, {"due": "2026-11-30T10:00"}]},
    ],
)
def test_a_draft_that_is_only_begun_can_be_examined(office: Office, content: dict[str, Any]) -> None:
    number = office.open()
    with office.transaction() as session:
        assert examining.of_draft(session, office.incident(number), content, office.house, office.now)


def test_an_exact_repeat_of_an_accepted_statement_is_the_same_decision_though_the_policy_is_stricter_now(
    office: Office,
) -> None:
    with_levels(office, mobile="warn")
    number = at_drafting(office)
    request = office.asked(number, "draft_statement")
    body = {"action": "submit", **STATEMENT, "body": GOOD + PHONE}
    first = office.send_in(office.claims(request), body)
    with_levels(office, mobile="block")
    assert office.send_in(office.claims(request), body).id == first.id
    assert len([one for one in office.requests(number) if one.kind == "draft_statement"]) == 1


def test_the_signer_is_shown_what_was_found_by_the_rules_in_force(office: Office) -> None:
    with_levels(office, mobile="warn")
    number = at_drafting(office)
    draft(office, number, "我们高度重视。" + PHONE)
    with_levels(office, mobile="block", empty_words="off")
    request = office.asked(number, "sign_statement")
    claims = office.claims(request)
    with office.transaction() as session:
        asked: Asked = look(session, claims, office.now)
        findings = briefing.brief(session, asked, claims.officer_id, office.house).context.findings
        seen = viewing.incident(session, number, office.house, office.now).findings
    assert findings == seen
    assert [(one.level, one.quote) for one in findings if one.code is Check.MOBILE] == [(Level.BLOCK, "13800138000")]
    assert "empty_words" not in codes(findings)


def test_findings_are_in_the_office_s_language(office: Office) -> None:
    office.house = replace(office.house, locale="en")
    number = at_drafting(office)
    with pytest.raises(FieldsRefused, match="must not be published"):
        draft(office, number, GOOD + PHONE)
