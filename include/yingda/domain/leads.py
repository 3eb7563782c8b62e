"""Reported leads: what an officer says they saw, and what the duty officer makes of it. API and page come from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from yingda.domain import lead
from yingda.domain.fields import Answer, Moment, Words, choice, moment, optional, titled, written
from yingda.domain.life import LeadOrigin
from yingda.domain.severity import Severity, Topic
from yingda.domain.speech import N_


def _nothing_if_empty(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _on_the_web(value: str) -> str:
    if not value:
        return value
    try:
        return lead.web_address(value)
    except ValueError:
        raise PydanticCustomError(
            "one_address", "must be one http:// or https:// address without a user name"
        ) from None


WebAddress = Annotated[Words, AfterValidator(_on_the_web)]
MaybeTopic = Annotated[Topic | None, BeforeValidator(_nothing_if_empty)]
MaybeMoment = Annotated[Moment | None, BeforeValidator(_nothing_if_empty)]


def _chosen(default: Any, words: str, widget: str) -> Any:
    return Field(default=default, **titled(words, widget))


class _Concern(Answer):
    """What was seen where; the fields that report and opening share."""

    title: Words = written(N_("标题：群众反映什么"), long=False, limit=lead.TITLE)
    summary: Words = optional(
        N_("概要：反映的问题和评论的内容（不写账号、姓名等个人信息）"),
        limit=lead.SUMMARY,
    )
    topic: MaybeTopic = _chosen(None, N_("类别"), "topic")
    severity: Severity = _chosen(Severity.GENERAL, N_("级别"), "severity")
    urgent: bool = _chosen(False, N_("紧急"), "yes_no")
    drill: bool = _chosen(False, N_("演练"), "yes_no")
    unit: Words = optional(N_("责任单位（不填则按规则）"), long=False, limit=64, widget="unit")
    platform: Words = optional(N_("平台"), long=False, limit=lead.PLATFORM)
    source_url: WebAddress = optional(N_("链接"), long=False, limit=lead.ADDRESS)
    seen_at: MaybeMoment = moment(N_("发现时间", "leads"), required=False)


class ReportLead(_Concern):
    """A lead as reported: where, when, what; never by whom it was posted."""

    labels = N_("报送线索")
    origin: LeadOrigin = _chosen(LeadOrigin.OFFICER, N_("线索来源"), "lead_origin")
    reporter: Words = optional(N_("报告人"), long=False, limit=64, widget="officer")


class OpenLead(_Concern):
    """The duty officer takes a lead up; what is left out stays as it was reported."""

    labels = N_("受理", "leads")
    title: Words = Field(
        default="",
        min_length=1,
        max_length=lead.TITLE,
        title="标题：群众反映什么",
        json_schema_extra={"title_en": "Title: what the concern is", "widget": "line"},
    )
    reason: Words = optional(N_("为什么重新受理"), limit=lead.REASON)

    @property
    def corrections(self) -> dict[str, Any]:
        """What was said anew, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}


class JoinLead(Answer):
    """The duty officer finds that an incident of the same matter is open."""

    labels = N_("并入在办事件")
    incident_no: Words = written(N_("事件编号"), long=False, limit=40)
    reason: Words = optional(N_("为什么重新处理"), limit=lead.REASON)


class DismissLead(Answer):
    """The duty officer finds nothing to answer."""

    labels = N_("不予受理")
    reason: Words = written(N_("理由"), limit=lead.REASON)


SETTLING: Mapping[str, type[Answer]] = {"open": OpenLead, "join": JoinLead, "dismiss": DismissLead}
"""Every way to settle a lead by the last part of its address, `…/leads/{id}/open`."""


class CheckSite(Answer):
    """Somebody looked at a watched site today."""

    labels = N_("已巡查")
    site: Words = choice(N_("网站或版块"), "watched_site")
    note: Words = optional(
        N_("看到什么（可不填；不写账号、姓名等个人信息）"),
        long=False,
        limit=500,
    )
    day: Words = optional(N_("日期（只能是今天）"), long=False, limit=10)


ALIKE = 0.4
"""Share of one title's pieces that stand in the other from which two concerns may be one."""


def likeness(one: str, other: str) -> float:
    """Return how much two titles have in common, 0 to 1: words of Latin script, pairs of neighbouring Chinese signs."""
    pieces, others = _pieces(one), _pieces(other)
    if not pieces or not others:
        return 0.0
    return len(pieces & others) / min(len(pieces), len(others))


def place_of(url: str) -> str:
    """Return host and path of an address, without what often differs between links to one page."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")
    return f"{host}{parts.path.rstrip('/')}"


def _pieces(title: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+|[^\W\da-z_]+", title.casefold())
    pieces: set[str] = set()
    for word in words:
        if word.isascii():
            pieces |= {word} if len(word) > 2 else set()
        else:
            pieces |= {word[at : at + 2] for at in range(len(word) - 1)}
    return pieces
