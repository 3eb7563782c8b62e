"""Closing, and what is owed after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from yingda.domain.life import Stage
from yingda.domain.severity import Severity
from yingda.services import regrading, sending
from yingda.store.models import SourceLink

PROMISE = {"text": "每周巡查", "unit": "liuxi", "due": "2026-12-31T18:00"}


def closing(office: Any, **conf: Any) -> str:
    number = office.bring_to("publication", **conf)
    for work in (sending.publish_due, sending.look_due):
        work(office.transaction, number, office.house, lambda: office.now)
        office.attend(number)
    assert office.stage(number) is Stage.CLOSING
    return str(number)


def test_closing_keeps_the_result_and_frees_the_link(office: Any, bulletin_site: str) -> None:
    number = closing(office, source_url="https://forum.example.org/t/1")
    office.later(hours=1).answer(number, "close", "close", "xia_mengjie", result="路灯恢复，群众认可")

    incident = office.incident(number)
    assert (incident.stage, incident.closed_at) == (Stage.CLOSED, office.now)
    assert incident.result == "路灯恢复，群众认可"
    assert [link.active for link in office.rows(SourceLink, number)] == [False]
    assert office.open_requests(number) == []
    assert "review" not in office.clocks(number)
    assert office.attend(number).wake_at is None or office.mails(number)


def test_a_grave_incident_owes_a_review_that_ends_its_clock(office: Any, bulletin_site: str) -> None:
    number = closing(office, severity="major")
    office.answer(number, "press_conference", "held", when="2026-11-23T16:00", where="会议室", who="沈若兰")
    office.answer(number, "close", "close", result="已办结")

    clock = office.clocks(number)["review"]
    assert clock.due_at == office.now + timedelta(days=7)
    request = office.asked(number, "review")
    assert {person.officer_id for person in request.addressees} == {"ding_yifan", "xia_mengjie", "luo_chunsheng"}
    office.later(days=6).answer(
        number, "review", "submit", "luo_chunsheng", lessons="早发现、早处置", actions=[PROMISE]
    )
    assert (office.clocks(number)["review"].met_at, office.stage(number)) == (office.now, Stage.CLOSED)


def test_the_media_liaison_is_asked_for_the_press_conference_where_one_is_owed(office: Any, bulletin_site: str) -> None:
    general, major = closing(office), closing(office, severity="major")

    assert office.requests(general, "press_conference") == []
    request = office.asked(major, "press_conference")
    assert [person.officer_id for person in request.addressees] == ["jiang_wenbo"]
    office.answer(major, "close", "close", result="已办结")
    assert office.asked(major, "press_conference").id == request.id, "it outlives the closing"
    office.later(hours=25).answer(
        major, "press_conference", "held", when="2026-11-24T14:00", where="会议室", who="沈若兰"
    )
    clock = office.clocks(major)["press_conference"]
    assert (clock.met_at, clock.missed_at) == (office.now, clock.due_at)
    assert len(office.requests(major, "press_conference")) == 1


def test_a_press_conference_is_owed_though_a_second_text_is_decided_against(office: Any, bulletin_site: str) -> None:
    number = closing(office)
    office.reopen(number, "statement")
    with office.case(number) as case:
        regrading.regrade(case, Severity.MAJOR, "关注上升", "xia_mengjie")
    office.carry_on(number, "statement_approval")
    assert office.requests(number, "press_conference") == []
    office.answer(number, "sign_statement", "no_publication", comment="没有新情况")

    assert office.stage(number) is Stage.CLOSING
    assert office.asked(number, "press_conference").clock_id == office.clocks(number)["press_conference"].id


def test_reopening_leaves_every_clock_as_it_was(office: Any, bulletin_site: str) -> None:
    number = closing(office, severity="major")
    office.answer(number, "close", "close", result="已办结")
    before = {
        name: (clock.started_at, clock.due_at, clock.met_at, clock.missed_at)
        for name, clock in office.clocks(number).items()
    }
    office.later(days=2).reopen(number, "statement")

    after = {
        name: (clock.started_at, clock.due_at, clock.met_at, clock.missed_at)
        for name, clock in office.clocks(number).items()
    }
    # What is public owes a further word from now; nothing that was owed before has moved.
    assert after.pop("further_word")[0] == office.now
    assert after == before
    # What is owed beside the steps stays asked for, under the links that were sent.
    asked = [request.kind for request in office.open_requests(number)]
    assert asked == ["press_conference", "review", "draft_statement"]
    assert [request.round for request in office.requests(number, "press_conference")] == [1]


def test_a_review_that_a_dismissal_took_back_is_asked_for_again_once_reopened(office: Any) -> None:
    number = office.bring_to("statement_approval", severity="major")
    office.answer(number, "sign_statement", "no_publication", comment="暂不发布")
    office.answer(number, "close", "close", result="内部处理")
    assert office.asked(number, "review")
    office.reopen(number, "assign_unit")
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    assert [one.kind for one in office.open_requests(number)] == ["close"]

    office.reopen(number, "assign_unit")

    assert office.asked(number, "review").clock_id == office.clocks(number)["review"].id


def test_a_dismissed_matter_asks_no_section_for_a_review(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None, severity="critical")
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.answer(number, "close", "close", result="不予受理")

    asked = {person.officer_id for request in office.open_requests(number) for person in request.addressees}
    assert asked <= {"ding_yifan", "xia_mengjie"}


def test_a_reopened_incident_shows_no_result_of_the_time_before(office):
    number = office.bring_to("statement_approval")
    office.answer(number, "sign_statement", "no_publication", comment="暂不发布")
    office.answer(number, "close", "close", result="内部处理")
    assert office.incident(number).result == "内部处理"

    office.reopen(number, "statement")

    assert office.incident(number).result is None
    assert office.requests(number, "close")[-1].state == "answered"


def test_a_review_whose_link_has_ended_is_asked_for_again_wherever_the_incident_stands(office: Any) -> None:
    number = office.bring_to("publication", severity="major")
    office.publish(number)
    office.answer(number, "close", "close", result="已办结")
    first = office.asked(number, "review")
    office.reopen(number, "statement")
    office.later(days=31)
    office.attend(number)
    again = office.asked(number, "review")
    assert again.public_id != first.public_id
    assert again.expires_at > office.now
    assert office.asked(number, "press_conference").expires_at > office.now
