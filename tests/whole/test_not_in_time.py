"""What cannot be settled in time: more time, the interim word it owes, and the next pass that brings the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import ask
from tests.whole.system import System


@dataclass
class Waited:
    """What was seen on the way."""

    incident: Incident
    kinds_refused: list[int] = field(default_factory=list)
    after_interim: dict[str, Any] = field(default_factory=dict)
    page: str = ""


def _in(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat(timespec="seconds")


@scene
def waited(office: Office, system: System) -> Waited:
    """A general incident needs five days; the public hears so within the first two, and the result afterwards."""
    incident = office.open(a_story("河水变色"))
    held = Waited(incident)
    incident.answer("report", action="request_extension", reason="水样须送检", until=_in(days=5))
    incident.answer("extension", action="grant")
    drafted = incident.asked("draft_statement")
    held.kinds_refused.append(drafted.answer(incident.story.answer("draft_statement")).status_code)
    interim = {"action": "submit", "kind": "holding", "title": "关于河水变色的阶段性说明", "body": "水样已送检。"}
    held.kinds_refused.append(drafted.answer({**interim, "commitments": []}).status_code)
    promise = {"text": "公布水样检测结果", "unit": "sanitation", "due": _in(days=5)}
    incident.answer("draft_statement", **interim, commitments=[promise])
    incident.answer("sign_statement")
    incident.await_stage("verification", seconds=120)
    held.after_interim = incident.told()
    incident.answer("commitment", action="submit", answer="检测合格。", evidence=[])
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    # Publication needs a run: follow_up starts the second one within two minutes.
    incident.await_next_pass("closing")
    incident.assert_published()
    incident.answer("close")
    held.page = ask("GET", incident.told()["publications"][-1]["url"]).content.decode()
    return held


def test_the_interim_word_must_be_one_and_must_name_a_date(waited: Waited) -> None:
    assert waited.kinds_refused == [422, 422]


def test_the_public_limit_is_kept_by_the_interim_word_and_the_report_stays_asked_for(waited: Waited) -> None:
    seen = waited.after_interim
    clocks = {clock["kind"]: clock for clock in seen["clocks"]}
    assert clocks["public_word"]["met_at"]
    assert not clocks["public_word"]["missed"]
    asked = {one["kind"] for one in seen["requests"] if one["state"] == "open"}
    assert asked == {"report", "commitment"}


def test_the_result_came_in_a_second_pass_that_follow_up_started(waited: Waited) -> None:
    told = waited.incident.told()
    assert [one["number"] for one in told["passes"]] == [1, 2]
    assert told["stage"] == "closed"
    assert [one["met_at"] is not None for one in told["commitments"]] == [True]


def test_both_statements_stand_on_the_page(waited: Waited) -> None:
    assert "关于河水变色的阶段性说明" in waited.page
    assert "公布水样检测结果" in waited.page
    assert waited.incident.story.statement["title"] in waited.page


def test_nobody_was_asked_twice_and_nothing_published_twice(waited: Waited) -> None:
    waited.incident.assert_nothing_twice()
