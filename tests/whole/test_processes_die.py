"""kill -9 of each process in the middle of an incident: it goes on by itself, and nothing happens twice."""

from __future__ import annotations

import pytest
from tests.whole.office import Incident, Office, a_story, patiently
from tests.whole.server import Server
from tests.whole.system import System, wait_for

RECOVERS_WITHIN = 200.0
"""Seconds. Airflow takes 30 to see that a job died and up to 30 more to look for what it left; a publication that
was under way is looked into after 60."""


@pytest.fixture(scope="module")
def incident(office: Office) -> Incident:
    """An urgent incident, which has a brief reply to wait for as well."""
    opened = office.open(a_story("供电中断"), urgent=True)
    opened.await_task("brief_reply", "deferred")
    return opened


@pytest.mark.parametrize(
    ("program", "kind", "passed", "waiting"),
    [
        ("triggerer", "brief_reply", "brief_reply", "verification"),
        ("api-server", "report", "verification", "report_approval"),
        ("postgres", "approve_report", "report_approval", "statement"),
    ],
)
def test_a_program_that_dies_is_started_again_and_the_incident_goes_on(
    incident: Incident, system: System, server: Server, program: str, kind: str, passed: str, waiting: str
) -> None:
    asked = incident.asked(kind)

    former = system.kill(program)
    answer = patiently(lambda: asked.answer(incident.story.answer(kind)))

    assert answer.status_code == 200, answer.text[:300]
    incident.put_away(asked)
    wait_for(lambda: system.is_back(program, former), f"{program} to be started again", seconds=60, pause=0.5)
    patiently(lambda: server.ask("GET", f"/api/v2/dags/incident_response/dagRuns/{incident.run}"))
    incident.await_task(passed, "success", seconds=RECOVERS_WITHIN)
    incident.await_task(waiting, "deferred", seconds=RECOVERS_WITHIN)


def test_a_scheduler_that_dies_while_the_statement_is_published_publishes_it_once(
    incident: Incident, system: System, server: Server
) -> None:
    incident.answer("draft_statement")
    incident.await_task("statement_approval", "deferred")
    asked = incident.asked("sign_statement")
    assert asked.answer(incident.story.answer("sign_statement")).status_code == 200
    wait_for(
        lambda: server.task_states(incident.run)["publication"] not in (None, "scheduled"), "publication", pause=0.02
    )
    former = system.kill("scheduler")
    wait_for(lambda: system.is_back("scheduler", former), "the scheduler to be started again", pause=0.5)
    incident.await_success(seconds=RECOVERS_WITHIN)
    incident.assert_published()
    incident.assert_nothing_twice(folded=True)
    assert [one["kind"] for one in incident.told()["timeline"]].count("published") == 1
    incident.answer("close")
    assert server.breaks_of_the_chain() == ""
