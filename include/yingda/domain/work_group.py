"""What the officers' work group hears of: that something happened, by number, severity and link; no titles or names."""

from __future__ import annotations

from enum import StrEnum


class GroupEvent(StrEnum):
    """What a work group can be told of."""

    OPENED = "opened"
    OVERDUE = "overdue"
    SIGNED = "signed"
    PUBLISHED = "published"
    UNKNOWN = "unknown"


_LABELS: dict[GroupEvent, tuple[str, str]] = {
    GroupEvent.OPENED: ("事件受理", "An incident was opened"),
    GroupEvent.OVERDUE: ("时限已过", "A time limit ran out"),
    GroupEvent.SIGNED: ("对外情况说明签齐", "A statement has all its signatures"),
    GroupEvent.PUBLISHED: ("对外情况说明发布", "A statement was published"),
    GroupEvent.UNKNOWN: ("发布结果不明", "The outcome of a publication is unknown"),
}


def label(event: GroupEvent, locale: str) -> str:
    """Return the office's word for what happened."""
    return _LABELS[event][locale == "en"]
