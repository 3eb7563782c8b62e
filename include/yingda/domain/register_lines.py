"""The lines of a register: what one says of a hazard or an incident, and what has changed from one day to another.

A line is plain JSON values, so that it is stored as it is and any two days can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import speech
from .hazards import HazardState
from .speech import N_

Line = Mapping[str, Any]

HAZARD = "hazard"
INCIDENT = "incident"
HAZARD_FIELDS = (
    "unit",
    "content",
    "offline_measures",
    "online_measures",
    "due",
    "topic",
    "risk",
    "state",
    "version",
)
"""What a line says of a hazard; as its events keep them (services.hazard_in_hand.facts)."""


class Change(StrEnum):
    """What became of a hazard or an incident between two registers."""

    HAZARD_NEW = "hazard_new"
    HAZARD_REOPENED = "hazard_reopened"
    HAZARD_CHANGED = "hazard_changed"
    HAZARD_RESOLVED = "hazard_resolved"
    HAZARD_ESCALATED = "hazard_escalated"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_REOPENED = "incident_reopened"
    INCIDENT_REGRADED = "incident_regraded"
    INCIDENT_MOVED = "incident_moved"
    INCIDENT_CLOSED = "incident_closed"
    INCIDENT_MERGED = "incident_merged"


@dataclass(frozen=True)
class Changed:
    """One change.

    :param key: number of the hazard or the incident
    :param line: what the later register says, or the earlier one where it is gone
    :param was: what the earlier one says, of what stands in both
    :param names: fields that differ, of what stands in both
    """

    change: Change
    key: str
    line: Line
    was: Line | None = None
    names: tuple[str, ...] = ()


def of_hazard(key: str, before: Line | None, after: Line | None, elsewhere: str | None) -> Changed | None:
    """Tell what became of a hazard; None where nothing that people see did.

    :param elsewhere: its state at the moment of the register that has no line of it; None: it was not there at all
    """
    if after is None:
        assert before is not None  # noqa: S101 - one of the two registers has it
        escalated = elsewhere == HazardState.ESCALATED
        return Changed(Change.HAZARD_ESCALATED if escalated else Change.HAZARD_RESOLVED, key, before)
    if before is None:
        return Changed(Change.HAZARD_NEW if elsewhere is None else Change.HAZARD_REOPENED, key, after)
    names = tuple(name for name in HAZARD_FIELDS if name != "version" and before.get(name) != after.get(name))
    return Changed(Change.HAZARD_CHANGED, key, after, before, names) if names else None


def of_incident(
    key: str, before: Line | None, after: Line | None, *, merged: bool = False, since: str = ""
) -> Iterable[Changed]:
    """Yield what became of an incident: a regrade and a move on its way may be both.

    :param merged: it is gone because another took it in
    :param since: moment of the earlier register (ISO 8601, UTC): what was opened before it was reopened
    """
    if after is None:
        assert before is not None  # noqa: S101 - one of the two registers has it
        yield Changed(Change.INCIDENT_MERGED if merged else Change.INCIDENT_CLOSED, key, before)
    elif before is None:
        yield Changed(Change.INCIDENT_OPENED if after["opened_at"] >= since else Change.INCIDENT_REOPENED, key, after)
    else:
        if before["severity"] != after["severity"]:
            yield Changed(Change.INCIDENT_REGRADED, key, after, before, ("severity",))
        names = tuple(name for name in ("stage", "unit") if before[name] != after[name])
        if names:
            yield Changed(Change.INCIDENT_MOVED, key, after, before, names)


_CHANGES: dict[Change, str] = {
    Change.HAZARD_NEW: N_("隐患新增"),
    Change.HAZARD_REOPENED: N_("隐患重新打开"),
    Change.HAZARD_CHANGED: N_("隐患变更"),
    Change.HAZARD_RESOLVED: N_("隐患解决"),
    Change.HAZARD_ESCALATED: N_("隐患转为事件"),
    Change.INCIDENT_OPENED: N_("事件受理"),
    Change.INCIDENT_REOPENED: N_("事件重新办理"),
    Change.INCIDENT_REGRADED: N_("事件调整级别"),
    Change.INCIDENT_MOVED: N_("事件进展"),
    Change.INCIDENT_CLOSED: N_("事件办结"),
    Change.INCIDENT_MERGED: N_("事件并入其他事件"),
}
_FIELDS: dict[str, str] = {
    "unit": N_("科室"),
    "content": N_("隐患内容"),
    "offline_measures": N_("线下处置措施"),
    "online_measures": N_("线上管控措施及引导口径"),
    "due": N_("解决时限"),
    "topic": N_("类别"),
    "risk": N_("风险"),
    "state": N_("状态"),
    "severity": N_("级别"),
    "stage": N_("环节"),
}


def label(value: Change, locale: str) -> str:
    """Return the words for a change in `locale` (zh_CN or en)."""
    return speech.said(_CHANGES[value], locale)


def field_label(name: str, locale: str) -> str:
    """Return the words for a field of a line in `locale`."""
    return speech.said(_FIELDS[name], locale)
