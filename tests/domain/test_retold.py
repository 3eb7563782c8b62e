"""An incident told again from its events: what random stories seldom come by, and events written before `cycle`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from yingda.domain.retold import Asked, Retold

AT = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)
STARTED, DUE, LATER = "2026-11-23T06:03:00+00:00", "2026-11-23T08:03:00+00:00", "2026-11-24T08:03:00+00:00"
OPENED = {"request": "r1", "request_kind": "report", "role": "information_officer", "officers": ["b", "a"]}


def told(*events: tuple[str, dict[str, Any]], about: str = "") -> Retold:
    incident = Retold({"r1": Asked(("verification", 1), about)})
    incident.tell("incident_opened", AT, {"severity": "general"})
    incident.tell("clock_started", AT, {"clock": "verification", "started_at": STARTED, "due_at": DUE})
    incident.tell("request_opened", AT, {**OPENED, "due_at": DUE})
    for kind, data in events:
        incident.tell(kind, AT, data)
    return incident


def due(incident: Retold) -> tuple[list[str], str | None]:
    [request] = incident.requests()
    return [clock["due_at"] for clock in incident.clocks()], request["due_at"]


def test_a_request_goes_by_the_clock_it_was_opened_for() -> None:
    assert due(told()) == ([DUE], DUE)
    assert told().requests()[0]["officers"] == ["a", "b"]
    dropped = ("clock_cancelled", {"clock": "verification", "cycle": 1, "reason": "regraded"})
    assert due(told(dropped)) == ([], None)
    resumed = ("clock_resumed", {"clock": "verification", "cycle": 1, "reason": "regraded"})
    assert due(told(dropped, resumed)) == ([DUE], DUE)
    anew = ("clock_recomputed", {"clock": "verification", "cycle": 1, "due_at": LATER, "reason": "regraded"})
    assert due(told(anew)) == ([LATER], LATER)
    assert due(told(("clock_met", {"clock": "verification", "cycle": 1}), anew)) == ([], DUE)


def test_a_clock_that_is_dropped_for_another_reason_leaves_those_asked_their_time() -> None:
    ended = ("clock_cancelled", {"clock": "verification", "cycle": 1, "reason": "不予受理"})
    assert due(told(ended)) == ([], DUE)


@pytest.mark.parametrize(("about", "kept"), [("", LATER), ("commitment:1", DUE)])
def test_more_time_is_for_what_it_was_granted_for(about: str, kept: str) -> None:
    granted = ("extension_granted", {"until": "2026-11-24T16:03:00+08:00", "about": about})
    assert due(told(granted)) == ([DUE], kept)


def test_what_events_written_before_do_not_tell_is_said_to_be_unknown() -> None:
    assert told(("extension_granted", {"reason": None})).unknown == {"requests"}
    second = ("clock_started", {"clock": "verification", "started_at": STARTED, "due_at": LATER})
    met = ("clock_met", {"clock": "verification"})
    assert told(met).unknown == set(), "one clock of its kind: no doubt which"
    incident = told(second, met)
    assert incident.unknown == {"clocks"}
    assert len(incident.clocks()) == 1
    assert told(("unmerged", {})).unknown == {"clocks"}
    assert told(("request_withdrawn", {"request": "r1"})).requests() == []


def test_where_it_stands_follows_its_events() -> None:
    incident = told(("assigned", {"unit": "liuxi"}), ("stage_entered", {"stage": "verification"}))
    assert (incident.severity, incident.stage, incident.unit, incident.is_closed) == (
        "general",
        "verification",
        "liuxi",
        False,
    )
    incident.tell("stage_entered", AT, {"stage": "assign_unit"})
    assert incident.unit is None
    incident.tell("stage_entered", AT, {"stage": "closed"})
    assert incident.is_closed
