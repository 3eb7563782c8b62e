"""Whatever somebody does to the tasks by hand, nobody is asked twice, nothing goes out twice or unsigned."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.whole.office import Office, a_story
from tests.whole.server import Server
from tests.whole.system import System, wait_for


def _bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_steps_cleared_and_run_again_while_they_wait_ask_nobody_again(office: Office, server: Server) -> None:
    incident = office.open(a_story("路灯不亮"))
    incident.await_task("verification", "deferred")
    incident.all_asked("report", 2)
    server.clear(incident.run, "verification")
    incident.await_task("verification", "deferred")
    server.clear(incident.run, "open_incident", downstream=True)
    incident.answer("report")
    incident.await_task("report_approval", "deferred")
    server.clear(incident.run, "assign_unit", "verification")
    incident.answer("approve_report")
    incident.await_task("statement", "deferred")
    server.clear(incident.run, "statement", downstream=True)
    incident.answer("draft_statement")
    incident.await_task("statement_approval", "deferred")
    server.clear(incident.run, "statement_approval")
    incident.answer("sign_statement")
    incident.await_success()
    incident.assert_published()
    incident.assert_nothing_twice()
    assert len(incident.told()["passes"]) == 1
    incident.answer("close")


def test_a_step_marked_failed_is_taken_up_where_the_incident_stands(office: Office, server: Server) -> None:
    incident = office.open(a_story("噪声扰民"))
    incident.await_task("verification", "deferred")
    server.mark(incident.run, "verification", "failed")
    # Nobody drives it now, and an answer is taken all the same.
    incident.answer("report")
    wait_for(lambda: server.state(incident.run) == "failed", f"{incident.run} to fail")
    server.follow_up()
    second = wait_for(
        lambda: next((one["run_id"] for one in incident.told()["passes"] if one["run_id"] != incident.run), ""),
        "a second pass",
    )
    wait_for(lambda: server.state(second) == "running", f"{second} to run")
    # Again, later on, and at the very step that publishes.
    incident.answer_all("approve_report", "draft_statement")
    wait_for(lambda: server.task_states(second)["statement_approval"] == "deferred", "the second pass at the signing")
    server.mark(second, "statement_approval", "failed")
    incident.answer("sign_statement")
    wait_for(lambda: server.state(second) == "failed", f"{second} to fail")
    assert incident.told()["publications"][0]["state"] == "pending"
    server.follow_up()
    last = incident.await_success()
    assert last not in (incident.run, second)
    incident.assert_published()
    incident.assert_nothing_twice()
    incident.answer("close")


def test_marking_the_signing_done_by_hand_publishes_nothing_unsigned(
    office: Office, server: Server, system: System
) -> None:
    incident = office.open(a_story("井盖缺失"))
    incident.answer_all("report", "approve_report", "draft_statement")
    incident.await_task("statement_approval", "deferred")
    server.mark(incident.run, "statement_approval", "success")
    incident.await_task("publication", "deferred")
    server.mark(incident.run, "publication", "success")
    incident.await_task("live_check", "deferred")
    server.mark(incident.run, "live_check", "success")
    incident.await_task("closing", "deferred")
    assert incident.stage() == "statement_approval"
    assert not (system.bulletin / incident.number).exists()
    assert incident.told()["publications"] == []
    # The signature comes, and this run has stepped over what publishes: the step is run again.
    incident.answer("sign_statement")
    server.clear(incident.run, "publication", "live_check")
    incident.await_success()
    incident.assert_published()
    incident.assert_nothing_twice()
    incident.answer("close")


def test_steps_run_again_after_publication_change_no_byte_of_the_public_site(
    office: Office, server: Server, system: System
) -> None:
    incident = office.open(a_story("河道漂浮物"))
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    incident.await_success()
    publication = incident.assert_published()
    site, mails = _bytes_of(system.bulletin), len(incident.letters())

    server.clear(incident.run, "publication")
    incident.await_success()
    server.clear(incident.run, "open_incident", downstream=True)
    wait_for(lambda: server.state(incident.run) != "success", "the run to run again", seconds=10)
    incident.await_success()

    assert _bytes_of(system.bulletin) == site
    assert incident.told()["publications"] == [publication]
    assert len(incident.letters()) == mails
    incident.assert_nothing_twice()
    incident.answer("close")
    # The run of a closed incident, too, may be run again.
    server.clear(incident.run, "publication", downstream=True)
    wait_for(lambda: server.state(incident.run) != "success", "the run to run again", seconds=10)
    incident.await_success()
    assert incident.stage() == "closed"
    assert _bytes_of(system.bulletin) == site
