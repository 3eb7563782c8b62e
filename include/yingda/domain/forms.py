"""The forms: what each request may be answered with. The JSON Schema, the page and the check all come from here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from yingda.domain.calendar import SHANGHAI
from yingda.domain.documents import StatementKind
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import RequestKind

LONG = 20_000
"""Longest text of one field, in characters."""


def _shanghai_if_naive(value: Any) -> Any:
    """Read what a browser's date field sends (no zone) as Shanghai time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=SHANGHAI)
    return value


def _within_reach(value: datetime) -> datetime:
    """Refuse years that no time zone conversion survives, and that nobody means."""
    if not 2000 <= value.year <= 2200:
        raise PydanticCustomError("far_away", "must lie between the years 2000 and 2200")
    return value


def _no_control_characters(value: str) -> str:
    if any(ord(character) < 32 and character not in "\n\r\t" for character in value):
        raise PydanticCustomError("control_characters", "contains control characters; remove them")
    return value.replace("\r\n", "\n").replace("\r", "\n")


Words = Annotated[str, AfterValidator(_no_control_characters)]
Evidence = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_no_control_characters)]
Moment = Annotated[AwareDatetime, BeforeValidator(_shanghai_if_naive), AfterValidator(_within_reach)]


def _text(chinese: str, english: str, *, long: bool = True, limit: int = LONG, widget: str | None = None) -> Any:
    return Field(
        min_length=1,
        max_length=limit,
        title=chinese,
        json_schema_extra={"title_en": english, "widget": widget or ("textarea" if long else "line")},
    )


def _optional(chinese: str, english: str, *, long: bool = True, limit: int = LONG, widget: str | None = None) -> Any:
    return Field(
        default="",
        max_length=limit,
        title=chinese,
        json_schema_extra={"title_en": english, "widget": widget or ("textarea" if long else "line")},
    )


class Answer(BaseModel):
    """One way to answer a request. `action` names it; `labels` are its button, Chinese and English."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    labels: ClassVar[tuple[str, str]]


class Assign(Answer):
    labels = ("转办", "Assign")
    unit: Words = _text("责任单位", "Unit", long=False, limit=64, widget="unit")
    reason: Words = _optional("说明", "Note")


class Dismiss(Answer):
    labels = ("不予受理", "Dismiss")
    reason: Words = _text("理由", "Reason")


class BriefReply(Answer):
    labels = ("报送", "Submit")
    reply: Words = _text("简要答复", "Brief reply")


class HandBack(Answer):
    labels = ("退单（不属本单位职责）", "Hand back (not our remit)")
    reason: Words = _text("退单理由", "Reason for handing back")
    suggested_unit: Words = _optional("建议转办单位", "Suggested unit", long=False, limit=64, widget="unit")


class Report(Answer):
    labels = ("报送", "Submit")
    cause: Words = _text("舆情产生原因（事实真相）", "Cause (what is true)")
    measures: Words = _text("具体处置措施及网络舆论引导措施", "Measures taken or planned")
    wording: Words = _text("应对口径", "Proposed wording")
    result: Words = _text("处置结果", "Result")
    evidence: tuple[Evidence, ...] = Field(
        default=(),
        max_length=50,
        title="佐证材料（每行一条：链接或说明）",
        json_schema_extra={"title_en": "Evidence (one per line: a link or a description)", "widget": "lines"},
    )


class RequestExtension(Answer):
    labels = ("申请延期", "Ask for more time")
    reason: Words = _text("延期理由", "Reason for more time")
    until: Moment = Field(title="延至", json_schema_extra={"title_en": "Until", "widget": "moment"})


class Grant(Answer):
    labels = ("同意", "Grant")
    reason: Words = _optional("说明", "Note")


class Refuse(Answer):
    labels = ("不同意", "Refuse")
    reason: Words = _text("理由", "Reason")


class Approve(Answer):
    labels = ("批准", "Approve")
    comment: Words = _optional("意见", "Comment")


class Sign(Answer):
    labels = ("签发", "Sign")
    comment: Words = _optional("意见", "Comment")


class Return(Answer):
    labels = ("退回修改", "Return")
    comment: Words = _text("修改意见", "What to change")


class Decline(Answer):
    labels = ("不予批准", "Decline")
    comment: Words = _text("理由", "Reason")


class NoPublication(Answer):
    labels = ("不对外发布", "Do not publish")
    comment: Words = _text("理由", "Reason")


class CommitmentMade(BaseModel):
    """A promise with a date inside a statement."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    text: Words = _text("事项", "What", long=False, limit=500)
    unit: Words = _text("责任单位", "Unit", long=False, limit=64, widget="unit")
    due: Moment = Field(title="时限", json_schema_extra={"title_en": "By", "widget": "moment"})


