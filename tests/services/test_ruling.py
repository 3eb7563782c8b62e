"""Handing back twice: then the duty officer's word is the last."""

from dataclasses import replace

import pytest

from yingda.domain.errors import FieldsRefused
from yingda.services.answering import allowed_actions


def hand_back_and_assign(office, number, unit):
    request = office.open_requests(number)[0]
    office.answer(number, request.kind, "hand_back", reason="不属本单位职责", suggested_unit="economy")
    office.answer(number, "assign_unit", "assign", unit=unit, reason="按职责分工")


def test_the_first_hand_back_can_be_followed_by_another(office):
    number = office.open()
    hand_back_and_assign(office, number, "economy")
    assert office.events(number, "ruled") == []
    with office.transaction() as session:
        assert "hand_back" in allowed_actions(session, office.asked(number, "report"), office.house)


def test_after_the_second_the_duty_officer_rules_and_the_unit_cannot_hand_back(office):
    number = office.open(severity="major")
    hand_back_and_assign(office, number, "economy")
    started = {kind: clock.started_at for kind, clock in office.clocks(number).items()}
    office.later(minutes=5)
    hand_back_and_assign(office, number, "sanitation")

    [event] = office.events(number, "ruled")
    assert event.data["unit"] == "sanitation"
    request = office.open_requests(number)[0]
    with office.transaction() as session:
        assert allowed_actions(session, request, office.house) == ("submit",)
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, request.kind, "hand_back", reason="仍不属本单位")
    assert list(refused.value.fields) == ["action"]
    assert {kind: clock.started_at for kind, clock in office.clocks(number).items()} == started


def test_more_time_is_asked_for_beyond_the_present_limit_only(office):
    number = office.open()
    due = office.clocks(number)["verification"].due_at
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "report", "request_extension", reason="待检测", until=due.isoformat())
    assert list(refused.value.fields) == ["until"]


def ruled_after(office, count):
    """Let the duty officer's word be the last from this hand-back on."""
    rule = office.house.policy.hand_back.model_copy(update={"ruling_after": count})
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"hand_back": rule}))


def test_where_policy_says_so_the_first_hand_back_is_ruled_upon(office):
    ruled_after(office, 1)
    number = office.open()
    with office.transaction() as session:
        assert "hand_back" in allowed_actions(session, office.asked(number, "report"), office.house)
    hand_back_and_assign(office, number, "economy")

    [event] = office.events(number, "ruled")
    assert event.data["unit"] == "economy"
    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "report", "hand_back", reason="仍不属本单位")
    assert list(refused.value.fields) == ["action"]
    assert len(office.events(number, "handed_back")) == 1


def test_where_policy_says_so_the_third_is_and_not_the_second(office):
    ruled_after(office, 3)
    number = office.open()
    for unit in ("economy", "sanitation"):
        hand_back_and_assign(office, number, unit)
        assert office.events(number, "ruled") == []
    hand_back_and_assign(office, number, "nantang")

    [event] = office.events(number, "ruled")
    assert event.data["unit"] == "nantang"
    with pytest.raises(FieldsRefused):
        office.answer(number, "report", "hand_back", reason="仍不属本单位")


def test_the_unit_that_was_ruled_upon_is_not_offered_the_button_and_the_others_are(office):
    ruled_after(office, 1)
    ruled, free = office.open(), office.open(title="另一处路灯不亮")
    hand_back_and_assign(office, ruled, "economy")

    with office.transaction() as session:
        assert "hand_back" not in allowed_actions(session, office.asked(ruled, "report"), office.house)
        assert "hand_back" in allowed_actions(session, office.asked(free, "report"), office.house)
