"""A matter that nobody wants: handed back twice, then ruled upon for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System


@dataclass
class Ruled:
    """What was seen on the way."""

    incident: Incident
    before: dict[str, Any]
    actions: list[list[str]] = field(default_factory=list)
    refused: int = 0
    reasons_shown: list[str] = field(default_factory=list)


@scene
def ruled(office: Office, system: System) -> Ruled:
    """Two units hand it back; the third, ruled upon by the duty officer, cannot and reports."""
    incident = office.open(a_story("桥下垃圾", unit="sanitation"))
    incident.asked("report")
    held = Ruled(incident, incident.told())
    for unit, following in (("sanitation", "urban_management"), ("urban_management", "liuxi")):
        reason = f"不属{unit}职责"
        held.actions.append(incident.asked("report").body["actions"])
        incident.answer("report", action="hand_back", reason=reason, suggested_unit=following)
        asked = incident.asked("assign_unit")
        held.reasons_shown += [one["text"] for one in asked.body["context"]["comments"]]
        incident.answer("assign_unit", action="assign", unit=following, reason="按属地")
    asked = incident.asked("report")
    held.actions.append(asked.body["actions"])
    held.refused = asked.answer({"action": "hand_back", "reason": "也不是我们"}).status_code
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    incident.await_success()
    incident.assert_published()
    return held


def test_the_third_unit_cannot_hand_back_what_was_ruled(ruled: Ruled) -> None:
    assert ["hand_back" in actions for actions in ruled.actions] == [True, True, False]
    assert ruled.refused == 422


def test_the_duty_officer_reads_why_it_came_back(ruled: Ruled) -> None:
    assert ruled.reasons_shown == ["不属sanitation职责", "不属urban_management职责"]


def test_no_hand_back_reset_a_clock(ruled: Ruled) -> None:
    earlier = {clock["kind"]: clock for clock in ruled.before["clocks"]}
    for clock in ruled.incident.told()["clocks"]:
        assert clock["started_at"] == earlier[clock["kind"]]["started_at"]
        assert clock["due_at"] == earlier[clock["kind"]]["due_at"]


def test_the_ruling_is_on_record(ruled: Ruled) -> None:
    kinds = [event["kind"] for event in ruled.incident.told()["timeline"]]
    assert kinds.count("handed_back") == 2
    assert kinds.count("ruled") == 1
