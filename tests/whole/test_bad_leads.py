"""Leads that are no leads, and leads that are known already."""

from __future__ import annotations

from typing import Any

from tests.whole.office import Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import INCIDENTS, Server
from tests.whole.system import System

REFUSED: dict[str, dict[str, Any]] = {
    "no title": {"title": None},
    "empty title": {"title": ""},
    "blank title": {"title": "  "},
    "long title": {"title": "长" * 201},
    "title that is no text": {"title": 5},
    "long summary": {"summary": "长" * 4001},
    "unknown severity": {"severity": "huge"},
    "unknown topic": {"topic": "weather"},
    "urgent that is no boolean": {"urgent": "yes"},
    "drill that is no boolean": {"drill": 1},
    "unit that is no id": {"unit": "../sanitation"},
    "address of another kind": {"source_url": "ftp://forum.example.org/1"},
    "script for an address": {"source_url": "javascript:alert(1)"},
    "reporter that is no id": {"reporter": "a b"},
    "number of another kind": {"incident_no": "7"},
    "stage nobody may begin at": {"stage": "publication"},
    "long reason": {"reason": "长" * 501},
}
"""What is laid over a good conf, and must be refused before a run exists."""

REFUSED_BY_THE_FIRST_TASK: dict[str, dict[str, Any]] = {
    "reporter_name": {"reporter_name": "某人"},
    "unit": {"unit": "nowhere"},
    "reporter": {"reporter": "nobody_we_know"},
    "seen_at": {"seen_at": "yesterday"},
    "source_url": {"source_url": "https://user:secret@forum.example.org/1"},
    "stage": {"stage": "statement"},
    "incident_no": {"incident_no": "YQCZBG-1999-001"},
}
"""The field that is to be named, and what is laid over a good conf. Airflow itself lets these pass."""


def _runs(server: Server) -> int:
    return int(server.get(f"/api/v2/dags/{INCIDENTS}/dagRuns?limit=1")["total_entries"])


def test_a_conf_that_breaks_the_schema_is_refused_before_a_run_exists(server: Server) -> None:
    incidents, runs = server.incidents_total(), _runs(server)
    got = {}
    for name, wrong in REFUSED.items():
        conf = {"title": "石桥路垃圾清运不及时", "drill": True, **wrong}
        got[name] = server.trigger({key: value for key, value in conf.items() if value is not None}).status_code
    assert got == dict.fromkeys(REFUSED, 400)
    assert (server.incidents_total(), _runs(server)) == (incidents, runs)


def test_what_airflow_lets_pass_is_refused_by_the_first_task_naming_the_field(server: Server) -> None:
    incidents = server.incidents_total()
    runs: dict[str, str] = {}
    for field, wrong in REFUSED_BY_THE_FIRST_TASK.items():
        answer = server.trigger({"title": "石桥路垃圾清运不及时", "drill": True, **wrong})
        if answer.status_code == 400:
            assert field in answer.text
        else:
            assert answer.status_code == 200, answer.text[:300]
            runs[field] = answer.json()["dag_run_id"]
    for field, run in runs.items():
        assert server.await_end(run) == "failed", field
        states = server.task_states(run)
        assert states.pop("open_incident") == "failed"
        assert set(states.values()) == {"upstream_failed"}
        assert f"conf refused: {field}" in server.log(run, "open_incident").replace("\\", ""), field
    assert server.incidents_total() == incidents


@scene
def known_link(office: Office, system: System) -> dict[str, Any]:
    """A lead, the same again under a link written otherwise, and one with another link; both incidents dismissed."""
    server = office.server
    story = a_story("无人认领的反映")
    conf: dict[str, Any] = {"title": story.title, "drill": True}
    run, number = server.open({**conf, "source_url": "https://Forum.Example.ORG/t/1?page=2#comment-9"})
    again, joined = server.open({**conf, "source_url": "HTTPS://forum.example.org:443/t/1?page=2"})
    ended = server.await_end(again)
    known = server.incidents_total(story.title)
    meanwhile = server.state(run)
    other, elsewhere = server.open({**conf, "source_url": "https://forum.example.org/t/1?page=3"})
    incidents = [office.at(story, run, number), office.at(story, other, elsewhere)]
    for incident in incidents:
        incident.answer("assign_unit", action="dismiss", reason="与其他反映重复。")
        incident.answer("close")
    for incident in incidents:
        incident.await_success()
    return {
        "incidents": incidents,
        "joined": joined,
        "ended": ended,
        "tasks": server.task_states(again),
        "known": known,
        "first_run": meanwhile,
    }


def test_a_known_link_joins_the_open_incident_and_its_run_ends_at_once(known_link: dict[str, Any]) -> None:
    first, other = known_link["incidents"]
    assert known_link["joined"] == first.number
    assert known_link["ended"] == "success"
    assert known_link["tasks"].pop("open_incident") == "success"
    assert set(known_link["tasks"].values()) == {"skipped"}
    assert known_link["known"] == 1, "a second incident was opened"
    assert known_link["first_run"] == "running", "the run of the incident itself goes on"
    assert other.number != first.number, "another address is another incident"
    assert [one["kind"] for one in first.told()["timeline"]].count("lead_joined") == 1
    assert len(first.told()["passes"]) == 1


def test_a_dismissed_lead_is_closed_without_a_word_in_public(known_link: dict[str, Any]) -> None:
    for incident in known_link["incidents"]:
        told = incident.told()
        assert (told["stage"], told["outcome"], told["publications"]) == ("closed", "dismissed", [])
        incident.assert_nothing_twice()
