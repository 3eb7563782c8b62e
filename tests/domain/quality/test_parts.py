"""What is known, what is not, what is being done, when the next word comes; who, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.domain.quality.judging import examined, found

from yingda.domain.documents import StatementKind
from yingda.domain.quality.material import Promise

FINAL, HOLDING, CORRECTION, WITHDRAWAL = StatementKind
FOUR = ("says_known", "says_unknown", "says_doing", "says_next")
PROMISE = Promise("公布检测结果", "柳溪村", datetime(2026, 11, 30, tzinfo=UTC))


def missing(body: str, kind: StatementKind = FINAL, promises: tuple[Promise, ...] = ()) -> list[str]:
    return [one.code.value for one in examined(body, kind=kind, promises=promises) if one.code in FOUR]


def test_a_final_statement_says_what_is_known_and_what_was_done() -> None:
    assert missing("感谢大家关心。") == ["says_known", "says_doing"]
    assert missing("经核实，线路老化。") == ["says_doing"]
    assert missing("已更换线路。") == ["says_known"]
    assert missing("经核实，线路老化，已更换。") == []


def test_a_final_statement_that_leaves_something_open_owes_the_next_word() -> None:
    open_still = "经核实，线路老化，已更换，另一处原因尚在核查。"
    assert missing(open_still) == ["says_next"]
    assert missing(open_still + "11月30日前公布结果。") == []
    assert missing(open_still, promises=(PROMISE,)) == []
    # In due course is no time.
    assert missing(open_still + "结果将及时公布。") == ["says_next"]


def test_a_holding_statement_owes_all_four() -> None:
    assert missing("感谢大家关心。", HOLDING) == list(FOUR)
    assert missing("经查，水质异常属实。正在排放冲洗。", HOLDING) == ["says_unknown", "says_next"]
    assert missing("经查，水质异常属实。正在排放冲洗，原因尚在检测，11月24日公布结果。", HOLDING) == []


def test_what_is_promised_with_a_date_is_a_deed_and_a_next_word() -> None:
    assert missing("经查，水质异常属实，原因尚待检测。", HOLDING, (PROMISE,)) == []


def test_a_correction_says_what_is_right_and_a_withdrawal_what_is_withdrawn() -> None:
    assert missing("原文中的3盏应为5盏，已全部修复。", CORRECTION) == []
    assert missing("感谢监督。", CORRECTION) == ["says_known", "says_doing"]
    assert missing("此前发布的说明现予撤回，不再有效。", WITHDRAWAL) == []
    assert missing("感谢监督。", WITHDRAWAL) == ["says_known"]


def test_the_unit_is_named_in_the_text_or_by_what_it_promises() -> None:
    assert found("names_unit", "已更换线路。", title="说明", units=("柳溪村", "Liuxi Village")) == [""]
    assert found("names_unit", "柳溪村已更换线路。", units=("柳溪村",)) == []
    assert found("names_unit", "已更换线路。", title="说明", units=("柳溪村",), promises=(PROMISE,)) == []


def test_somebody_who_may_speak_is_named() -> None:
    assert found("names_spokesperson", "已更换线路。", spokespersons=("韩越", "罗春生")) == [""]
    assert found("names_spokesperson", "发言人罗春生。", spokespersons=("韩越", "罗春生")) == []


@pytest.mark.parametrize("body", ["今天已修复。", "近日，有居民反映。", "14时30分已修复。"])
def test_a_day_is_named_and_not_only_today(body: str) -> None:
    assert found("names_time", body) == [""]
    assert found("names_time", "11月23日" + body) == []
    assert found("names_time", body, promises=(PROMISE,)) == []
