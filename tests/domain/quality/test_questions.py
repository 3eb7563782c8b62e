"""What the lead says people ask is answered, or said to be open."""

from __future__ import annotations

import pytest
from tests.domain.quality.judging import shipped

from yingda.domain.documents import StatementKind
from yingda.domain.quality.examining import examine
from yingda.domain.quality.material import Draft, Material
from yingda.domain.quality.questions import questions


@pytest.mark.parametrize(
    ("summary", "asked"),
    [
        ("居民反映路灯不亮。", []),
        ("评论询问能否饮用、何时公布检测结果。", ["评论询问能否饮用", "何时公布检测结果"]),
        ("路灯坏了三天，到底谁来修？", ["到底谁来修？"]),
        ("为什么停水，怎么补偿，补偿多少", ["为什么停水", "怎么补偿", "补偿多少"]),
        ("这样合理吗？居民不理解。", ["这样合理吗？"]),
        ("无论如何都要处理。", []),
    ],
)
def test_the_clauses_that_ask_are_questions(summary: str, asked: list[str]) -> None:
    assert list(questions(Material(title="路灯不亮", summary=summary))) == asked


def unanswered(body: str, summary: str) -> list[str]:
    draft = Draft(StatementKind.FINAL, "关于水质的说明", body)
    findings = examine(draft, Material(title="自来水有异味", summary=summary), shipped())
    return [one.quote for one in findings if one.code == "question_open"]


def test_a_question_whose_words_the_statement_takes_up_is_answered() -> None:
    assert unanswered("检测结果已于11月23日公布，可以正常饮用。", "评论询问能否饮用、何时公布检测结果。") == []


def test_a_question_that_the_statement_passes_over_is_quoted() -> None:
    assert unanswered("检测结果已于11月23日公布。", "评论询问能否饮用、何时公布检测结果。") == ["评论询问能否饮用"]


def test_a_question_said_to_be_open_is_taken_up() -> None:
    assert unanswered("能否饮用，尚待11月24日的检测结果。", "居民问能否饮用？") == []


def test_a_question_after_a_time_is_answered_only_by_a_time() -> None:
    assert unanswered("路灯会恢复的。", "路灯何时恢复？") == ["路灯何时恢复？"]
    assert unanswered("路灯于11月24日恢复。", "路灯何时恢复？") == []
    assert unanswered("路灯将在3天内恢复。", "路灯何时恢复？") == []


def test_a_bare_why_is_about_what_the_title_names() -> None:
    assert unanswered("感谢关心。", "为什么？") == ["为什么？"]
    assert unanswered("自来水有异味是因为管道检修。", "为什么？") == []
