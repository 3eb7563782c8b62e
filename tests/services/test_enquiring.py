"""Reporters' enquiries: liaison and whoever gives interviews are asked, and answer with what is signed and public."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yingda.domain import fields
from yingda.domain.acts import Enquire
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.life import Outcome
from yingda.services import answering, briefing, composing, correcting, enquiring, merging
from yingda.store.models import Enquiry, OutboxMessage, Request

ASKED = {"outlet": "某某日报", "question": "路灯坏了多久，谁负责？"}


def enquire(office: Any, number: str, **changed: Any) -> None:
    form = fields.check(Enquire, ASKED | changed, office.house.locale)
    with office.case(number) as case:
        enquiring.record(case, form, "account:duty")


def enquiries(office: Any, number: str) -> list[Enquiry]:
    return list(office.rows(Enquiry, number))


def asked(office: Any, number: str) -> list[Request]:
    return [one for one in office.open_requests(number) if one.kind == "enquiry"]


def people(request: Request) -> set[str]:
    return {one.officer_id for one in request.addressees}


def told(office: Any, request: Request) -> dict[str, str]:
    """What the page of a request says, by label."""
    with office.transaction() as session:
        claims = office.claims(request)
        brief = briefing.brief(session, answering.look(session, claims, office.now), claims.officer_id, office.house)
        return {one.label: one.text for one in brief.context.particulars}


def answer(office: Any, request: Request, by: str | None = None, **changed: Any) -> None:
    given = {"answer": "以公开说明为准。", "who": "江文博", "when": office.now.isoformat()} | changed
    office.send_in(office.claims(request, by), {"action": "answered", **given})


def test_an_enquiry_asks_liaison_and_interviewee_until_the_time_wanted(office: Any) -> None:
    number = office.open()
    due = office.now + timedelta(hours=2)
    enquire(office, number, due=due.isoformat())

    [enquiry] = enquiries(office, number)
    assert (enquiry.asked_at, enquiry.due_at, enquiry.answered_at) == (office.now, due, None)
    [request] = asked(office, number)
    assert people(request) == {"jiang_wenbo", "luo_chunsheng"}
    assert request.due_at == due
    mails = [mail for mail in office.mails(number, "request") if mail.request_id == request.id]
    assert {mail.officer_id for mail in mails} == {"jiang_wenbo", "luo_chunsheng"}
    assert office.asked(number, "report"), "the steps go on beside it"

    office.later(minutes=30)
    answer(office, request, "luo_chunsheng")
    [enquiry] = enquiries(office, number)
    assert enquiry.answered_at == office.now
    [event] = office.events(number, "enquiry_answered")
    assert (event.actor, event.data["enquiry"]) == ("luo_chunsheng", enquiry.id)
    assert "某某日报" not in str([one.data for one in office.events(number)])
    office.attend(number)
    assert asked(office, number) == []


@pytest.mark.parametrize(
    ("severity", "expected"), [("general", "luo_chunsheng"), ("major", "han_yue"), ("critical", "lu_zhenghua")]
)
def test_who_gives_interviews_goes_by_severity(office: Any, severity: str, expected: str) -> None:
    number = office.open(severity=severity)
    enquire(office, number)
    assert people(asked(office, number)[0]) == {"jiang_wenbo", expected}


def test_an_officer_named_for_interviews_is_asked_instead_and_stood_in_for(office: Any) -> None:
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "not_now", reason="先核查", interviewee="pan_lihong")
    enquire(office, number)
    assert people(asked(office, number)[0]) == {"jiang_wenbo", "pan_lihong"}
    away = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "qin_shuang"}]
    office.with_officer("pan_lihong", absences=away)
    enquire(office, number, question="另一问")
    second = asked(office, number)[1]
    assert {(one.officer_id, one.deputy_for) for one in second.addressees} == {
        ("jiang_wenbo", None),
        ("qin_shuang", "pan_lihong"),
    }


def test_each_is_shown_in_the_role_they_hold(office: Any) -> None:
    number = office.open()
    enquire(office, number)
    assert shown_as(office, asked(office, number)[0]) == {
        "jiang_wenbo": "media_liaison",
        "luo_chunsheng": "section_head",
    }
    number = office.open(severity="major")
    enquire(office, number)
    assert shown_as(office, asked(office, number)[0]) == {"jiang_wenbo": "media_liaison", "han_yue": "branch_leader"}


def shown_as(office: Any, request: Request) -> dict[str, str]:
    with office.transaction() as session:
        found = {}
        for who in people(request):
            seen = answering.look(session, office.claims(request, who), office.now)
            found[who] = briefing.brief(session, seen, who, office.house).officer.role.value
        return found


def test_before_a_unit_is_known_the_liaison_is_asked_alone(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None)
    enquire(office, number)
    assert people(asked(office, number)[0]) == {"jiang_wenbo"}


def test_without_wording_the_page_says_so_and_when_the_next_word_is_owed(office: Any) -> None:
    number = office.open()
    enquire(office, number, asked_at="2026-11-23T13:50")
    shown = told(office, asked(office, number)[0])
    assert (shown["媒体"], shown["询问内容"]) == (ASKED["outlet"], ASKED["question"])
    assert shown["询问时间"] == "2026-11-23 13:50"
    assert shown["现行口径"] == (
        "尚无已签发的口径。只能说明正在核实，不作实质性答复。下次对外发布应在 2026-11-25 14:03 前。"
    )


def test_a_draft_or_a_signed_text_that_is_not_public_is_no_wording(office: Any) -> None:
    number = office.bring_to("publication")
    enquire(office, number)
    shown = told(office, asked(office, number)[0])
    assert "尚无已签发的口径" in shown["现行口径"]
    assert "已修复" not in shown["现行口径"]


def test_the_page_of_an_open_enquiry_follows_what_is_published(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("publication")
    enquire(office, number)
    [request] = asked(office, number)
    office.publish(number)
    assert told(office, request)["现行口径"] == "关于路灯的说明\n\n路灯已修复。"

    with office.case(number) as case:
        correcting.correct(case, "日期有误", "account:duty")
    office.attend(number)
    assert [one.id for one in asked(office, number)] == [request.id], "it outlives going back"
    office.answer(number, "draft_statement", "submit", **{**statement, "kind": "correction", "title": "更正说明"})
    assert told(office, request)["现行口径"].startswith("关于路灯的说明"), "a draft changes nothing"
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    assert told(office, request)["现行口径"].startswith("更正说明")
    with office.transaction() as session:
        [mail, *_] = [one for one in office.mails(number, "request") if one.request_id == request.id]
        text = composing.compose(session, session.get_one(OutboxMessage, mail.id), office.house).text
    assert "更正说明" in text


def test_commitments_are_part_of_the_wording(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("statement")
    promise = {"text": "每周巡查", "unit": "liuxi", "due": "2026-12-31T18:00"}
    office.answer(number, "draft_statement", "submit", **{**statement, "commitments": [promise]})
    office.carry_on(number, "publication")
    office.publish(number)
    enquire(office, number)
    assert "每周巡查" in told(office, asked(office, number)[0])["现行口径"]


def test_a_closed_incident_is_asked_about_and_stays_closed(office: Any) -> None:
    number = office.bring_to("publication")
    office.publish(number)
    enquire(office, number)
    [first] = asked(office, number)
    office.answer(number, "close", "close", result="已办结")
    assert [one.id for one in asked(office, number)] == [first.id], "it outlives closing"
    office.later(days=3)
    enquire(office, number, question="后来呢？")
    assert len(asked(office, number)) == 2
    assert told(office, asked(office, number)[1])["现行口径"].startswith("关于路灯的说明")
    for request in asked(office, number):
        answer(office, request)
    assert [one.answered_at for one in enquiries(office, number)] == [office.now, office.now]
    assert office.stage(number) == "closed"


def test_an_open_enquiry_outlives_reopening_and_dismissal(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None)
    enquire(office, number)
    [request] = asked(office, number)
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.answer(number, "close", "close", result="不予受理")
    office.reopen(number, "assign_unit")
    assert [one.id for one in asked(office, number)] == [request.id]
    answer(office, request)


def test_the_same_question_that_waits_is_not_recorded_twice(office: Any) -> None:
    number = office.open()
    enquire(office, number)
    with pytest.raises(FieldsRefused) as refused:
        enquire(office, number)
    assert list(refused.value.fields) == ["question"]
    enquire(office, number, outlet="某某晚报")
    answer(office, asked(office, number)[0])
    enquire(office, number)
    assert len(enquiries(office, number)) == 3
    assert len({one.about for one in asked(office, number)}) == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"asked_at": "2026-11-23T14:04"}, "asked_at"),
        ({"due": "2026-11-23T14:00"}, "due"),
        ({"asked_at": "2026-11-23T13:00", "due": "2026-11-23T13:00"}, "due"),
    ],
)
def test_moments_that_cannot_be_are_refused(office: Any, changed: dict[str, str], field: str) -> None:
    number = office.open()
    with pytest.raises(FieldsRefused) as refused:
        enquire(office, number, **changed)
    assert list(refused.value.fields) == [field]
    assert enquiries(office, number) == []


def test_an_answer_was_not_given_in_the_future(office: Any) -> None:
    number = office.open()
    enquire(office, number)
    [request] = asked(office, number)
    with pytest.raises(FieldsRefused) as refused:
        answer(office, request, when=(office.now + timedelta(minutes=2)).isoformat())
    assert list(refused.value.fields) == ["when"]
    assert enquiries(office, number)[0].answered_at is None


def test_an_enquiry_about_a_merged_incident_is_answered_with_what_the_other_says(office: Any) -> None:
    number, other = office.open(), office.bring_to("publication", title="同一件事")
    enquire(office, number)
    [request] = asked(office, number)
    with office.transaction() as session:
        merging.merge(session, number, other, "同一件事", "account:duty", office.house, office.now)
    assert [one.id for one in asked(office, number)] == [request.id], "who asked outside still waits"
    assert "尚无已签发的口径" in told(office, request)["现行口径"]
    office.publish(other)
    assert told(office, request)["现行口径"].startswith("关于路灯的说明")
    with pytest.raises(NotNow, match=other):
        enquire(office, number, question="另一问")
    enquire(office, other)
    answer(office, request)
    assert enquiries(office, number)[0].answered_at == office.now


def test_nothing_is_recorded_of_an_incident_that_was_merged(office: Any) -> None:
    number = office.open()
    with office.case(number) as case:
        case.incident.outcome = Outcome.MERGED
    with pytest.raises(NotNow, match=number):
        enquire(office, number)
    assert enquiries(office, number) == []


def test_a_link_that_ran_out_is_asked_anew_and_nobody_twice(office: Any) -> None:
    number = office.open()
    enquire(office, number)
    office.later(days=31).attend(number)
    office.attend(number)
    [request] = asked(office, number)
    assert request.round == 2
    assert people(request) == {"jiang_wenbo", "luo_chunsheng"}


def test_without_a_liaison_whoever_gives_interviews_is_asked(office: Any) -> None:
    office.with_officer("jiang_wenbo", roles=["information_officer"])
    number = office.open()
    enquire(office, number)
    assert people(asked(office, number)[0]) == {"luo_chunsheng"}


def test_with_nobody_to_ask_the_duty_officers_hear_of_it_once(office: Any) -> None:
    office.with_officer("jiang_wenbo", roles=["information_officer"])
    number = office.open(title="什么也没说清", unit=None)
    enquire(office, number)
    office.attend(number)
    assert asked(office, number) == []
    assert len(office.events(number, "nobody_may_answer")) == 1
    office.answer(number, "assign_unit", "assign", unit="liuxi")
    assert people(asked(office, number)[0]) == {"luo_chunsheng"}


def test_what_was_asked_stays_text_in_the_mail(office: Any) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }}"
    office.house = replace(office.house, locale="en")
    number = office.open()
    enquire(office, number, outlet=hostile, question=hostile)
    with office.transaction() as session:
        [request] = asked(office, number)
        mail = next(one for one in office.mails(number, "request") if one.request_id == request.id)
        letter = composing.compose(session, session.get_one(OutboxMessage, mail.id), office.house)
    assert "<script" not in letter.html
    assert hostile in letter.text
    assert "No wording was signed yet" in letter.text
