"""What a worker has read before it forks, its tasks need not read."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller

ONE_INCIDENT = """
import json, sys
from types import SimpleNamespace
from airflow.executors import local_executor
from yingda.running import executor

if sys.argv[1] == "warm":
    executor.warm()
before = set(sys.modules)

from airflow.sdk.exceptions import TaskDeferred
from sqlalchemy import select
from yingda import wiring
from yingda.operators import steps
from yingda.services import answering
from yingda.store.models import Request
from yingda.transports.mail import MailServer

wiring.mail_server = lambda: MailServer("127.0.0.1", int(sys.argv[2]), timeout=10)
ti = SimpleNamespace(xcom_push=lambda key, value: None)
run = SimpleNamespace(conf={"title": "柳溪村路灯不亮", "unit": "liuxi"}, run_id="manual__1")
context = {"dag_run": run, "run_id": run.run_id, "ti": ti, "logical_date": None}

def answer(action, **fields):
    with wiring.transaction() as session:
        request = session.scalars(select(Request).where(Request.state == "open")).one()
        claims = answering.Claims(request.public_id, request.addressees[0].officer_id, request.revision_sha256)
        body = {"action": action, "revision_sha256": request.revision_sha256, **fields}
        answering.answer(session, claims, body, wiring.settings(), wiring.utcnow())

def step(task, kind):
    try:
        kind(task_id=task).execute(context)
    except TaskDeferred:
        pass

step("open_incident", steps.OpenIncident)
step("verification", steps.DomainSensor)
answer("submit", cause="老化", measures="更换", wording="已修复", result="恢复")
step("report_approval", steps.DomainSensor)
answer("approve")
step("statement", steps.DomainSensor)
answer("submit", kind="final", title="说明", body="## 情况\\n\\n路灯已修复，见 https://example.org/1。")
step("statement_approval", steps.DomainSensor)
answer("approve")
step("publication", steps.PublishStatement)
step("live_check", steps.LiveCheck)
print(json.dumps(sorted(set(sys.modules) - before)))
"""
"""One incident's tasks in a process of their own, as far as they go without a server; prints what they imported."""

COSTLY = ("yingda", "sqlalchemy", "psycopg2", "pydantic", "jinja2", "requests", "urllib3", "aiosmtplib", "css_inline")
COSTLY += ("markdown_it", "linkify_it", "nh3", "yaml", "holidays", "airflow")


class Post:
    def __init__(self) -> None:
        self.taken: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    taken = Post()
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    controller = Controller(taken, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    yield taken, port
    controller.stop()


def imported(
    how: str, house_environment: dict[str, str], database_url: str, post: tuple[Post, int]
) -> dict[str, list[str]]:
    environment = {**os.environ, **house_environment, "YINGDA_DATABASE_URL": database_url}
    ran = subprocess.run(
        [sys.executable, "-c", ONE_INCIDENT, how, str(post[1])], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, list[str]] = {}
    for name in json.loads(ran.stdout.splitlines()[-1]):
        if name.partition(".")[0] in COSTLY:
            found.setdefault(name.partition(".")[0], []).append(name)
    assert len(post[0].taken) >= 4, "no mail was written, so nothing was rendered"
    return found


def test_tasks_import_nothing_that_costs_once_the_workers_are_warm(
    house_environment: dict[str, str], database_url: str, post: tuple[Post, int]
) -> None:
    assert imported("warm", house_environment, database_url, post) == {}


def test_without_that_each_task_imports_all_of_it(
    house_environment: dict[str, str], database_url: str, post: tuple[Post, int]
) -> None:
    found = imported("cold", house_environment, database_url, post)
    assert {"yingda", "requests", "markdown_it", "aiosmtplib"} <= set(found)


def test_a_module_that_cannot_be_imported_stops_no_start(
    monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: Any
) -> None:
    from yingda.running import executor

    monkeypatch.setattr(executor, "WARM", ("yingda.no_such_module",))
    executor.warm()
    said = caplog.text + "".join(capfd.readouterr())
    assert "yingda.no_such_module could not be imported" in said
