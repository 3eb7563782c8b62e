"""Whatever somebody does to the tasks by hand, nobody is asked twice, nothing goes out twice or unsigned."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System, wait_for


def _bytes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@scene
def cleared_while_waiting(office: Office, system: System) -> Incident:
    """An incident whose steps are cleared before, while and after they wait; each time its officers answer once."""
    incident = office.open(a_story("路灯不亮"))
    server = office.server
    incident.all_asked("report", 2)
    incident.await_task("verification", "deferred")
    server.clear(incident.run, "verification")
    incident.await_task("verification", "deferred")
    server.clear(incident.run, "open_incident", downstream=True)
    incident.answer("report")
    incident.await_task("report_approval", "deferred")
    server.clear(incident.run, "assign_unit", "verification")
    incident.answer_all("approve_report", "draft_statement")
    incident.await_task("statement_approval", "deferred")
    server.clear(incident.run, "statement", downstream=True)
    incident.answer("sign_statement")
    incident.await_success()
    incident.answer("close")
    return incident


def test_steps_cleared_and_run_again_while_they_wait_ask_nobody_again(cleared_while_waiting: Incident) -> None:
    cleared_while_waiting.assert_published()
    cleared_while_waiting.assert_nothing_twice()
    assert len(cleared_while_waiting.told()["passes"]) == 1


@scene
def marked_failed(office: Office, system: System) -> Incident:
    """An incident of which two runs are failed by hand; an answer comes while nobody drives it; `follow_up` helps."""
    incident = office.open(a_story("噪声扰民"))
    server = office.server
    incident.await_task("verification", "deferred")
    server.mark(incident.run, "verification", "failed")
    incident.answer("report")
    wait_for(lambda: server.state(incident.run) == "failed", f"{incident.run} to fail", pause=0.4)
    server.follow_up()
    second = wait_for(
        lambda: next((one["run_id"] for one in incident.told()["passes"] if one["run_id"] != incident.run), ""),
        "a second pass",
        pause=0.4,
    )
    incident.answer_all("approve_report", "draft_statement")
    incident.await_task("statement_approval", "deferred", run=second)
    server.mark(second, "statement_approval", "failed")
    incident.answer("sign_statement")
    wait_for(lambda: server.state(second) == "failed", f"{second} to fail", pause=0.4)
    [publication] = incident.told()["publications"]
    assert publication["state"] == "pending", "it was published although every run had failed"
    server.follow_up()
    incident.await_success()
    incident.answer("close")
    return incident


def test_a_step_marked_failed_is_taken_up_where_the_incident_stands(marked_failed: Incident) -> None:
    marked_failed.assert_published()
    marked_failed.assert_nothing_twice()
    assert len(marked_failed.told()["passes"]) == 3


@scene
def marked_signed(office: Office, system: System) -> dict[str, Any]:
    """An unsigned incident of which the signing and all that follows is marked done by hand; signed in the end."""
    incident = office.open(a_story("井盖缺失"))
    server = office.server
    incident.answer_all("report", "approve_report", "draft_statement")
    steps = ("statement_approval", "publication", "live_check", "closing")
    for step, after_it in itertools.pairwise(steps):
        incident.await_task(step, "deferred")
        server.mark(incident.run, step, "success")
        incident.await_task(after_it, "deferred")
    unsigned = {"told": incident.told(), "folder": (system.bulletin / incident.number).exists()}
    # The signature comes, and this run has stepped over what publishes: those steps are run again.
    incident.answer("sign_statement")
    server.clear(incident.run, "publication", "live_check")
    incident.await_success()
    incident.answer("close")
    return {"incident": incident, "unsigned": unsigned}


def test_marking_the_signing_done_by_hand_publishes_nothing_unsigned(marked_signed: dict[str, Any]) -> None:
    unsigned = marked_signed["unsigned"]
    assert unsigned["told"]["stage"] == "statement_approval"
    assert unsigned["told"]["publications"] == []
    assert not unsigned["folder"]
    marked_signed["incident"].assert_published()
    marked_signed["incident"].assert_nothing_twice()


@scene
def run_again_after_publication(office: Office, system: System) -> dict[str, Any]:
    """A published incident of which one step, then every step, then the last steps are run again."""
    incident = office.open(a_story("河道漂浮物"))
    server = office.server

    def public() -> dict[str, Any]:
        return {
            "files": _bytes_of(system.bulletin / incident.number),
            "publications": incident.told()["publications"],
            "mails": sum("请办结" not in letter.subject for letter in incident.letters()),
        }

    def again(*steps: str, downstream: bool) -> dict[str, Any]:
        server.clear(incident.run, *steps, downstream=downstream)
        assert server.state(incident.run) != "success"
        incident.await_success()
        return public()

    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    incident.await_success()
    first = public()
    later = [again("publication", downstream=False), again("open_incident", downstream=True)]
    incident.answer("close")
    later.append(again("publication", downstream=True))
    return {"incident": incident, "first": first, "later": later}


def test_steps_run_again_after_publication_publish_nothing_again(run_again_after_publication: dict[str, Any]) -> None:
    for later in run_again_after_publication["later"]:
        assert later == run_again_after_publication["first"]
    incident = run_again_after_publication["incident"]
    incident.assert_published()
    incident.assert_nothing_twice()
    assert incident.stage() == "closed"
