"""What the officers' work group hears of: that something happened, by number, severity and link; no titles or names."""

from __future__ import annotations

from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_


class GroupEvent(StrEnum):
    """What a work group can be told of."""

    OPENED = "opened"
    OVERDUE = "overdue"
    SIGNED = "signed"
    PUBLISHED = "published"
    UNKNOWN = "unknown"


_LABELS: dict[GroupEvent, str] = {
    GroupEvent.OPENED: N_("事件受理"),
    GroupEvent.OVERDUE: N_("时限已过"),
    GroupEvent.SIGNED: N_("对外情况说明签齐"),
    GroupEvent.PUBLISHED: N_("对外情况说明发布"),
    GroupEvent.UNKNOWN: N_("发布结果不明"),
}


def label(event: GroupEvent, locale: str) -> str:
    """Return the office's word for what happened."""
    return speech.said(_LABELS[event], locale)
