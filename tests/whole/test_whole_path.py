"""From lead to published answer, for each severity."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
import requests
from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import Server, ask
from tests.whole.system import System

CHAINS = {
    "general": ["office_director"],
    "major": ["office_director", "superior"],
    "critical": ["office_director", "group_leader", "superior"],
}
LABELS = {"office_director": "办公室主任", "group_leader": "领导小组组长", "superior": "上级有关部门"}
RETURNED = "请补充检测数据的来源。"


@scene
def played(office: Office, system: System) -> dict[str, Incident]:
    """One incident of each severity, up to its last task; the critical one has two texts returned on the way."""
    stories = [a_story("自来水异味", severity=severity, unit="social_affairs") for severity in CHAINS]
    incidents = dict(zip(CHAINS, office.open_many(stories), strict=True))
    for severity in ("major", "critical"):
        incidents[severity].answer("brief_reply")
    incidents["general"].await_task("verification", "deferred")
    assert links(incidents["general"], "verification") == to_the_desk(incidents["general"], system)
    for incident in incidents.values():
        incident.answer("report")
    critical = incidents["critical"]
    critical.answer("approve_report", action="return", comment=RETURNED)
    critical.answer("report", cause="经检测，余氯波动，各项指标合格。")
    for incident in incidents.values():
        incident.answer_all("approve_report", "draft_statement")
    critical.answer("sign_statement")
    critical.answer("sign_statement", action="return", comment=RETURNED)
    critical.story.version = 2
    critical.answer("draft_statement")
    for severity, incident in incidents.items():
        incident.answer_all(*["sign_statement"] * len(CHAINS[severity]))
    for incident in incidents.values():
        incident.await_success()
    return incidents


@pytest.mark.parametrize("severity", CHAINS)
def test_the_statement_stands_on_the_live_page_under_the_signatures_that_were_given(
    played: dict[str, Incident], severity: str
) -> None:
    incident = played[severity]
    publication = incident.assert_published()

    signatures = incident.told()["signatures"]
    assert [one["role"] for one in signatures if one["sha256"] == incident.story.sha256] == CHAINS[severity]
    page = ask("GET", publication["url"]).content.decode()
    under_it = page.partition("</article>")[2].partition("</ul>")[0]
    places = [under_it.index(f"<li>{LABELS[role]} ") for role in CHAINS[severity]]
    assert places == sorted(places), "the page names the signers in another order"
    assert under_it.count("<li>") == len(CHAINS[severity])


@pytest.mark.parametrize("severity", CHAINS)
def test_everybody_who_was_asked_got_one_mail_with_a_link_that_opens(
    played: dict[str, Incident], severity: str
) -> None:
    incident = played[severity]
    asked = [(one["id"], person["id"]) for one in incident.told()["requests"] for person in one["asked"]]
    links = {letter.link: letter for letter in incident.letters() if letter.asks}
    assert len(links) == len(asked)
    for letter in links.values():
        assert letter.link
        assert letter.token
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(letter.link, timeout=30)
        assert page.status_code in (200, 409, 410), f"{letter.subject} opens as {page.status_code}"
        assert incident.number in page.text or page.status_code == 410
        assert letter.token not in page.url, "the token stays in the address"


@pytest.mark.parametrize("severity", CHAINS)
def test_nobody_is_asked_twice_and_nothing_is_published_twice(played: dict[str, Incident], severity: str) -> None:
    played[severity].assert_nothing_twice()


def test_texts_that_were_returned_stay_on_record_and_out_of_the_public_eye(
    played: dict[str, Incident], office: Office
) -> None:
    critical = played["critical"]
    told = critical.told()
    revisions = {one["kind"]: one["revisions"] for one in told["documents"]}
    assert [one["number"] for one in revisions["report"]] == [1, 2]
    assert [one["number"] for one in revisions["statement"]] == [1, 2]
    first, second = (one["sha256"] for one in revisions["statement"])
    assert second == critical.story.sha256
    under_the_first = [one["role"] for one in told["signatures"] if one["sha256"] == first]
    assert under_the_first == ["office_director"], "a returned text keeps what was signed, and gets nothing more"
    assert [one["sha256"] for one in told["publications"]] == [second]
    assert "第 1 稿" not in ask("GET", told["publications"][0]["url"]).content.decode()
    asked_again = [one for one in critical.letters() if RETURNED in one.text]
    assert {("报告" in one.subject, "起草" in one.subject) for one in asked_again} == {(True, False), (False, True)}


def links(incident: Incident, task: str) -> dict[str, str]:
    """What the page of a task offers besides."""
    run = quote(incident.run, safe="")
    path = f"/api/v2/dags/incident_response/dagRuns/{run}/taskInstances/{task}/links"
    return incident.server.get(path)["extra_links"]


def to_the_desk(incident: Incident, system: System) -> dict[str, str]:
    query = urlencode({"dag_id": "incident_response", "run_id": incident.run})
    return {"事件 Incident": f"{system.base}/desk/runs?{query}"}


def test_each_task_leads_to_its_incident_while_it_waits_and_afterwards(
    played: dict[str, Incident], server: Server, system: System
) -> None:
    incident = played["general"]
    for task in server.task_states(incident.run):
        assert links(incident, task) == to_the_desk(incident, system), task
    [address] = to_the_desk(incident, system).values()
    answer = server.ask("GET", address.removeprefix(system.base), allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/incidents/{incident.number}")


@pytest.mark.parametrize("severity", CHAINS)
def test_the_run_ends_at_closing_and_the_duty_officer_closes_without_it(
    played: dict[str, Incident], severity: str, server: Server
) -> None:
    incident = played[severity]
    assert incident.stage() == "closing"
    assert server.state(incident.run) == "success"
    assert set(server.task_states(incident.run).values()) == {"success"}
    if severity != "general":
        incident.answer("press_conference")
    incident.answer("close")
    assert incident.stage() == "closed"
    if severity != "general":
        incident.answer("review")
    clocks = {one["kind"]: one for one in incident.told()["clocks"]}
    assert all(one["met_at"] for one in clocks.values()), clocks


def test_the_chain_of_events_is_whole(played: dict[str, Incident], server: Server) -> None:
    assert server.breaks_of_the_chain() == ""
