"""The forms of hazards: what a unit reports, and what each thing that may be done to one takes. API and page alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from yingda.domain import days_written, lead
from yingda.domain.days_written import NotADay
from yingda.domain.fields import Answer, Words, optional, titled, written
from yingda.domain.hazards import Risk
from yingda.domain.leads import MaybeTopic
from yingda.domain.severity import Severity
from yingda.domain.speech import N_

CONTENT, MEASURES, REASON = 4_000, 4_000, 500
"""Longest texts, in characters."""


def _a_day(value: Any) -> Any:
    if value is not None and not isinstance(value, str | date):
        raise PydanticCustomError("one_day", "must be a day such as 2026-11-30")
    try:
        return days_written.read(value, None)
    except NotADay as wrong:
        raise PydanticCustomError(f"day_{wrong.why}", days_written.said(wrong.why, "en")) from None


def _a_day_at_all(value: Any) -> Any:
    day = _a_day(value)
    if day is None:
        raise PydanticCustomError("missing", "is required")
    return day


MaybeDay = Annotated[date | None, BeforeValidator(_a_day)]
SomeDay = Annotated[date, BeforeValidator(_a_day_at_all)]


def _chosen(default: Any, words: str, widget: str) -> Any:
    return Field(default=default, **titled(words, widget))


class _Hazard(Answer):
    """What stands in the columns of 附件3, its time limit apart, and what the office adds."""

    unit: Words = written(N_("科室（村庄）"), long=False, limit=64, widget="unit")
    content: Words = written(N_("舆情隐患内容（不写姓名、电话等个人信息）"), limit=CONTENT)
    offline_measures: Words = optional(N_("线下处置措施"), limit=MEASURES)
    online_measures: Words = optional(N_("线上管控措施及引导口径"), limit=MEASURES)
    topic: MaybeTopic = _chosen(None, N_("类别"), "topic")
    risk: Risk = _chosen(Risk.MEDIUM, N_("风险"), "risk")


class ReportHazard(_Hazard):
    """A unit reports something that may become an incident."""

    labels = N_("登记隐患")
    due: MaybeDay = _chosen(None, N_("解决时限（没有期限就留空）"), "day")


class ChangeHazard(_Hazard):
    """Its fields are put right; what is left out stays. Another time limit needs a reason: `ExtendHazard`."""

    labels = N_("修改")
    unit: Words = Field(
        default="",
        min_length=1,
        max_length=64,
        title="科室（村庄）",
        json_schema_extra={"title_en": "Unit", "widget": "unit"},
    )
    content: Words = Field(
        default="",
        min_length=1,
        max_length=CONTENT,
        title="舆情隐患内容（不写姓名、电话等个人信息）",
        json_schema_extra={"title_en": "The hazard (no names, no personal data)", "widget": "textarea"},
    )

    @property
    def given(self) -> dict[str, Any]:
        """What was said, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class TakeUpHazard(Answer):
    """Somebody begins to handle it."""

    labels = N_("开始处理")


class ExtendHazard(Answer):
    """It gets another time limit; why is kept for good."""

    labels = N_("延期（改解决时限）")
    due: SomeDay = Field(title="新的解决时限", json_schema_extra={"title_en": "New day", "widget": "day"})
    reason: Words = written(N_("延期理由", "hazard_form"), limit=REASON)


class ResolveHazard(Answer):
    """It is gone, and this shows it."""

    labels = N_("标为已解决")
    evidence: Words = written(N_("解决情况和依据（怎么解决的，凭什么确认）"), limit=MEASURES)


class EscalateHazard(Answer):
    """It has become a concern that must be answered in public: an incident is opened, or an open one takes it in."""

    labels = N_("转为事件")
    title: Words = optional(N_("事件标题（不填则取隐患内容）"), long=False, limit=lead.TITLE)
    topic: MaybeTopic = _chosen(None, N_("类别"), "topic")
    severity: Severity = _chosen(Severity.GENERAL, N_("级别"), "severity")
    urgent: bool = _chosen(False, N_("紧急"), "yes_no")
    platform: Words = optional(N_("平台（已在网上出现时填）"), long=False, limit=100)
    incident_no: Words = optional(N_("并入在办事件（编号；不填则另行受理）"), long=False, limit=40)
    reason: Words = written(N_("为什么转为事件"), limit=REASON)


class ReopenHazard(Answer):
    """It is there again, or never went away."""

    labels = N_("重新打开")
    reason: Words = written(N_("理由"), limit=REASON)


ACTS: Mapping[str, type[Answer]] = {
    "take_up": TakeUpHazard,
    "resolve": ResolveHazard,
    "extend": ExtendHazard,
    "escalate": EscalateHazard,
    "reopen": ReopenHazard,
    "change": ChangeHazard,
}
"""Everything that may be done to a hazard, by the last part of its address, `…/hazards/{id}/resolve`."""
