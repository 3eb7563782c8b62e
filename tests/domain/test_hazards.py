"""Hazards: what may be done in which state, when one is overdue, and when two reports are one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.domain import fields, hazards
from yingda.domain.errors import FieldsRefused
from yingda.domain.hazard_form import ACTS, ChangeHazard, ReportHazard
from yingda.domain.hazards import EVENTS, FROM, TO, UNSETTLED, Fate, HazardState, Risk

TODAY = date(2026, 11, 23)


def test_everything_that_may_be_done_has_a_form_states_and_an_event():
    assert set(ACTS) == set(FROM) == set(EVENTS)
    assert set(TO) <= set(ACTS)
    assert len(set(EVENTS.values())) == len(EVENTS)


@pytest.mark.parametrize("state", list(HazardState))
def test_from_every_state_there_is_a_way_on(state: HazardState):
    assert any(state in states and TO.get(act) is not state for act, states in FROM.items())


def test_no_move_leads_to_where_the_hazard_stands():
    assert all(TO[act] not in FROM[act] for act in TO)


def test_what_is_settled_is_not_changed_before_it_is_reopened():
    for act in ("change", "extend", "take_up", "escalate"):
        assert set(FROM[act]) <= set(UNSETTLED)


@given(state=st.sampled_from(HazardState), late=st.integers(-400, 400))
def test_a_hazard_is_overdue_once_its_day_is_over_and_while_it_is_open(state: HazardState, late: int):
    overdue = hazards.is_overdue(state, TODAY - timedelta(days=late), TODAY)
    assert overdue == (late > 0 and state in {HazardState.OPEN, HazardState.HANDLING})
    assert not hazards.is_overdue(state, None, TODAY)


def test_width_blanks_and_case_make_no_other_hazard_but_units_and_words_do():
    one = hazards.fingerprint("liuxi", "柳溪码头 积水，A 区")
    assert one == hazards.fingerprint("liuxi", "柳溪码头\n积水,ａ区 ")
    assert one != hazards.fingerprint("nantang", "柳溪码头 积水，A 区")
    assert one != hazards.fingerprint("liuxi", "柳溪码头积水，B 区")


def test_each_word_is_there_in_both_languages():
    for value in (*HazardState, *Risk, *Fate):
        assert hazards.label(value, "zh_CN") != hazards.label(value, "en")


def test_a_report_reads_its_day_in_any_full_notation_and_knows_what_is_left_out():
    form = fields.check(
        ReportHazard, {"unit": "liuxi", "content": " 码头积水 ", "due": "2026年12月1日", "topic": ""}, "zh_CN"
    )
    assert (form.content, form.due, form.topic, form.risk) == ("码头积水", date(2026, 12, 1), None, Risk.MEDIUM)
    assert fields.check(ReportHazard, {"unit": "liuxi", "content": "积水", "due": "长期"}, "en").due is None


@pytest.mark.parametrize(
    ("given_", "field", "said"),
    [
        ({}, "unit", "必填"),
        ({"content": "  "}, "content", "必填"),
        ({"content": "x" * 4_001}, "content", "最多 4000 字"),
        ({"content": "a\x00"}, "content", "控制字符"),
        ({"risk": "huge"}, "risk", "low"),
        ({"topic": "weather"}, "topic", "livelihood"),
        ({"due": "下周"}, "due", "“下周”"),
        ({"due": "11月30日"}, "due", "年份"),
        ({"due": 20261130}, "due", "2026-11-30"),
        ({"state": "open"}, "state", "表单没有此项"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_by_field(given_: dict[str, Any], field: str, said: str):
    with pytest.raises(FieldsRefused) as refused:
        fields.check(ReportHazard, given_, "zh_CN")
    assert said in refused.value.fields[field]


def test_a_change_says_only_what_was_said_and_takes_no_other_time_limit():
    assert fields.check(ChangeHazard, {"risk": "high"}, "en").given == {"risk": Risk.HIGH}
    for wrong in ({"due": "2026-12-01"}, {"content": ""}, {"unit": ""}):
        with pytest.raises(FieldsRefused):
            fields.check(ChangeHazard, wrong, "en")


@pytest.mark.parametrize(
    ("act", "needs"),
    [
        ("resolve", {"evidence"}),
        ("extend", {"due", "reason"}),
        ("reopen", {"reason"}),
        ("escalate", {"reason"}),
        ("take_up", set()),
        ("change", set()),
    ],
)
def test_each_move_asks_for_what_it_needs(act: str, needs: set[str]):
    try:
        fields.check(ACTS[act], {}, "en")
        missing: set[str] = set()
    except FieldsRefused as refused:
        missing = set(refused.fields)
    assert missing == needs
