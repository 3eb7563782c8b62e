"""Reported leads: what an officer says they saw, and what the duty officer makes of it. API and page come from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from yingda.domain import lead
from yingda.domain.fields import Answer, Moment, Words, choice, moment, optional, written
from yingda.domain.life import LeadOrigin
from yingda.domain.severity import Severity, Topic


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


def _chosen(default: Any, chinese: str, english: str, widget: str) -> Any:
    return Field(default=default, title=chinese, json_schema_extra={"title_en": english, "widget": widget})


class _Concern(Answer):
    """What was seen where; the fields that report and opening share."""

    title: Words = written("标题：群众反映什么", "Title: what the concern is", long=False, limit=lead.TITLE)
    summary: Words = optional(
        "概要：反映的问题和评论的内容（不写账号、姓名等个人信息）",
        "Summary: the concern and what the comments say (no account names, no personal data)",
        limit=lead.SUMMARY,
    )
    topic: MaybeTopic = _chosen(None, "类别", "Topic", "topic")
    severity: Severity = _chosen(Severity.GENERAL, "级别", "Severity", "severity")
    urgent: bool = _chosen(False, "紧急", "Urgent", "yes_no")
    drill: bool = _chosen(False, "演练", "Drill", "yes_no")
    unit: Words = optional("责任单位（不填则按规则）", "Unit (empty: by rule)", long=False, limit=64, widget="unit")
    platform: Words = optional("平台", "Platform", long=False, limit=lead.PLATFORM)
    source_url: WebAddress = optional("链接", "Link", long=False, limit=lead.ADDRESS)
    seen_at: MaybeMoment = moment("发现时间", "Seen at", required=False)


class ReportLead(_Concern):
    """A lead as reported: where, when, what; never by whom it was posted."""

    labels = ("报送线索", "Report the lead")
    origin: LeadOrigin = _chosen(LeadOrigin.OFFICER, "线索来源", "Who brought it", "lead_origin")
    reporter: Words = optional("报告人", "Reported by", long=False, limit=64, widget="officer")


class OpenLead(_Concern):
    """The duty officer takes a lead up; what is left out stays as it was reported."""

    labels = ("受理", "Open an incident")
    title: Words = Field(
        default="",
        min_length=1,
        max_length=lead.TITLE,
        title="标题：群众反映什么",
        json_schema_extra={"title_en": "Title: what the concern is", "widget": "line"},
    )
    reason: Words = optional("为什么重新受理", "Why it is taken up again", limit=lead.REASON)

    @property
    def corrections(self) -> dict[str, Any]:
        """What was said anew, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}


class JoinLead(Answer):
    """The duty officer finds that an incident of the same matter is open."""

    labels = ("并入在办事件", "Join an open incident")
    incident_no: Words = written("事件编号", "Incident number", long=False, limit=40)
    reason: Words = optional("为什么重新处理", "Why it is taken up again", limit=lead.REASON)


class DismissLead(Answer):
    """The duty officer finds nothing to answer."""

    labels = ("不予受理", "Dismiss")
    reason: Words = written("理由", "Reason", limit=lead.REASON)


SETTLING: Mapping[str, type[Answer]] = {"open": OpenLead, "join": JoinLead, "dismiss": DismissLead}
"""Every way to settle a lead by the last part of its address, `…/leads/{id}/open`."""


class CheckSite(Answer):
    """Somebody looked at a watched site today."""

    labels = ("已巡查", "Checked")
    site: Words = choice("网站或版块", "Site", "watched_site")
    note: Words = optional(
        "看到什么（可不填；不写账号、姓名等个人信息）",
        "What was seen (may stay empty; no account names, no personal data)",
        long=False,
        limit=500,
    )
    day: Words = optional("日期（只能是今天）", "Day (today only)", long=False, limit=10)


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
