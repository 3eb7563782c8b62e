"""Alerting: what the officers' work group hears by robot. Numbers, severities and links; never a title, name or text.

Written where it happens, in the same transaction; the courier says it. One message an event and robot, at least once.
"""

from __future__ import annotations

from typing import Any

from yingda.domain import clocks, severity, speech
from yingda.domain.clocks import ClockKind
from yingda.domain.severity import Severity
from yingda.domain.speech import N_
from yingda.domain.work_group import GroupEvent
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store import outbox
from yingda.store.models import OutboxMessage
from yingda.transports.chat import Post

TEMPLATE = "work_group"


def alert(case: Case, event: GroupEvent, key: str, **facts: Any) -> None:
    """Owe each robot of the work group word of an event, if policy names it (key `work_group`); once by `key`.

    :param facts: ids and kinds only
    """
    rule = case.settings.policy.work_group
    if event not in rule.events:
        return
    for robot in rule.robots:
        outbox.owe(
            case.session,
            case.incident,
            key=f"robot:{robot}:{case.incident.id}:{event}:{key}",
            template=TEMPLATE,
            robot=robot,
            at=case.now,
            domain=case.settings.roster.office.email.rpartition("@")[2],
            event=event.value,
            number=case.incident.number,
            severity=case.incident.severity.value,
            drill=case.incident.drill,
            **facts,
        )


def post_of(message: OutboxMessage, settings: Settings) -> Post:
    """Return what a robot says: the same at every attempt, since it says how things stood when it was owed."""
    said, locale = message.values, settings.speaks
    drill = (speech.said(N_("【演练】", "alerting"), locale)) if said["drill"] else ""
    grave = severity.label(Severity(said["severity"]), locale)
    return Post(
        heading=speech.said(
            "%(drill)s【%(grave)s】%(number)s", locale, drill=drill, grave=grave, number=said["number"]
        ),
        lines=[_what(said, settings)],
        link=f"{settings.public_url}/desk/incidents/{said['number']}",
        link_says=speech.said("办理台：", locale),
        cut_says=speech.said("办理台：", locale),
    )


def _what(said: dict[str, Any], settings: Settings) -> str:
    match GroupEvent(said["event"]):
        case GroupEvent.OPENED:
            return speech.said("已受理。", settings.speaks)
        case GroupEvent.OVERDUE:
            limit = clocks.label(ClockKind(said["clock"]), settings.speaks)
            return speech.said("已超时：%(limit)s。", settings.speaks, limit=limit)
        case GroupEvent.SIGNED:
            return speech.said("对外情况说明已签齐，即将发布。", settings.speaks)
        case GroupEvent.PUBLISHED:
            return speech.said("已发布：%(said)s。", settings.speaks, said=_channel(said, settings))
        case GroupEvent.UNKNOWN:
            channel = _channel(said, settings)
            return speech.said("发布结果不明：%(channel)s。请值班员到该渠道核实。", settings.speaks, channel=channel)


def _channel(said: dict[str, Any], settings: Settings) -> str:
    try:
        channel = settings.channels.channel(said["channel"])
    except KeyError:
        return str(said["channel"])
    return channel.label_en if settings.speaks == "en" else channel.label
