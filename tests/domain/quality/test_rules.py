"""Length and words by the office's lists; block, warn and off; what findings say; rules that cannot stand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.domain.quality.judging import examined, found, ruled, says, shipped

from yingda.domain.quality.rule import BY_WORDS, PERSONAL, Advice, Check, LengthRule, Level, QualityRule, label


def test_the_shipped_rules_refuse_what_tells_of_residents_and_warn_of_all_else() -> None:
    refused = {check for check, level in shipped().checks.items() if level is Level.BLOCK}
    assert refused == set(PERSONAL) - {Check.LANDLINE, Check.RESIDENT_MASKED}
    assert set(shipped().checks.values()) == {Level.BLOCK, Level.WARN}


def test_a_body_is_as_long_as_the_office_wants_it() -> None:
    short = "经核实，属实。"
    [said] = says("length", short)
    assert "7 字" in said
    assert "60 至 3000" in said
    assert found("length", "字" * 60) == []
    assert found("length", "字" * 3000) == []
    assert found("length", "字" * 3001) == [""]
    # Marks and white space are no characters of it.
    assert found("length", "## 字" + "**字** \n\n- " * 58) == [""]


def test_empty_phrases_are_found_only_where_nothing_concrete_stands_beside_them() -> None:
    assert found("empty_words", "我们高度重视。") == ["高度重视"]
    assert found("empty_words", "我们高度重视，当日更换线路。") == []
    assert found("empty_words", "我们高度重视，派出12人。") == []
    assert found("empty_words", "我们高度重视。11月23日已修复。") == ["高度重视"]
    assert found("empty_words", "**高度**重视此事。") == ["高度**重视"]


@pytest.mark.parametrize(
    ("check", "body", "quoted"),
    [
        ("promise_words", "我们承诺绝不再发生。", "绝不再发生"),
        ("blaming_words", "个别别有用心的人炒作。", "别有用心"),
        ("blaming_words", "请大家不信谣不传谣。", "不信谣不传谣"),
        ("officialese", "压实责任，形成合力。", "压实责任"),
    ],
)
def test_words_of_the_lists_are_quoted_with_what_to_write_instead(check: str, body: str, quoted: str) -> None:
    assert quoted in found(check, body)
    advice = next(one for one in shipped().words[Check(check)] if quoted in one.words)
    assert advice.instead in next(said for said in says(check, body) if quoted in said)
    assert found(check, "经核实，线路老化，已更换。") == []


def test_the_lists_are_the_office_s_own() -> None:
    advice = Advice(words=("应知尽知",), instead="说清楚", instead_en="Say it plainly.")
    rule = shipped().model_copy(update={"words": {**shipped().words, Check.OFFICIALESE: (advice,)}})
    assert found("officialese", "应知尽知，压实责任。", rule=rule) == ["应知尽知"]


@pytest.mark.parametrize("check", Check)
def test_a_check_that_is_off_finds_nothing_and_one_that_blocks_says_so(check: Check) -> None:
    everything = (
        "我们高度重视，绝不再发生，别有用心的人，压实责任。居民李小红和张某某，尚在核实，"
        "360426199101010071、6222021001116245702、13800138000、0571-88123456、浙A12345、"
        "阳光花园3幢2单元501室，新增9台，另有5盏路灯，3月2日。"
    )
    other = "谢谢。"
    for level in (Level.BLOCK, Level.OFF):
        seen = [
            one
            for kind in ("final", "holding")
            for body in (everything, other)
            for one in examined(
                body,
                kind=kind,  # type: ignore[arg-type]
                title="说明",
                rule=ruled(**{check: level}),
                reports=("3盏路灯。",),
                units=("柳溪村",),
                spokespersons=("韩越",),
                summary="居民问何时赔偿？",
            )
            if one.code is check
        ]
        assert {one.level for one in seen} == ({level} if level is Level.BLOCK else set())


def test_what_refuses_a_statement_stands_first() -> None:
    levels = [one.level for one in examined("我们高度重视。电话13800138000。")]
    assert levels == sorted(levels, key=lambda level: level is not Level.BLOCK)
    assert levels[0] is Level.BLOCK


@pytest.mark.parametrize("check", Check)
def test_every_check_has_words_in_both_languages(check: Check) -> None:
    from yingda.domain.quality.messages import message

    assert label(check, "zh_CN") != label(check, "en")
    more = dict.fromkeys(("other", "instead", "instead_en", "count", "least", "most"), "x")
    chinese, english = message(check, "引文", more, "zh_CN"), message(check, "引文", more, "en")
    assert chinese != english
    assert "{" not in chinese + english
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in english.replace("引文", ""))


def test_rules_that_cannot_stand_are_refused() -> None:
    plain = shipped().model_dump(mode="json")
    for broken, said in (
        ({**plain, "checks": {k: v for k, v in plain["checks"].items() if k != "mobile"}}, "mobile is missing"),
        ({**plain, "checks": {**plain["checks"], "mobile": "maybe"}}, "'block', 'warn' or 'off'"),
        ({**plain, "checks": {**plain["checks"], "typos": "warn"}}, "typos"),
        ({**plain, "length": {"least": 9, "most": 8}}, "more than"),
        ({**plain, "words": {k: v for k, v in plain["words"].items() if k != "officialese"}}, "officialese is missing"),
        ({**plain, "words": {**plain["words"], "mobile": []}}, "no words belong"),
    ):
        with pytest.raises(ValidationError, match=said):
            QualityRule.model_validate(broken)
    assert set(shipped().words) == set(BY_WORDS)
    assert LengthRule(least=0, most=1).most == 1
