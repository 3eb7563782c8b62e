"""Stages, requests and states, and their words."""

from __future__ import annotations

from enum import StrEnum

import pytest

from yingda.domain import life
from yingda.domain.life import DocumentKind, Outcome, PublicationState, RequestKind, RequestState, Stage


def test_the_stages_stand_in_the_order_of_the_contract() -> None:
    assert [stage.value for stage in Stage] == [
        "assign_unit",
        "brief_reply",
        "verification",
        "report_approval",
        "statement",
        "statement_approval",
        "publication",
        "live_check",
        "closing",
        "closed",
    ]


def test_a_stage_is_past_all_before_it_and_never_past_itself() -> None:
    stages = list(Stage)
    for place, stage in enumerate(stages):
        assert [stage.is_past(other) for other in stages] == [place > other for other in range(len(stages))]


@pytest.mark.parametrize("kind", [Stage, RequestKind, RequestState, DocumentKind, Outcome, PublicationState])
def test_every_value_has_a_word_of_its_own_in_both_languages(kind: type[StrEnum]) -> None:
    for locale in ("zh_CN", "en"):
        words = [life.label(value, locale) for value in kind]
        assert len(set(words)) == len(words)
        assert all(word.isascii() is (locale == "en") for word in words)


def test_one_text_in_two_kinds_has_two_words() -> None:
    assert life.label(Stage.ASSIGN_UNIT, "zh_CN") == "转办"
    assert life.label(RequestKind.ASSIGN_UNIT, "zh_CN") == "确定责任单位"
    assert life.label(RequestKind.REPORT, "zh_CN") == "报送舆情处置情况报告单"
    assert life.label(DocumentKind.REPORT, "zh_CN") == "处置情况报告"
    assert life.label(Stage.STATEMENT, "en") == "Drafting the statement"
    assert life.label(PublicationState.CONFIRMED, "en") == "Confirmed"
