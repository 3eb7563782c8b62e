"""Severity changes while an incident runs, over the API of those logged in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import Server
from tests.whole.system import System


@dataclass
class Regraded:
    """What was seen on the way."""

    incident: Incident
    refused: list[int] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@scene
def regraded(office: Office, system: System) -> Regraded:
    """A general incident that waits for its only signature becomes critical, and is published once all have signed."""
    incident = office.open(a_story("调整级别"))
    held = Regraded(incident)
    path = f"/desk/api/incidents/{incident.number}"
    incident.answer_all("report", "approve_report", "draft_statement")
    incident.asked("sign_statement")
    held.before = incident.told()
    raised = {"severity": "critical", "reason": "关注明显上升"}
    viewer = Server(system.base, system.home / "accounts.json", "viewer")
    held.refused = [viewer.ask("POST", f"{path}/regrade", json=raised).status_code]
    held.refused.append(office.server.ask("POST", f"{path}/regrade", json={"severity": "critical"}).status_code)
    done = office.server.ask("POST", f"{path}/regrade", json=raised)
    assert done.status_code == 200, done.text
    held.after = incident.told()
    incident.answer_all("sign_statement", "sign_statement", "sign_statement")
    incident.await_success()
    incident.assert_published()
    return held


def test_only_those_who_may_trigger_incidents_regrade_them_and_with_a_reason(regraded: Regraded) -> None:
    assert regraded.refused == [403, 422]


def test_clocks_follow_from_their_original_start(regraded: Regraded) -> None:
    clocks = {clock["kind"]: clock for clock in regraded.after["clocks"]}
    earlier = {clock["kind"]: clock for clock in regraded.before["clocks"]}
    assert clocks["public_word"]["started_at"] == earlier["public_word"]["started_at"]
    assert clocks["public_word"]["due_at"] < earlier["public_word"]["due_at"]
    assert "press_conference" not in earlier
    assert clocks["press_conference"]["started_at"] == earlier["public_word"]["started_at"]


def test_the_whole_chain_of_the_new_severity_signs_before_anything_is_public(regraded: Regraded) -> None:
    seen = regraded.incident.told()
    statement = next(one for one in seen["documents"] if one["kind"] == "statement")["revisions"][-1]["sha256"]
    signed = [one["role"] for one in seen["signatures"] if one["sha256"] == statement]
    assert signed == ["office_director", "group_leader", "superior"]
    kinds = [event["kind"] for event in seen["timeline"]]
    assert kinds.index("regraded") < kinds.index("published")
    last = max(position for position, kind in enumerate(kinds) if kind == "signed")
    assert last < kinds.index("published")
