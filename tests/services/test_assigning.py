"""Which unit answers: by rule where one fits, by the duty officer where none does; handed back and assigned anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from yingda.domain.acts import Reassign
from yingda.domain.errors import FieldsRefused, NotNow
from yingda.domain.life import Outcome, RequestState, Stage
from yingda.domain.severity import Severity
from yingda.services import assigning, moving, regrading


@pytest.mark.parametrize(
    ("conf", "unit"),
    [
        ({"title": "柳溪村路灯不亮", "topic": "sanitation"}, "liuxi"),
        ({"title": "路灯不亮", "summary": "在石桥菜场门口"}, "shiqiao"),
        ({"title": "垃圾无人清运", "topic": "sanitation"}, "sanitation"),
        ({"title": "路灯不亮", "topic": "sanitation", "unit": "economy"}, "economy"),
    ],
)
def test_the_lead_s_unit_counts_then_the_place_then_the_topic(office: Any, conf: dict[str, Any], unit: str) -> None:
    number = office.open(**{"unit": None, **conf})

    assert office.incident(number).unit_id == unit
    assert office.stage(number) is Stage.VERIFICATION
    assert office.requests(number, "assign_unit") == []


def test_where_no_rule_fits_the_duty_officers_are_asked(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None)

    request = office.asked(number, "assign_unit")
    assert {person.officer_id for person in request.addressees} == {"ding_yifan", "xia_mengjie"}
    assert office.clocks(number).keys() == {"public_word"}


def test_what_the_unit_owes_runs_from_the_moment_it_is_told(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None, severity="major")
    office.later(minutes=20).answer(number, "assign_unit", "assign", "xia_mengjie", unit="nantang")

    clocks = office.clocks(number)
    assert office.incident(number).notified_at == office.now
    assert clocks["brief_reply"].due_at == office.now + timedelta(minutes=30)
    assert clocks["verification"].due_at == office.now + timedelta(hours=2)
    assert clocks["public_word"].due_at == office.now - timedelta(minutes=20) + timedelta(hours=5)
    assert [person.officer_id for person in office.asked(number, "brief_reply").addressees] == ["zou_haitao"]


@pytest.mark.parametrize(
    ("severity", "urgent", "owed"),
    [("general", False, False), ("general", True, True), ("major", False, True), ("critical", False, True)],
)
def test_a_brief_reply_is_asked_for_only_where_it_is_owed(office: Any, severity: str, urgent: bool, owed: bool) -> None:
    number = office.open(severity=severity, urgent=urgent)

    assert office.stage(number) is (Stage.BRIEF_REPLY if owed else Stage.VERIFICATION)
    assert ("brief_reply" in office.clocks(number)) is owed
    if owed:
        assert office.asked(number, "brief_reply").due_at == office.now + timedelta(minutes=30)
        office.later(minutes=7).answer(number, "brief_reply", "submit", reply="正在查看")
        assert office.clocks(number)["brief_reply"].met_at == office.now
        assert office.stage(number) is Stage.VERIFICATION


@pytest.mark.parametrize("kind", ["brief_reply", "report"])
def test_a_unit_hands_back_and_another_goes_on_with_the_clocks_as_they_were(office: Any, kind: str) -> None:
    number = office.open(severity="major")
    if kind == "report":
        office.answer(number, "brief_reply", "submit", reply="正在查看")
    before = {name: (clock.started_at, clock.due_at, clock.met_at) for name, clock in office.clocks(number).items()}
    office.later(minutes=40).answer(number, kind, "hand_back", reason="不属本村", suggested_unit="shiqiao")

    assert office.stage(number) is Stage.ASSIGN_UNIT
    assert office.incident(number).unit_id is None
    assert [request.kind for request in office.open_requests(number)] == ["assign_unit"]
    [event] = office.events(number, "handed_back")
    assert (event.data["unit"], event.data["suggested"], event.data["reason"]) == ("liuxi", "shiqiao", "不属本村")

    office.later(minutes=5).answer(number, "assign_unit", "assign", unit="shiqiao")
    after = {name: (clock.started_at, clock.due_at, clock.met_at) for name, clock in office.clocks(number).items()}
    assert after == before
    assert office.stage(number) is (Stage.BRIEF_REPLY if kind == "brief_reply" else Stage.VERIFICATION)
    assert [person.officer_id for person in office.asked(number, kind).addressees] == ["wei_guilan"]


def test_a_matter_handed_back_is_not_sent_to_the_same_unit_by_rule_again(office: Any) -> None:
    number = office.open(unit=None)
    assert office.incident(number).unit_id == "liuxi"

    office.answer(number, "report", "hand_back", reason="不属本村")

    assert office.stage(number) is Stage.ASSIGN_UNIT


def test_the_mails_of_what_was_taken_back_are_not_sent(office: Any) -> None:
    number = office.open()
    office.answer(number, "report", "request_extension", reason="等检测", until="2026-12-01T09:00")
    office.answer(number, "report", "hand_back", reason="不属本村")

    taken_back = [request for request in office.requests(number) if request.state is RequestState.WITHDRAWN]
    assert [request.kind for request in taken_back] == ["extension"]
    assert {mail.state for mail in office.mails(number) if mail.request_id == taken_back[0].id} == {"void"}


def test_nothing_but_the_closing_is_owed_after_a_dismissal(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None, severity="critical")
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")

    assert (office.stage(number), office.incident(number).outcome) == (Stage.CLOSING, Outcome.DISMISSED)
    assert all(clock.cancelled_at == office.now for clock in office.clocks(number).values())
    assert [request.kind for request in office.open_requests(number)] == ["close"]
    office.later(days=3).attend(number)
    assert office.mails(number, "ladder") == []


def test_a_brief_reply_is_not_owed_anew_by_whoever_takes_over_what_was_verified(office: Any) -> None:
    number = office.bring_to("publication")
    office.publish(number)
    office.later(hours=1)
    office.reopen(number, "assign_unit")
    with office.case(number) as case:
        regrading.regrade(case, Severity.MAJOR, "关注上升", "xia_mengjie")
    office.answer(number, "assign_unit", "assign", unit="shiqiao")
    assert "brief_reply" not in office.clocks(number)
    assert office.stage(number) is Stage.VERIFICATION


@pytest.mark.parametrize("stage", ["assign_unit", "brief_reply", "verification", "report_approval"])
def test_another_unit_is_given_it_until_its_report_is_approved_and_no_clock_is_reset(office: Any, stage: str) -> None:
    conf = {"unit": None, "title": "无人认领"} if stage == "assign_unit" else {}
    number = office.bring_to(stage, severity="major", **conf)
    before = {kind: (clock.started_at, clock.due_at) for kind, clock in office.clocks(number).items()}
    office.later(minutes=7)

    reassign(office, number, "sanitation")

    assert office.incident(number).unit_id == "sanitation"
    [asked] = [one for one in office.open_requests(number) if one.kind in ("brief_reply", "report")]
    of_unit = {one.id for one in office.house.roster.officers if one.unit == "sanitation"}
    assert {person.officer_id for person in asked.addressees} <= of_unit
    after = {kind: (clock.started_at, clock.due_at) for kind, clock in office.clocks(number).items()}
    assert before.items() <= after.items()
    assert not [one for one in office.open_requests(number) if one.kind in ("assign_unit", "approve_report")]
    assert office.events(number, "assigned")[-1].actor == "account:duty"
    # The unit that takes over answers like any other.
    office.carry_on(number, "statement")


@pytest.mark.parametrize("stage", ["statement", "statement_approval", "publication"])
def test_after_the_approval_nobody_is_given_it_without_a_reopening(office: Any, stage: str) -> None:
    number = office.bring_to(stage)
    with pytest.raises(NotNow):
        reassign(office, number, "sanitation")
    assert office.incident(number).unit_id == "liuxi"


def test_the_unit_that_holds_it_and_one_that_is_not_there_are_refused(office: Any) -> None:
    number = office.open()
    for unit in ("liuxi", "nowhere"):
        with pytest.raises(FieldsRefused) as refused:
            reassign(office, number, unit)
        assert list(refused.value.fields) == ["unit"]
    assert len(office.events(number, "assigned")) == 1


def reassign(office: Any, number: str, unit: str) -> None:
    with office.case(number) as case:
        assigning.reassign(case, Reassign(unit=unit, reason="职责另有归属"), "account:duty")
        moving.advance(case)
