"""Airflow's whole database is gone; what the office decided is not."""

from __future__ import annotations

import time

import psycopg2
import pytest
from tests.whole.office import Incident, Office, a_story
from tests.whole.server import Server
from tests.whole.system import System


@pytest.fixture(scope="module")
def survivors(office: Office, system: System) -> list[Incident]:
    """Two incidents that were open when the database was dropped: one waits for a report, one for a signature."""
    incidents = office.open_many([a_story("地面塌陷"), a_story("围墙开裂")])
    incidents[1].answer_all("report", "approve_report", "draft_statement")
    incidents[0].await_task("verification", "deferred")
    incidents[1].await_task("statement_approval", "deferred")
    for incident, kind in zip(incidents, ("report", "sign_statement"), strict=True):
        incident.asked(kind)
    _drop_airflow_database(system)
    assert system.stop() == []
    system.start()
    return incidents


def _drop_airflow_database(system: System) -> None:
    """Drop it as its owner; that needs a connection to another database of the cluster."""
    with system.airflow_database() as cursor:
        address = cursor.connection.get_dsn_parameters()
        password = cursor.connection.info.password
    administrator = psycopg2.connect(
        host=address["host"], port=address["port"], user=address["user"], password=password, dbname="postgres"
    )
    administrator.autocommit = True
    try:
        for attempts_left in reversed(range(60)):
            try:
                with administrator.cursor() as cursor:
                    cursor.execute(f'DROP DATABASE "{address["dbname"]}" WITH (FORCE)')
                break
            except psycopg2.errors.InsufficientPrivilege:
                # An autovacuum worker is in there, which the owner may not end; it leaves by itself.
                if not attempts_left:
                    raise
                time.sleep(0.5)
    finally:
        administrator.close()


def test_resume_starts_a_run_for_every_open_incident_and_each_goes_on(
    survivors: list[Incident], system: System, server: Server
) -> None:
    server.log_in()
    assert server.state(survivors[0].run) is None, "Airflow still knows the run; nothing was lost"

    planned = system.command("resume", "--dry-run")
    done = system.command("resume")
    again = system.command("resume")

    assert [planned.returncode, done.returncode, again.returncode] == [0, 0, 0], done.stderr
    for incident in survivors:
        runs = [one["run_id"] for one in incident.told()["passes"]]
        assert len(runs) == 2, f"{incident.number} has the passes {runs}"
        assert server.state(runs[1]) in ("queued", "running")
    first, second = survivors
    first.answer_all("report", "approve_report", "draft_statement", "sign_statement")
    second.answer("sign_statement")
    for incident in survivors:
        incident.await_success()
        incident.assert_published()
        incident.assert_nothing_twice()
        incident.answer("close")
    assert server.breaks_of_the_chain() == ""
