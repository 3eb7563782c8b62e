"""What each request may be answered with, and how a wrong answer is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from yingda.domain import fields, forms
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import RequestKind

PROMISE = {"text": "公布结果", "unit": "liuxi", "due": "2026-12-01T09:00:00+08:00"}
REASON, COMMENT = {"reason": "不属本单位"}, {"comment": "请补充"}
REPORT = {
    "cause": "老化",
    "measures": "更换",
    "wording": "已修复",
    "result": "恢复",
    "evidence": ["https://example.org/1"],
}
UNTIL = {"reason": "等检测", "until": "2026-12-01T09:00:00+08:00"}
WHOLE: dict[tuple[str, str], dict[str, Any]] = {
    ("assign_unit", "assign"): {"unit": "liuxi", "reason": ""},
    ("assign_unit", "dismiss"): REASON,
    ("brief_reply", "submit"): {"reply": "正在查看"},
    ("brief_reply", "hand_back"): REASON,
    ("report", "submit"): REPORT,
    ("feedback", "reopen"): {**REASON, "stage": "verification"},
    ("feedback", "leave"): REASON,
    ("report", "hand_back"): {**REASON, "suggested_unit": "shiqiao"},
    ("report", "request_extension"): UNTIL,
    ("extension", "grant"): {"reason": ""},
    ("extension", "refuse"): REASON,
    ("approve_report", "approve"): {"comment": ""},
    ("approve_report", "return"): COMMENT,
    ("approve_report", "decline"): COMMENT,
    ("draft_statement", "submit"): {"kind": "holding", "title": "说明", "body": "正文", "commitments": [PROMISE]},
    ("sign_statement", "approve"): {},
    ("sign_statement", "return"): COMMENT,
    ("sign_statement", "no_publication"): COMMENT,
    ("press_conference", "held"): {"when": "2026-11-23T14:05", "where": "街道会议室", "who": "沈若兰"},
    ("close", "close"): {"result": "已办结"},
    ("review", "submit"): {"lessons": "早发现", "actions": [PROMISE]},
    ("commitment", "submit"): {"answer": "已公布", "evidence": []},
    ("commitment", "request_extension"): UNTIL,
    ("emergency_plan", "start"): {**REASON, "interviewee": "han_yue"},
    ("emergency_plan", "not_now"): REASON,
    ("decide_letter", "approve"): {"comment": ""},
    ("decide_letter", "refuse"): COMMENT,
    ("send_letter", "sent"): {"when": "2026-11-23T14:05", "how": "挂号信"},
    ("send_letter", "not_sent"): COMMENT,
    ("enquiry", "answered"): {"answer": "已说明", "who": "江文博", "when": "2026-11-23T14:05"},
}


def refused(kind: str, action: Any, fields: dict[str, Any], locale: str = "zh_CN") -> dict[str, str]:
    with pytest.raises(FieldsRefused) as problem:
        forms.read(RequestKind(kind), action, fields, locale)
    return problem.value.fields


def required() -> Iterator[tuple[str, str, str]]:
    for (kind, action), _ in WHOLE.items():
        for name, field in forms.FORMS[RequestKind(kind)][action].model_fields.items():
            if field.is_required():
                yield kind, action, name


def test_every_kind_has_the_actions_of_the_contract() -> None:
    assert {kind: forms.actions(kind) for kind in RequestKind} == {
        RequestKind.ASSIGN_UNIT: ("assign", "dismiss"),
        RequestKind.BRIEF_REPLY: ("submit", "hand_back"),
        RequestKind.REPORT: ("submit", "hand_back", "request_extension"),
        RequestKind.EXTENSION: ("grant", "refuse"),
        RequestKind.APPROVE_REPORT: ("approve", "return", "decline"),
        RequestKind.DRAFT_STATEMENT: ("submit",),
        RequestKind.SIGN_STATEMENT: ("approve", "return", "no_publication"),
        RequestKind.PRESS_CONFERENCE: ("held",),
        RequestKind.CLOSE: ("close",),
        RequestKind.REVIEW: ("submit",),
        RequestKind.COMMITMENT: ("submit", "request_extension"),
        # Beyond the contract:
        RequestKind.EMERGENCY_PLAN: ("start", "not_now"),
        RequestKind.DECIDE_LETTER: ("approve", "refuse"),
        RequestKind.SEND_LETTER: ("sent", "not_sent"),
        RequestKind.ENQUIRY: ("answered",),
        RequestKind.FEEDBACK: ("reopen", "leave"),
    }


@pytest.mark.parametrize(("kind", "action"), WHOLE)
def test_a_whole_answer_is_taken(kind: str, action: str) -> None:
    answer = forms.read(RequestKind(kind), action, WHOLE[kind, action], "zh_CN")

    assert type(answer) is forms.FORMS[RequestKind(kind)][action]


@pytest.mark.parametrize(("kind", "action"), WHOLE)
def test_the_schema_takes_what_the_form_takes_and_tells_the_actions_apart(kind: str, action: str) -> None:
    schema = forms.schema(RequestKind(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    validator.validate({"action": action, **WHOLE[kind, action]})
    assert not validator.is_valid({"action": "shrug", **WHOLE[kind, action]})
    assert not validator.is_valid({"action": action, **WHOLE[kind, action], "unheard_of": "一"})


@pytest.mark.parametrize(("kind", "action", "field"), list(required()))
@pytest.mark.parametrize(("locale", "said"), [("zh_CN", "必填"), ("en", "is required")])
def test_a_required_field_left_out_or_blank_is_named(
    kind: str, action: str, field: str, locale: str, said: str
) -> None:
    whole = WHOLE[kind, action]
    without = {name: value for name, value in whole.items() if name != field}
    assert refused(kind, action, without, locale) == {field: said}
    if isinstance(whole[field], str) and field not in {"until", "when", "kind"}:
        assert refused(kind, action, {**whole, field: "  \n "}, locale) == {field: said}


@pytest.mark.parametrize(("locale", "said"), [("zh_CN", "只能是：submit, hand_back"), ("en", "must be one of: submit")])
def test_an_unknown_action_is_answered_with_the_known_ones(locale: str, said: str) -> None:
    for action in ("approve", "", None, 7, ["submit"], {"submit": 1}):
        assert refused("brief_reply", action, {"reply": "一"}, locale)["action"].startswith(said)


@pytest.mark.parametrize(
    ("fields", "field", "chinese", "english"),
    [
        ({"cause": "长" * 20_001}, "cause", "最多 20000 字", "at most 20000 characters"),
        ({"cause": 7}, "cause", "须为文字", "must be text"),
        ({"cause": "一\x00二"}, "cause", "含有不可见的控制字符，请删除", "contains control characters; remove them"),
        ({"evidence": "照片"}, "evidence", "须为列表", "must be a list"),
        ({"evidence": ["一"] * 51}, "evidence", "最多 50 条", "at most 50 entries"),
        ({"evidence": [""]}, "evidence.0", "必填", "is required"),
        ({"evidence": ["一", 7]}, "evidence.1", "须为文字", "must be text"),
        ({"poster": "某人"}, "poster", "表单没有此项", "is not a field of this form"),
    ],
)
def test_what_is_wrong_is_said_in_the_office_s_language(
    fields: dict[str, Any], field: str, chinese: str, english: str
) -> None:
    assert refused("report", "submit", {**REPORT, **fields}) == {field: chinese}
    assert refused("report", "submit", {**REPORT, **fields}, "en") == {field: english}


def test_all_wrong_fields_are_named_at_once() -> None:
    assert refused("report", "submit", {"cause": "", "evidence": [""]}) == {
        "cause": "必填",
        "measures": "必填",
        "wording": "必填",
        "result": "必填",
        "evidence.0": "必填",
    }


def test_a_wrong_promise_is_named_by_its_place() -> None:
    promises = [PROMISE, {**PROMISE, "due": "soon"}, {"text": "一", "unit": "liuxi"}, "某事"]
    fields = {"kind": "final", "title": "说明", "body": "正文", "commitments": promises}

    assert refused("draft_statement", "submit", fields) == {
        "commitments.1.due": "须为日期时间，如 2026-11-23T14:05",
        "commitments.2.due": "必填",
        "commitments.3": "须为对象",
    }


def test_an_unknown_kind_of_statement_is_answered_with_the_known_ones() -> None:
    fields = {"kind": "rumour", "title": "说明", "body": "正文"}

    assert "final" in refused("draft_statement", "submit", fields)["kind"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23T14:05", datetime(2026, 11, 23, 6, 5, tzinfo=UTC)),
        ("2026-11-23T14:05:30", datetime(2026, 11, 23, 6, 5, 30, tzinfo=UTC)),
        ("2026-11-23 14:05", datetime(2026, 11, 23, 6, 5, tzinfo=UTC)),
        ("2026-11-23T14:05:00+08:00", datetime(2026, 11, 23, 6, 5, tzinfo=UTC)),
        ("2026-11-23T06:05:00Z", datetime(2026, 11, 23, 6, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_without_zone_is_one_in_shanghai(written: str, meant: datetime) -> None:
    answer = forms.read(RequestKind.REPORT, "request_extension", {"reason": "等", "until": written}, "zh_CN")

    assert isinstance(answer, forms.RequestExtension)
    assert answer.until == meant


@pytest.mark.parametrize("written", ["soon", "", "2026-13-01T00:00", "25:00", None, ["2026"]])
def test_what_is_no_moment_is_refused_with_an_example(written: Any) -> None:
    fields = {"reason": "等", "until": written}

    assert "2026-11-23T14:05" in refused("report", "request_extension", fields)["until"]
    assert refused("report", "request_extension", fields, "en")["until"].startswith("must be a date and time")


def test_line_ends_of_browsers_become_line_ends() -> None:
    answer = forms.read(RequestKind.BRIEF_REPLY, "submit", {"reply": " 一\r\n二\r三 "}, "zh_CN")

    assert isinstance(answer, forms.BriefReply)
    assert answer.reply == "一\n二\n三"


def test_every_button_and_field_has_words_in_both_languages() -> None:
    for kind, of_kind in forms.FORMS.items():
        for action, form in of_kind.items():
            assert forms.button(kind, action, "zh_CN") != forms.button(kind, action, "en")
            for name in form.model_fields:
                assert fields.field_label(form, name, "en").isascii()
                assert not fields.field_label(form, name, "zh_CN").isascii()
