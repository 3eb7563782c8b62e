"""Fields of forms: the kinds of text and moments that people type, checked once, with words for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from yingda.domain import days_written, speech
from yingda.domain.calendar import SHANGHAI
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import REOPENING_STAGES, Stage
from yingda.domain.speech import N_

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


def _a_stage_to_begin_at(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("missing", "is required")
    if value not in set(REOPENING_STAGES):
        raise PydanticCustomError("enum", "", {"expected": ", ".join(REOPENING_STAGES)})
    return value


Words = Annotated[str, AfterValidator(_no_control_characters)]
Evidence = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_no_control_characters)]
ReopeningStage = Annotated[Stage, BeforeValidator(_a_stage_to_begin_at)]
Moment = Annotated[AwareDatetime, BeforeValidator(_shanghai_if_naive), AfterValidator(_within_reach)]


def titled(words: str, widget: str) -> dict[str, Any]:
    """Return what a field says of itself: its title (marked by `N_`), also in English, and its widget."""
    shown = {"title_en": speech.said(words, "en"), "widget": widget}
    return {"title": speech.said(words, speech.SOURCE), "json_schema_extra": shown}


def written(words: str, *, long: bool = True, limit: int = LONG, widget: str | None = None) -> Any:
    return Field(
        min_length=1,
        max_length=limit,
        **titled(words, widget or ("textarea" if long else "line")),
    )


def optional(words: str, *, long: bool = True, limit: int = LONG, widget: str | None = None) -> Any:
    return Field(
        default="",
        max_length=limit,
        **titled(words, widget or ("textarea" if long else "line")),
    )


class Answer(BaseModel):
    """One way to answer a request. `action` names it; `labels` is its button, marked by `N_`."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    labels: ClassVar[str]


AnswerT = TypeVar("AnswerT", bound=Answer)


def commitments(words: str) -> Any:
    return Field(
        default=(),
        max_length=30,
        **titled(words, "commitments"),
    )


def evidence(*, least: int = 0) -> Any:
    """Return a field that takes one piece of evidence a line."""
    return Field(
        default=() if not least else ...,
        min_length=least,
        max_length=50,
        title="佐证材料（每行一条：链接或说明）",
        json_schema_extra={"title_en": "Evidence (one per line: a link or a description)", "widget": "lines"},
    )


def moment(words: str, *, required: bool = True) -> Any:
    """Return a field that takes a moment; one that is not required may be left out (None)."""
    return Field(... if required else None, **titled(words, "moment"))


def choice(words: str, widget: str, *, text: bool = False) -> Any:
    """Return a required field that takes one of the values that `widget` names; `text` where they are no enum."""
    return Field(min_length=1 if text else None, **titled(words, widget))


class CommitmentMade(BaseModel):
    """A promise with a date inside a statement."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    text: Words = written(N_("事项"), long=False, limit=500)
    unit: Words = written(N_("责任单位"), long=False, limit=64, widget="unit")
    due: Moment = moment(N_("时限", "fields"))


def check(form: type[AnswerT], fields: Mapping[str, Any], locale: str) -> AnswerT:
    """Read what was typed into a form.

    :raises FieldsRefused: names each field that is wrong and says what is wanted, in `locale`
    """
    try:
        return form.model_validate(dict(fields))
    except ValidationError as invalid:
        messages: dict[str, str] = {}
        for error in invalid.errors(include_url=False):
            name = ".".join(str(part) for part in error["loc"]) or "form"
            messages.setdefault(name, _message(error, locale))
        raise FieldsRefused(messages) from None


_MESSAGES: dict[str, str] = {
    "missing": N_("必填"),
    "string_too_short": N_("必填"),
    "string_too_long": N_("最多 {max_length} 字"),
    "too_long": N_("最多 {max_length} 条"),
    "too_short": N_("至少 {min_length} 条"),
    "string_type": N_("须为文字"),
    "tuple_type": N_("须为列表"),
    "model_type": N_("须为对象"),
    "model_attributes_type": N_("须为对象"),
    "enum": N_("只能是：{expected}"),
    "extra_forbidden": N_("表单没有此项"),
    "one_address": N_("须为一个 http:// 或 https:// 开头的网址，不带空格和用户名"),
    "bool_type": N_("须为是或否"),
    "bool_parsing": N_("须为是或否"),
    "timezone_aware": N_("须带时区"),
    "far_away": N_("须在 2000 年至 2200 年之间"),
    "one_day": N_("须为日期，如 2026-11-30"),
    "control_characters": N_("含有不可见的控制字符，请删除"),
}


def _message(error: Any, locale: str) -> str:
    kind: str = error["type"]
    if kind.startswith("day_"):
        return f"“{error['input']}” " + days_written.said(kind.removeprefix("day_"), locale)
    if kind.startswith(("datetime", "date_")):
        return speech.said("须为日期时间，如 2026-11-23T14:05", locale)
    words = _MESSAGES.get(kind)
    if words is None:
        return str(error["msg"])
    return speech.said(words, locale).format(**error.get("ctx", {}))


def field_label(form: type[BaseModel], name: str, locale: str) -> str:
    """Return the label of a field in `locale`."""
    field = form.model_fields[name]
    extra = field.json_schema_extra
    if locale == "en" and isinstance(extra, dict):
        return str(extra["title_en"])
    return str(field.title)
