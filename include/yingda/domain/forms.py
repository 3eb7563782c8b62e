"""The forms: what each request may be answered with. The JSON Schema, the page and the check all come from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field

from yingda.domain import fields as typed
from yingda.domain import speech
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
from yingda.domain.speech import N_


class Assign(Answer):
    labels = N_("转办")
    unit: Words = written(N_("责任单位"), long=False, limit=64, widget="unit")
    reason: Words = optional(N_("说明"))


class Dismiss(Answer):
    labels = N_("不予受理")
    reason: Words = written(N_("理由"))


class BriefReply(Answer):
    labels = N_("报送")
    reply: Words = written(N_("简要答复"))


class HandBack(Answer):
    labels = N_("退单（不属本单位职责）")
    reason: Words = written(N_("退单理由"))
    suggested_unit: Words = optional(N_("建议转办单位"), long=False, limit=64, widget="unit")


class Report(Answer):
    labels = N_("报送")
    cause: Words = written(N_("舆情产生原因（事实真相）"))
    measures: Words = written(N_("具体处置措施及网络舆论引导措施"))
    wording: Words = written(N_("应对口径"))
    result: Words = written(N_("处置结果"))
    evidence: tuple[Evidence, ...] = typed.evidence()
    refuted: tuple[Evidence, ...] = Field(
        default=(),
        max_length=20,
        title="经核实不属实的说法（每行一条；没有就留空）",
        json_schema_extra={"title_en": "Claims of fact that proved untrue (one per line, if any)", "widget": "lines"},
    )


class RequestExtension(Answer):
    labels = N_("申请延期")
    reason: Words = written(N_("延期理由"))
    until: Moment = moment(N_("延至"))


class Grant(Answer):
    labels = N_("同意")
    reason: Words = optional(N_("说明"))


class Refuse(Answer):
    labels = N_("不同意")
    reason: Words = written(N_("理由"))


class Approve(Answer):
    labels = N_("批准")
    comment: Words = optional(N_("意见"))


CODE = "code"
"""The field, and its widget, of the code that confirms a signature. It is read and never kept."""


class Sign(Answer):
    labels = N_("签发")
    comment: Words = optional(N_("意见"))
    code: Words = optional(N_("验证码"), limit=40, widget=CODE)


class Return(Answer):
    labels = N_("退回修改")
    comment: Words = written(N_("修改意见"))


SPEAKS_OF = "comment_"
"""What the name of a comment on one field begins with; the name of that field follows."""


def _on(words: str) -> Any:
    return Field(
        default="",
        max_length=2_000,
        title=speech.said(N_("其中“%(field)s”"), speech.SOURCE, field=speech.said(words, speech.SOURCE)),
        json_schema_extra={
            "title_en": speech.said(N_("其中“%(field)s”"), "en", field=speech.said(words, "en")),
            "widget": "textarea",
        },
    )


class ReturnReport(Return):
    comment_cause: Words = _on(N_("舆情产生原因（事实真相）"))
    comment_measures: Words = _on(N_("具体处置措施及网络舆论引导措施"))
    comment_wording: Words = _on(N_("应对口径"))
    comment_result: Words = _on(N_("处置结果"))


class ReturnStatement(Return):
    comment_title: Words = _on(N_("标题"))
    comment_body: Words = _on(N_("正文"))


class Decline(Answer):
    labels = N_("不予批准")
    comment: Words = written(N_("理由"))


class NoPublication(Answer):
    labels = N_("不对外发布")
    comment: Words = written(N_("理由"))


class Statement(Answer):
    labels = N_("提交签发")
    kind: StatementKind = Field(title="类型", json_schema_extra={"title_en": "Kind", "widget": "statement_kind"})
    title: Words = written(N_("标题"), long=False, limit=200)
    body: Words = written(N_("正文（Markdown）"))
    commitments: tuple[CommitmentMade, ...] = commitments(N_("承诺事项"))


class Held(Answer):
    labels = N_("已召开")
    when: Moment = moment(N_("时间", "forms"))
    where: Words = written(N_("地点"), long=False, limit=200)
    who: Words = written(N_("发言人"), long=False, limit=500)


class Close(Answer):
    labels = N_("办结")
    result: Words = written(N_("办理结果"))


class Review(Answer):
    labels = N_("报送")
    lessons: Words = written(N_("经验教训"))
    actions: tuple[CommitmentMade, ...] = commitments(N_("整改事项", "forms"))


class CommitmentAnswer(Answer):
    labels = N_("报送")
    answer: Words = written(N_("办理情况"))
    evidence: tuple[Evidence, ...] = typed.evidence()


class StartPlan(Answer):
    labels = N_("启动应急预案")
    reason: Words = written(N_("理由"))
    interviewee: Words = optional(N_("由谁接受采访"), long=False, limit=64, widget="officer")


class NoPlan(Answer):
    labels = N_("暂不启动")
    reason: Words = written(N_("理由"))
    interviewee: Words = optional(N_("由谁接受采访"), long=False, limit=64, widget="officer")


class ApproveLetter(Answer):
    labels = N_("同意发函")
    comment: Words = optional(N_("意见"))


class RefuseLetter(Answer):
    labels = N_("不予发函")
    comment: Words = written(N_("理由"))


class LetterSent(Answer):
    labels = N_("已送出")
    when: Moment = moment(N_("送出时间"))
    how: Words = written(N_("送达方式"), long=False, limit=500)


class LetterNotSent(Answer):
    labels = N_("未送出")
    comment: Words = written(N_("原因"))


class EnquiryAnswered(Answer):
    labels = N_("已答复")
    answer: Words = written(N_("答复内容"))
    who: Words = written(N_("由谁答复"), long=False, limit=200)
    when: Moment = moment(N_("答复时间", "forms"))


class ReopenAfterFeedback(Answer):
    labels = N_("重新办理")
    stage: ReopeningStage = typed.choice(N_("从哪一步起"), "reopening_stage")
    reason: Words = written(N_("理由"), limit=500)


class KeepClosed(Answer):
    labels = N_("不重新办理")
    reason: Words = written(N_("理由"), limit=500)


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
        raise FieldsRefused({"action": speech.said("只能是：%(choice)s", locale, choice=choice)})
    return typed.check(FORMS[kind][action], fields, locale)


def by_field(payload: Mapping[str, Any]) -> dict[str, str]:
    """Return what a text that was returned says of single fields, by the name of each."""
    return {name.removeprefix(SPEAKS_OF): said for name, said in payload.items() if name.startswith(SPEAKS_OF) and said}


def button(kind: RequestKind, action: str, locale: str) -> str:
    """Return the words on the button of an action."""
    return speech.said(FORMS[kind][action].labels, locale)
