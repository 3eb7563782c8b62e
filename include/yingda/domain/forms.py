"""The forms: what each request may be answered with. The JSON Schema, the page and the check all come from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field

from yingda.domain import fields as typed
from yingda.domain.documents import StatementKind
from yingda.domain.errors import FieldsRefused
from yingda.domain.fields import (
    Answer,
    CommitmentMade,
    Evidence,
    Moment,
    ReopeningStage,
    Words,
    commitments,
    moment,
    optional,
    written,
)
from yingda.domain.life import RequestKind


class Assign(Answer):
    labels = ("转办", "Assign")
    unit: Words = written("责任单位", "Unit", long=False, limit=64, widget="unit")
    reason: Words = optional("说明", "Note")


class Dismiss(Answer):
    labels = ("不予受理", "Dismiss")
    reason: Words = written("理由", "Reason")


class BriefReply(Answer):
    labels = ("报送", "Submit")
    reply: Words = written("简要答复", "Brief reply")


class HandBack(Answer):
    labels = ("退单（不属本单位职责）", "Hand back (not our remit)")
    reason: Words = written("退单理由", "Reason for handing back")
    suggested_unit: Words = optional("建议转办单位", "Suggested unit", long=False, limit=64, widget="unit")


class Report(Answer):
    labels = ("报送", "Submit")
    cause: Words = written("舆情产生原因（事实真相）", "Cause (what is true)")
    measures: Words = written("具体处置措施及网络舆论引导措施", "Measures taken or planned")
    wording: Words = written("应对口径", "Proposed wording")
    result: Words = written("处置结果", "Result")
    evidence: tuple[Evidence, ...] = typed.evidence()
    refuted: tuple[Evidence, ...] = Field(
        default=(),
        max_length=20,
        title="经核实不属实的说法（每行一条；没有就留空）",
        json_schema_extra={"title_en": "Claims of fact that proved untrue (one per line, if any)", "widget": "lines"},
    )


class RequestExtension(Answer):
    labels = ("申请延期", "Ask for more time")
    reason: Words = written("延期理由", "Reason for more time")
    until: Moment = moment("延至", "Until")


class Grant(Answer):
    labels = ("同意", "Grant")
    reason: Words = optional("说明", "Note")


class Refuse(Answer):
    labels = ("不同意", "Refuse")
    reason: Words = written("理由", "Reason")


class Approve(Answer):
    labels = ("批准", "Approve")
    comment: Words = optional("意见", "Comment")


CODE = "code"
"""The field, and its widget, of the code that confirms a signature. It is read and never kept."""


class Sign(Answer):
    labels = ("签发", "Sign")
    comment: Words = optional("意见", "Comment")
    code: Words = optional("验证码", "Code", limit=40, widget=CODE)


class Return(Answer):
    labels = ("退回修改", "Return")
    comment: Words = written("修改意见", "What to change")


SPEAKS_OF = "comment_"
"""What the name of a comment on one field begins with; the name of that field follows."""


def _on(chinese: str, english: str) -> Any:
    return optional(f"其中“{chinese}”", f"On: {english}", limit=2_000)


class ReturnReport(Return):
    comment_cause: Words = _on("舆情产生原因（事实真相）", "Cause (what is true)")
    comment_measures: Words = _on("具体处置措施及网络舆论引导措施", "Measures taken or planned")
    comment_wording: Words = _on("应对口径", "Proposed wording")
    comment_result: Words = _on("处置结果", "Result")


class ReturnStatement(Return):
    comment_title: Words = _on("标题", "Title")
    comment_body: Words = _on("正文", "Body")


class Decline(Answer):
    labels = ("不予批准", "Decline")
    comment: Words = written("理由", "Reason")


class NoPublication(Answer):
    labels = ("不对外发布", "Do not publish")
    comment: Words = written("理由", "Reason")


class Statement(Answer):
    labels = ("提交签发", "Submit for signing")
    kind: StatementKind = Field(title="类型", json_schema_extra={"title_en": "Kind", "widget": "statement_kind"})
    title: Words = written("标题", "Title", long=False, limit=200)
    body: Words = written("正文（Markdown）", "Body (Markdown)")
    commitments: tuple[CommitmentMade, ...] = commitments("承诺事项", "Commitments")


class Held(Answer):
    labels = ("已召开", "Held")
    when: Moment = moment("时间", "When")
    where: Words = written("地点", "Where", long=False, limit=200)
    who: Words = written("发言人", "Who spoke", long=False, limit=500)


class Close(Answer):
    labels = ("办结", "Close")
    result: Words = written("办理结果", "Result")


class Review(Answer):
    labels = ("报送", "Submit")
    lessons: Words = written("经验教训", "Lessons")
    actions: tuple[CommitmentMade, ...] = commitments("整改事项", "Action items")


class CommitmentAnswer(Answer):
    labels = ("报送", "Submit")
    answer: Words = written("办理情况", "What was done")
    evidence: tuple[Evidence, ...] = typed.evidence()


class StartPlan(Answer):
    labels = ("启动应急预案", "Start the emergency plan")
    reason: Words = written("理由", "Reason")
    interviewee: Words = optional("由谁接受采访", "Who gives interviews", long=False, limit=64, widget="officer")


class NoPlan(Answer):
    labels = ("暂不启动", "Not now")
    reason: Words = written("理由", "Reason")
    interviewee: Words = optional("由谁接受采访", "Who gives interviews", long=False, limit=64, widget="officer")


class ApproveLetter(Answer):
    labels = ("同意发函", "Approve the letter")
    comment: Words = optional("意见", "Comment")


class RefuseLetter(Answer):
    labels = ("不予发函", "Refuse")
    comment: Words = written("理由", "Reason")


class LetterSent(Answer):
    labels = ("已送出", "Sent")
    when: Moment = moment("送出时间", "When")
    how: Words = written("送达方式", "How it was sent", long=False, limit=500)


class LetterNotSent(Answer):
    labels = ("未送出", "Not sent after all")
    comment: Words = written("原因", "Reason")


class EnquiryAnswered(Answer):
    labels = ("已答复", "Answered")
    answer: Words = written("答复内容", "What was answered")
    who: Words = written("由谁答复", "Who answered", long=False, limit=200)
    when: Moment = moment("答复时间", "When")


class ReopenAfterFeedback(Answer):
    labels = ("重新办理", "Reopen")
    stage: ReopeningStage = typed.choice("从哪一步起", "Stage", "reopening_stage")
    reason: Words = written("理由", "Reason", limit=500)


class KeepClosed(Answer):
    labels = ("不重新办理", "Leave it closed")
    reason: Words = written("理由", "Reason", limit=500)


FORMS: Mapping[RequestKind, Mapping[str, type[Answer]]] = {
    RequestKind.ASSIGN_UNIT: {"assign": Assign, "dismiss": Dismiss},
    RequestKind.BRIEF_REPLY: {"submit": BriefReply, "hand_back": HandBack},
    RequestKind.REPORT: {"submit": Report, "hand_back": HandBack, "request_extension": RequestExtension},
    RequestKind.EXTENSION: {"grant": Grant, "refuse": Refuse},
    RequestKind.APPROVE_REPORT: {"approve": Approve, "return": ReturnReport, "decline": Decline},
    RequestKind.DRAFT_STATEMENT: {"submit": Statement},
    RequestKind.SIGN_STATEMENT: {"approve": Sign, "return": ReturnStatement, "no_publication": NoPublication},
    RequestKind.PRESS_CONFERENCE: {"held": Held},
    RequestKind.CLOSE: {"close": Close},
    RequestKind.REVIEW: {"submit": Review},
    RequestKind.COMMITMENT: {"submit": CommitmentAnswer, "request_extension": RequestExtension},
    RequestKind.EMERGENCY_PLAN: {"start": StartPlan, "not_now": NoPlan},
    RequestKind.DECIDE_LETTER: {"approve": ApproveLetter, "refuse": RefuseLetter},
    RequestKind.SEND_LETTER: {"sent": LetterSent, "not_sent": LetterNotSent},
    RequestKind.ENQUIRY: {"answered": EnquiryAnswered},
    RequestKind.FEEDBACK: {"reopen": ReopenAfterFeedback, "leave": KeepClosed},
}
"""Every request kind with its actions, the usual one first (contract: the desk)."""


def actions(kind: RequestKind) -> tuple[str, ...]:
    """Return the actions a request of this kind may be answered with, the usual one first."""
    return tuple(FORMS[kind])


def schema(kind: RequestKind, allowed: Collection[str] | None = None) -> dict[str, Any]:
    """Return the JSON Schema of an answer: one alternative for each `allowed` action, told apart by `action`."""
    alternatives = []
    shared: dict[str, Any] = {}
    for action, form in FORMS[kind].items():
        if allowed is not None and action not in allowed:
            continue
        one = form.model_json_schema()
        # References are looked up from the root of the whole schema.
        shared |= one.pop("$defs", {})
        one["properties"] = {
            "action": {"const": action},
            "revision_sha256": {"type": ["string", "null"]},
            **one.get("properties", {}),
        }
        one["required"] = ["action", *one.get("required", [])]
        one["title"] = form.labels[1]
        alternatives.append(one)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "oneOf": alternatives}
    return {**whole, "$defs": shared} if shared else whole


def read(
    kind: RequestKind, action: object, fields: Mapping[str, Any], locale: str, allowed: Collection[str] | None = None
) -> Answer:
    """Check an answer.

    :param allowed: the actions that are open now; by default all of the kind

    :raises FieldsRefused: names each field that is wrong and says what is wanted, in `locale`
    """
    open_now = [name for name in FORMS[kind] if allowed is None or name in allowed]
    if not isinstance(action, str) or action not in open_now:
        choice = ", ".join(open_now)
        raise FieldsRefused({"action": f"must be one of: {choice}" if locale == "en" else f"只能是：{choice}"})
    return typed.check(FORMS[kind][action], fields, locale)


def by_field(payload: Mapping[str, Any]) -> dict[str, str]:
    """Return what a text that was returned says of single fields, by the name of each."""
    return {name.removeprefix(SPEAKS_OF): said for name, said in payload.items() if name.startswith(SPEAKS_OF) and said}


def button(kind: RequestKind, action: str, locale: str) -> str:
    """Return the words on the button of an action."""
    return FORMS[kind][action].labels[locale == "en"]
