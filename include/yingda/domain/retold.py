"""An incident told again from its events alone: where it stood at a moment, what was owed, who was asked.

What a line of the register says of an incident (domain.register_lines) comes out as it was compiled then. Events
written before they told which of several clocks they are about, and merges that were undone, leave something open:
`unknown` says what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .life import RequestKind, Stage

_LOSE_THEIR_TIME = ("regraded", "unmerged")
_GET_ITS_TIME = ("regraded", "merged")

KINDS = (
    "incident_opened",
    "assigned",
    "stage_entered",
    "regraded",
    "clock_started",
    "clock_met",
    "clock_missed",
    "clock_cancelled",
    "clock_resumed",
    "clock_recomputed",
    "clock_extended",
    "request_opened",
    "request_reopened",
    "request_withdrawn",
    "answered",
    "extension_granted",
    "unmerged",
)
"""The events that tell of it."""


@dataclass(frozen=True)
class Asked:
    """What never changes of a request: whose clock it goes by (kind, cycle), and which of several it is about."""

    clock: tuple[str, int] | None = None
    about: str = ""


@dataclass
class _Clock:
    started_at: str
    due_at: str
    running: bool = True
    missed: bool = False


@dataclass
class Retold:
    """An incident as its events leave it; feed it with `tell`, in their order."""

    requests_known: Mapping[str, Asked]
    severity: str = ""
    stage: str = Stage.ASSIGN_UNIT.value
    unit: str | None = None
    unknown: set[str] = field(default_factory=set)
    _clocks: dict[tuple[str, int], _Clock] = field(default_factory=dict)
    _requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def tell(self, kind: str, at: datetime, data: Mapping[str, Any]) -> None:
        """Let one event happen; those of no consequence here are passed over."""
        if kind in ("incident_opened", "regraded"):
            self.severity = data["severity"]
        elif kind == "assigned":
            self.unit = data["unit"]
        elif kind == "stage_entered":
            self.stage = data["stage"]
            if self.stage == Stage.ASSIGN_UNIT:
                self.unit = None
        elif kind == "unmerged":
            # Undoing a merge sets some clocks back without a word.
            self.unknown.add("clocks")
        elif kind == "extension_granted":
            self._more_time(data)
        elif kind.startswith("clock_"):
            self._clock(kind, data)
        else:
            self._request(kind, at, data)

    @property
    def is_closed(self) -> bool:
        return self.stage == Stage.CLOSED

    def clocks(self) -> list[dict[str, Any]]:
        """Return the clocks that ran, as a line of the register tells them."""
        return in_order(
            {"kind": kind, "cycle": cycle, "started_at": one.started_at, "due_at": one.due_at, "missed": one.missed}
            for (kind, cycle), one in self._clocks.items()
            if one.running
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests that were open, likewise."""
        return in_order(self._requests[public_id] for public_id in self._open)

    def _clock(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "clock_started":
            known = [cycle for name, cycle in self._clocks if name == data["clock"]]
            cycle = data.get("cycle") or max(known, default=0) + 1
            self._clocks[data["clock"], cycle] = _Clock(utc(data["started_at"]), utc(data["due_at"]))
            return
        key = self._which(data)
        if key is None:
            return
        clock = self._clocks[key]
        reason = data.get("reason")
        if kind == "clock_met":
            clock.running = False
        elif kind == "clock_missed":
            clock.missed = True
        elif kind == "clock_cancelled":
            clock.running = False
            if reason in _LOSE_THEIR_TIME:
                self._due(key, None)
        elif kind == "clock_resumed":
            clock.running = True
            if reason in _GET_ITS_TIME:
                self._due(key, clock.due_at)
        elif kind == "clock_extended":
            # Who gets more time for it is told by `extension_granted`.
            clock.due_at = utc(data["due_at"])
        else:
            clock.started_at = utc(data["started_at"]) if "started_at" in data else clock.started_at
            clock.due_at = utc(data["due_at"])
            if clock.running:
                self._due(key, clock.due_at)

    def _which(self, data: Mapping[str, Any]) -> tuple[str, int] | None:
        if "cycle" in data:
            key = (data["clock"], data["cycle"])
            return key if key in self._clocks else None
        alike = [key for key in self._clocks if key[0] == data["clock"]]
        running = [key for key in alike if self._clocks[key].running]
        if len(running) > 1:
            self.unknown.add("clocks")
        return next(iter(running or alike[-1:]), None)

    def _due(self, key: tuple[str, int], due_at: str | None) -> None:
        for public_id in self._open:
            if self.requests_known.get(public_id, Asked()).clock == key:
                self._requests[public_id]["due_at"] = due_at

    def _more_time(self, data: Mapping[str, Any]) -> None:
        if "until" not in data:
            self.unknown.add("requests")
        elif data["until"] is not None:
            kind = RequestKind.COMMITMENT if data["about"] else RequestKind.REPORT
            for public_id in self._open:
                about = self.requests_known.get(public_id, Asked()).about
                if self._requests[public_id]["kind"] == kind and about == data["about"]:
                    self._requests[public_id]["due_at"] = utc(data["until"])

    def _request(self, kind: str, at: datetime, data: Mapping[str, Any]) -> None:
        public_id = data["request"]
        if kind == "request_opened":
            self._requests[public_id] = {
                "id": public_id,
                "kind": data["request_kind"],
                "role": data["role"],
                "officers": sorted(data["officers"]),
                "opened_at": at.astimezone(UTC).isoformat(),
                "due_at": utc(data["due_at"]) if data["due_at"] else None,
            }
        if kind in ("request_opened", "request_reopened"):
            self._open.add(public_id)
        else:
            self._open.discard(public_id)


def utc(moment: str) -> str:
    """Write a moment of an event as lines do: in UTC."""
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat()


def in_order(ones: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return clocks or requests, the one due first first, those without a time last."""
    return sorted(ones, key=lambda one: (one["due_at"] or "~", one["kind"], one.get("cycle", 0), one.get("id", "")))
