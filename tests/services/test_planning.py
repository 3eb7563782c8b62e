"""The emergency plan: the group leader decides, once each time an incident becomes critical; then everybody is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from yingda.domain.errors import AnsweredAlready, FieldsRefused, RequestEnded
from yingda.domain.life import RequestState
from yingda.domain.severity import Severity
from yingda.services import composing, moving, planning, regrading
from yingda.store.models import OutboxMessage

LISTED = {"han_yue", "shen_ruolan", "fang_qi", "ding_yifan", "xia_mengjie", "luo_chunsheng", "jiang_wenbo"}


def regrade(office: Any, number: str, severity: str) -> None:
    with office.case(number) as case:
        regrading.regrade(case, Severity(severity), "关注变化", "xia_mengjie")


def plans(office: Any, number: str) -> list[tuple[str, str]]:
    return [(one.state.value, one.ended_why or "") for one in office.requests(number, "emergency_plan")]


def told(office: Any, number: str) -> list[str]:
    return [mail.officer_id for mail in office.mails(number, "emergency")]


def letter(office: Any, number: str, officer_id: str) -> Any:
    """The newest mail about the plan to an officer, in words."""
    with office.transaction() as session:
        mails = [mail for mail in office.mails(number, "emergency") if mail.officer_id == officer_id]
        return composing.compose(session, session.get_one(OutboxMessage, mails[-1].id), office.house)


def test_a_critical_incident_asks_the_group_leader_at_once_and_waits_for_nothing(office: Any) -> None:
    number = office.open(severity="critical")
    request = office.asked(number, "emergency_plan")
    assert [(one.officer_id, request.role) for one in request.addressees] == [("lu_zhenghua", "group_leader")]
    assert request.due_at is None
    assert office.asked(number, "brief_reply")
    office.carry_on(number, "statement_approval")
    assert office.asked(number, "emergency_plan").id == request.id, "it outlives the stages"
    assert plans(office, office.open()) == []
    assert plans(office, office.open(severity="major")) == []


def test_once_started_everybody_listed_is_told_once(office: Any) -> None:
    number = office.open(severity="critical")
    office.later(minutes=5).answer(number, "emergency_plan", "start", reason="人员受伤，网上大量转发")

    incident = office.incident(number)
    assert (incident.emergency_plan_at, incident.interviewee_id) == (office.now, None)
    [event] = office.events(number, "emergency_plan_started")
    assert (event.actor, event.data["reason"]) == ("lu_zhenghua", "人员受伤，网上大量转发")
    # han_yue is group deputy and branch leader of Liuxi, and is told once.
    assert sorted(told(office, number)) == sorted(LISTED)
    for _ in range(2):
        office.attend(number)
    assert plans(office, number) == [("answered", "")]
    assert sorted(told(office, number)) == sorted(LISTED)
    mail = letter(office, number, "han_yue")
    assert mail.subject.startswith(f"[{number}][特别重大] 启动应急预案")
    assert "人员受伤，网上大量转发" in mail.text
    assert "陆正华已于 2026-11-23 14:08 决定" in mail.text
    assert "None" not in mail.text
    assert "被指定" not in mail.text


def test_of_a_deciding_leader_and_deputies_the_absent_are_stood_in_for(office: Any) -> None:
    away = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "tan_songbai"}]
    office.with_officer("lu_zhenghua", absences=away)
    office.with_officer("luo_chunsheng", absences=[{**away[0], "deputy": "wei_guilan"}])
    number = office.open(severity="critical")
    request = office.asked(number, "emergency_plan")
    assert [(one.officer_id, one.deputy_for) for one in request.addressees] == [("tan_songbai", "lu_zhenghua")]
    office.answer(number, "emergency_plan", "start", reason="险情")
    assert set(told(office, number)) == LISTED - {"luo_chunsheng"} | {"wei_guilan"}
    assert "您作为 罗春生 的代理人收到此件" in letter(office, number, "wei_guilan").text


def test_not_now_starts_nothing_and_is_not_asked_again(office: Any) -> None:
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "not_now", reason="先看核查结果")
    assert office.incident(number).emergency_plan_at is None
    [event] = office.events(number, "emergency_plan_put_off")
    assert event.data["reason"] == "先看核查结果"
    assert told(office, number) == []
    office.later(days=40).attend(number)
    assert plans(office, number) == [("answered", "")]


def test_each_time_it_becomes_critical_is_asked_once(office: Any) -> None:
    number = office.open()
    regrade(office, number, "major")
    assert plans(office, number) == []
    regrade(office, number, "critical")
    regrade(office, number, "general")
    assert plans(office, number) == [("withdrawn", "regraded")]
    regrade(office, number, "critical")
    office.answer(number, "emergency_plan", "start", reason="一")
    first = len(told(office, number))
    regrade(office, number, "major")
    assert office.incident(number).emergency_plan_at == office.now, "that it was started stays on record"
    office.later(hours=1)
    regrade(office, number, "critical")
    assert [state for state, _ in plans(office, number)] == ["withdrawn", "answered", "open"]
    office.answer(number, "emergency_plan", "start", reason="二")
    assert office.incident(number).emergency_plan_at == office.now
    assert len(told(office, number)) == 2 * first
    assert "二" in letter(office, number, "han_yue").text


def test_a_decision_after_the_regrade_or_the_closing_comes_too_late(office: Any) -> None:
    regraded, closed = office.open(severity="critical"), office.bring_to("statement_approval", severity="critical")
    late = [office.claims(office.asked(number, "emergency_plan")) for number in (regraded, closed)]
    regrade(office, regraded, "major")
    office.carry_on(closed, "publication")
    office.publish(closed)
    office.answer(closed, "close", "close", result="已办结")
    for claims, number in zip(late, (regraded, closed), strict=True):
        with pytest.raises(RequestEnded):
            office.send_in(claims, {"action": "start", "reason": "险情"})
        assert office.incident(number).emergency_plan_at is None
        assert told(office, number) == []
    assert plans(office, closed) == [("withdrawn", "closed")]
    office.reopen(closed, "verification")
    assert plans(office, closed) == [("withdrawn", "closed"), ("open", "")], "nobody decided, and it is critical still"


def test_a_dismissed_incident_asks_for_no_plan(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None, severity="critical")
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.attend(number)
    assert plans(office, number) == [("withdrawn", "dismissed")]
    regrade(office, number, "major")
    regrade(office, number, "critical")
    assert plans(office, number) == [("withdrawn", "dismissed")]


def test_two_decisions_never_both_count(office: Any) -> None:
    number = office.open(severity="critical")
    claims = office.claims(office.asked(number, "emergency_plan"))
    start = {"action": "start", "reason": "险情"}
    assert office.send_in(claims, start).id == office.send_in(claims, start).id
    with pytest.raises(AnsweredAlready):
        office.send_in(claims, {"action": "not_now", "reason": "再看看"})
    assert len(office.events(number, "emergency_plan_started")) == 1


def test_a_link_that_ran_out_and_a_leader_who_left_are_asked_anew(office: Any) -> None:
    number = office.open(severity="critical")
    office.later(days=31).attend(number)
    assert plans(office, number) == [("withdrawn", "expired"), ("open", "")]
    assert office.asked(number, "emergency_plan").round == 2


@pytest.mark.parametrize("action", ["start", "not_now"])
def test_an_interviewee_must_be_of_the_roster(office: Any, action: str) -> None:
    number = office.open(severity="critical")
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "emergency_plan", action, reason="险情", interviewee="nobody")
    assert list(refused.value.fields) == ["interviewee"]
    assert office.asked(number, "emergency_plan").state is RequestState.OPEN
    assert office.incident(number).emergency_plan_at is None

    office.answer(number, "emergency_plan", action, reason="险情", interviewee="pan_lihong")
    assert office.incident(number).interviewee_id == "pan_lihong"
    [event] = office.events(number, "interviewee_named")
    assert event.data["officers"] == ["pan_lihong"]
    # Whoever is to give interviews hears of it, listed or not, started or not.
    assert set(told(office, number)) == ({*LISTED, "pan_lihong"} if action == "start" else {"pan_lihong"})
    mail = letter(office, number, "pan_lihong")
    assert "您被指定就本事件接受采访" in mail.text
    assert "接受采访的人员：潘丽红" in mail.text
    assert ("启动应急预案" if action == "start" else "指定您接受采访") in mail.subject


def test_whoever_stands_in_for_the_interviewee_hears_of_it(office: Any) -> None:
    away = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "qin_shuang"}]
    office.with_officer("pan_lihong", absences=away)
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "not_now", reason="先核查", interviewee="pan_lihong")
    assert told(office, number) == ["qin_shuang"]
    text = letter(office, number, "qin_shuang").text
    assert "您的被代理人被指定" in text
    assert "您作为 潘丽红 的代理人收到此件" in text


def test_a_unit_assigned_after_the_start_is_told_by_the_hook_once(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None, severity="critical")
    office.answer(number, "emergency_plan", "start", reason="险情")
    assert set(told(office, number)) == LISTED - {"luo_chunsheng"}
    office.answer(number, "assign_unit", "assign", unit="social_affairs")
    for _ in range(2):
        with office.case(number) as case:
            planning.tell_unit(case)
    assert set(told(office, number)) == LISTED - {"luo_chunsheng"} | {"pan_lihong"}
    assert len(told(office, number)) == len(set(told(office, number)))


def test_the_hook_tells_nobody_where_no_plan_is_in_force(office: Any) -> None:
    never, over = office.open(severity="critical"), office.open(severity="critical")
    office.answer(over, "emergency_plan", "start", reason="险情")
    regrade(office, over, "major")
    before = told(office, over)
    for number in (never, over):
        with office.case(number) as case:
            case.incident.unit_id = "social_affairs"
            planning.tell_unit(case)
    assert told(office, never) == []
    assert told(office, over) == before


def test_a_unit_that_left_the_roster_stops_no_plan(office: Any) -> None:
    number = office.open(severity="critical")
    with office.case(number) as case:
        case.incident.unit_id = "gone"
    office.answer(number, "emergency_plan", "start", reason="险情")
    assert set(told(office, number)) == LISTED - {"luo_chunsheng"}


def test_policy_says_for_which_severities(office: Any) -> None:
    rule = office.house.policy.emergency_plan
    both = rule.model_copy(update={"severities": (Severity.MAJOR, Severity.CRITICAL)})
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"emergency_plan": both}))
    number = office.open(severity="major")
    assert office.asked(number, "emergency_plan")
    office.answer(number, "emergency_plan", "start", reason="险情", interviewee="pan_lihong")
    regrade(office, number, "critical")
    assert plans(office, number) == [("answered", "")], "it was grave enough before"
    assert office.incident(number).interviewee_id == "pan_lihong"


def test_a_drill_is_marked_in_every_mail(office: Any) -> None:
    number = office.open(severity="critical", drill=True)
    office.answer(number, "emergency_plan", "start", reason="演习")
    mail = letter(office, number, "han_yue")
    assert mail.subject.startswith("【演练】")
    assert "并非真实发生" in mail.text
    assert "并非真实发生" in mail.html


def test_the_mail_can_be_written_in_english_and_shows_what_was_written_as_text(office: Any) -> None:
    office.house = replace(office.house, locale="en")
    number = office.open(severity="critical")
    hostile = "<script>alert(1)</script> {{ 7*7 }}"
    office.answer(number, "emergency_plan", "start", reason=hostile, interviewee="pan_lihong")
    for officer in ("han_yue", "pan_lihong"):
        mail = letter(office, number, officer)
        assert "Emergency plan started" in mail.subject
        assert hostile in mail.text
        assert "<script" not in mail.html
        assert "Pan Lihong" in mail.text
    assert "You were named" in letter(office, number, "pan_lihong").text


def test_opening_and_advancing_again_asks_once(office: Any) -> None:
    number = office.open(severity="critical")
    for _ in range(3):
        with office.case(number) as case:
            moving.advance(case)
    assert plans(office, number) == [("open", "")]