def _commitments(chinese: str, english: str) -> Any:
    return Field(
        default=(),
        max_length=30,
        title=chinese,
        json_schema_extra={"title_en": english, "widget": "commitments"},
    )


class Statement(Answer):
    labels = ("提交签发", "Submit for signing")
    kind: StatementKind = Field(title="类型", json_schema_extra={"title_en": "Kind", "widget": "statement_kind"})
    title: Words = _text("标题", "Title", long=False, limit=200)
    body: Words = _text("正文（Markdown）", "Body (Markdown)")
    commitments: tuple[CommitmentMade, ...] = _commitments("承诺事项", "Commitments")


class Held(Answer):
    labels = ("已召开", "Held")
    when: Moment = Field(title="时间", json_schema_extra={"title_en": "When", "widget": "moment"})
    where: Words = _text("地点", "Where", long=False, limit=200)
    who: Words = _text("发言人", "Who spoke", long=False, limit=500)


class Close(Answer):
    labels = ("办结", "Close")
    result: Words = _text("办理结果", "Result")


class Review(Answer):
    labels = ("报送", "Submit")
    lessons: Words = _text("经验教训", "Lessons")
    actions: tuple[CommitmentMade, ...] = _commitments("整改事项", "Action items")


class CommitmentAnswer(Answer):
    labels = ("报送", "Submit")
    answer: Words = _text("办理情况", "What was done")
    evidence: tuple[Evidence, ...] = Report.model_fields["evidence"]  # type: ignore[assignment]


FORMS: Mapping[RequestKind, Mapping[str, type[Answer]]] = {
    RequestKind.ASSIGN_UNIT: {"assign": Assign, "dismiss": Dismiss},
    RequestKind.BRIEF_REPLY: {"submit": BriefReply, "hand_back": HandBack},
    RequestKind.REPORT: {"submit": Report, "hand_back": HandBack, "request_extension": RequestExtension},
    RequestKind.EXTENSION: {"grant": Grant, "refuse": Refuse},
    RequestKind.APPROVE_REPORT: {"approve": Approve, "return": Return, "decline": Decline},
    RequestKind.DRAFT_STATEMENT: {"submit": Statement},
    RequestKind.SIGN_STATEMENT: {"approve": Sign, "return": Return, "no_publication": NoPublication},
    RequestKind.PRESS_CONFERENCE: {"held": Held},
    RequestKind.CLOSE: {"close": Close},
    RequestKind.REVIEW: {"submit": Review},
    RequestKind.COMMITMENT: {"submit": CommitmentAnswer, "request_extension": RequestExtension},
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
    form = FORMS[kind][action]
    try:
        return form.model_validate(dict(fields))
    except ValidationError as invalid:
        messages: dict[str, str] = {}
        for error in invalid.errors(include_url=False):
            name = ".".join(str(part) for part in error["loc"]) or "form"
            messages.setdefault(name, _message(error, locale))
        raise FieldsRefused(messages) from None


_MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("必填", "is required"),
    "string_too_short": ("必填", "is required"),
    "string_too_long": ("最多 {max_length} 字", "at most {max_length} characters"),
    "too_long": ("最多 {max_length} 条", "at most {max_length} entries"),
    "string_type": ("须为文字", "must be text"),
    "tuple_type": ("须为列表", "must be a list"),
    "model_type": ("须为对象", "must be an object"),
    "model_attributes_type": ("须为对象", "must be an object"),
    "enum": ("只能是：{expected}", "must be one of: {expected}"),
    "extra_forbidden": ("表单没有此项", "is not a field of this form"),
    "timezone_aware": ("须带时区", "needs a time zone"),
    "far_away": ("须在 2000 年至 2200 年之间", "must lie between the years 2000 and 2200"),
    "control_characters": ("含有不可见的控制字符，请删除", "contains control characters; remove them"),
}


def _message(error: Any, locale: str) -> str:
    kind: str = error["type"]
    if kind.startswith(("datetime", "date_")):
        return (
            "must be a date and time such as 2026-11-23T14:05"
            if locale == "en"
            else "须为日期时间，如 2026-11-23T14:05"
        )
    words = _MESSAGES.get(kind)
    if words is None:
        return str(error["msg"])
    return words[locale == "en"].format(**error.get("ctx", {}))


def button(kind: RequestKind, action: str, locale: str) -> str:
    """Return the words on the button of an action."""
    return FORMS[kind][action].labels[locale == "en"]


def field_label(form: type[BaseModel], name: str, locale: Literal["zh_CN", "en"] | str) -> str:
    """Return the label of a field in `locale`."""
    field = form.model_fields[name]
    extra = field.json_schema_extra
    if locale == "en" and isinstance(extra, dict):
        return str(extra["title_en"])
    return str(field.title)
