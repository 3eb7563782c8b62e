"""The trigger form of `incident_response`: what ops fill in, in the UI or over the REST API."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from yingda.domain.life import REOPENING_STAGES
from yingda.domain.severity import Severity, Topic, label


def _both(value: Severity | Topic) -> str:
    return f"{label(value, 'zh_CN')} {label(value, 'en')}"


_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_LEAD, _WHERE, _AGAIN = "线索 Lead", "来源 Source", "再次办理 Further pass"


def _optional(**schema: Any) -> Param:
    return Param(None, type=["null", "string"], **schema)


INCIDENT_FORM: dict[str, Param] = {
    "title": Param(
        type="string",
        title="标题 Title",
        description="一句话说明群众反映什么，1–200 字。One line that names the concern.",
        minLength=1,
        maxLength=200,
        pattern=r"\S",
        section=_LEAD,
    ),
    "summary": _optional(
        title="概要 Summary",
        description="反映的问题和评论的内容，4000 字以内；不写发帖人、不写居民个人信息。No personal data.",
        maxLength=4000,
        format="multiline",
        section=_LEAD,
    ),
    "topic": Param(
        None,
        type=["null", "string"],
        enum=[None, *(topic.value for topic in Topic)],
        values_display={topic.value: _both(topic) for topic in Topic},
        title="类别 Topic",
        section=_LEAD,
    ),
    "severity": Param(
        Severity.GENERAL.value,
        type="string",
        enum=[severity.value for severity in Severity],
        values_display={severity.value: _both(severity) for severity in Severity},
        title="级别 Severity",
        section=_LEAD,
    ),
    "urgent": Param(False, type="boolean", title="紧急 Urgent", section=_LEAD),
    "drill": Param(False, type="boolean", title="演练 Drill", section=_LEAD),
    "unit": _optional(
        title="责任单位 Unit",
        description="名册中的单位代号；不填则按规则，规则定不了则问值班员。Unit id of the roster.",
        pattern=_ID,
        section=_LEAD,
    ),
    "platform": _optional(title="平台 Platform", maxLength=100, section=_WHERE),
    "source_url": _optional(
        title="链接 Link",
        description="http(s)；与在办事件相同时并入该事件。A known link joins the open incident.",
        # No "@" before the path: a user name and password would stand in the run's conf for every viewer to read.
        pattern=r"^[hH][tT][tT][pP][sS]?://[^\s@/?#]+([/?#]\S*)?$",
        maxLength=2000,
        section=_WHERE,
    ),
    "seen_at": _optional(title="发现时间 Seen at", format="date-time", section=_WHERE),
    "reporter": _optional(
        title="报告人 Reporter", description="名册中的人员代号。Officer id of the roster.", pattern=_ID, section=_WHERE
    ),
    "incident_no": _optional(
        title="事件编号 Incident number",
        description="只用于已有事件的再次办理。Only for a further pass of a known incident.",
        pattern=r"^[A-Z]{2,16}-[0-9]{4}-[0-9]{3,}$",
        section=_AGAIN,
    ),
    "stage": Param(
        None,
        type=["null", "string"],
        enum=[None, *(stage.value for stage in REOPENING_STAGES)],
        title="从哪一步起 Stage",
        section=_AGAIN,
    ),
    "reason": _optional(title="理由 Reason", maxLength=500, section=_AGAIN),
}
"""Airflow refuses what breaks this with 400 before a run exists; `open_incident` checks the rest (domain/lead.py)."""
