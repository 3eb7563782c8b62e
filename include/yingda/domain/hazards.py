"""Hazards (隐患): what a unit reports that may become an incident; its states, who may follow whom, how grave it is."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_


class HazardState(StrEnum):
    """Where a hazard stands."""

    OPEN = "open"
    HANDLING = "handling"
    RESOLVED = "resolved"
    ESCALATED = "escalated"


class Risk(StrEnum):
    """How likely a hazard becomes an incident, and how grave that would be. Written in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Fate(StrEnum):
    """What becomes of a row of an imported table."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


UNSETTLED = (HazardState.OPEN, HazardState.HANDLING)
"""The states in which a hazard counts as open: its unit still owes something. An escalated one is its incident's."""

FROM: Mapping[str, tuple[HazardState, ...]] = {
    "change": UNSETTLED,
    "extend": UNSETTLED,
    "take_up": (HazardState.OPEN,),
    "resolve": (HazardState.OPEN, HazardState.HANDLING, HazardState.ESCALATED),
    "escalate": UNSETTLED,
    "reopen": (HazardState.RESOLVED, HazardState.ESCALATED),
}
"""What may be done to a hazard, and in which states."""

TO: Mapping[str, HazardState] = {
    "take_up": HazardState.HANDLING,
    "resolve": HazardState.RESOLVED,
    "escalate": HazardState.ESCALATED,
    "reopen": HazardState.OPEN,
}
"""The state that each move leads to."""

EVENTS: Mapping[str, str] = {
    "change": "hazard_changed",
    "extend": "hazard_extended",
    "take_up": "hazard_taken_up",
    "resolve": "hazard_resolved",
    "escalate": "hazard_escalated",
    "reopen": "hazard_reopened",
}
"""The event that tells of each; `hazard_reported` tells of a new one, `hazard_imported` of a row that changed one."""

TOLD = frozenset({"hazard_reported", "hazard_imported", *EVENTS.values()})
"""Every event that tells of a hazard: `hazard` its number, `was` and `now` every field (services.hazard_in_hand)."""


def is_overdue(state: HazardState, due_on: date | None, today: date) -> bool:
    """Tell whether its day is over (in Shanghai, that day included) and the unit still owes something."""
    return state in UNSETTLED and due_on is not None and due_on < today


def fingerprint(unit_id: str, content: str) -> str:
    """Return what two reports of one hazard by one unit have in common, however wide their signs and blanks are."""
    plain = "".join(unicodedata.normalize("NFKC", content).casefold().split())
    return hashlib.sha256(f"{unit_id}\n{plain}".encode()).hexdigest()


_WORDS: tuple[tuple[StrEnum, str], ...] = (
    (HazardState.OPEN, N_("待处理")),
    (HazardState.HANDLING, N_("处理中")),
    (HazardState.RESOLVED, N_("已解决")),
    (HazardState.ESCALATED, N_("已转为事件")),
    (Risk.LOW, N_("低")),
    (Risk.MEDIUM, N_("中")),
    (Risk.HIGH, N_("高")),
    (Fate.NEW, N_("新增")),
    (Fate.CHANGED, N_("更新")),
    (Fate.UNCHANGED, N_("无变化")),
    (Fate.REFUSED, N_("不能导入")),
)
_LABELS = {(type(value), value): words for value, words in _WORDS}


def label(value: StrEnum, locale: str) -> str:
    """Return the word for a state, a risk or a fate in `locale` (zh_CN or en)."""
    return speech.said(_LABELS[type(value), value], locale)
