"""Leads over the desk: reported, opened by the duty officer, joined, dismissed; rounds ticked; observations added."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System


@dataclass
class Reported:
    """What was seen on the way."""

    incident: Incident
    created: list[tuple[int, str]] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    joined: dict[str, Any] = field(default_factory=dict)
    dismissed: list[int] = field(default_factory=list)
    observed: int = 0
    seen_by_the_unit: str = ""
    rounds: list[dict[str, Any]] = field(default_factory=list)


@scene
def reported(office: Office, system: System) -> Reported:
    """One lead is opened and answered to the end, a second about the same link joins it, a third is dismissed."""
    story = a_story("公厕停用")
    url = f"https://forum.example.org/{secrets.token_hex(6)}"
    lead = {**story.lead(), "origin": "hotline", "source_url": url, "summary": "居民反映公厕停用三天"}

    def post(path: str, **fields: Any) -> Any:
        return office.server.ask("POST", f"/desk/api/{path}", json=fields)

    created = post("leads", **lead)
    held_created = [(created.status_code, created.json()["state"])]
    opened = post(f"leads/{created.json()['id']}/open")
    assert opened.status_code == 200, opened.text
    number = opened.json()["incident_no"]
    incident = office.at(story, f"{number}-pass-1", number)
    held = Reported(incident, held_created)
    held.again = [post(f"leads/{created.json()['id']}/{how}", **more).status_code for how, more in _ways(number)]
    second = post("leads", **{**lead, "title": "公厕还没开"})
    held.created.append((second.status_code, second.json()["state"]))
    held.joined = second.json()
    third = post("leads", title="与本地无关", drill=True)
    held.dismissed = [
        post(f"leads/{third.json()['id']}/dismiss", **more).status_code for more in ({}, {"reason": "不在辖区"})
    ]
    seen_at = datetime.now(UTC).isoformat(timespec="seconds")
    held.observed = post(f"incidents/{number}/observe", seen_at=seen_at, text="转帖增多").status_code
    held.seen_by_the_unit = str(office.fresh(incident.asked("report"))["context"])
    for _ in range(2):
        post("rounds", site="forum", note="无异常")
    held.rounds = office.server.get("/desk/api/rounds")["sites"]
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    # Nobody triggered a run: follow_up starts it within two minutes.
    incident.await_next_pass("closing")
    incident.assert_published()
    return held


def _ways(number: str) -> list[tuple[str, dict[str, Any]]]:
    return [("open", {}), ("join", {"incident_no": number}), ("dismiss", {"reason": "误报"})]


def test_a_lead_waits_for_the_duty_officer_and_is_settled_once(reported: Reported) -> None:
    assert reported.created[0] == (201, "new")
    assert reported.again == [409, 409, 409]


def test_a_second_lead_about_the_same_link_joins(reported: Reported) -> None:
    assert reported.created[1] == (201, "joined")
    assert reported.joined["incident_no"] == reported.incident.number


def test_a_dismissal_needs_a_reason(reported: Reported) -> None:
    assert reported.dismissed == [422, 200]


def test_an_observation_reaches_those_who_are_asked(reported: Reported) -> None:
    assert reported.observed == 200
    assert "转帖增多" in reported.seen_by_the_unit


def test_a_round_is_ticked_once_by_whom_and_when(reported: Reported) -> None:
    [forum] = [one for one in reported.rounds if one["id"] == "forum"]
    assert forum["checked_at"]
    assert forum["checked_by"]["name"] == "ops"
    assert any(one["checked_at"] is None for one in reported.rounds)


def test_follow_up_started_the_run(reported: Reported) -> None:
    [only] = reported.incident.told()["passes"]
    assert only["run_id"] == reported.incident.run
    assert only["started_at"]
