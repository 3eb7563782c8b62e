"""The dags: there, sound, in the contract's order, light to parse, and closed to what people write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

IDS = {"incident_response", "hazard_register", "follow_up"}
STEPS = [
    "open_incident",
    "assign_unit",
    "brief_reply",
    "verification",
    "report_approval",
    "statement",
    "statement_approval",
    "publication",
    "live_check",
    "closing",
]


def test_all_dags_were_found_and_read_without_error(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == IDS


def test_the_steps_stand_in_a_row_in_the_contract_s_order(bag: Any) -> None:
    dag = bag.dags["incident_response"]

    assert [task.task_id for task in dag.topological_sort()] == STEPS
    for before, after in pairwise(STEPS):
        assert dag.get_task(before).downstream_task_ids == {after}
    assert dag.get_task("closing").downstream_task_ids == set()


@pytest.mark.parametrize("dag_id", sorted(IDS))
def test_every_dag_says_whose_it_is_what_it_does_and_tries_again_within_seconds(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]

    assert {"yingda", "应答"} <= set(dag.tags)
    assert len(dag.doc_md.strip()) > 100
    assert dag.doc_md.lstrip().startswith("# ")
    assert dag.catchup is False
    for task in dag.tasks:
        assert task.owner == "yingda"
        assert task.retries >= 3
        assert task.retry_delay <= timedelta(seconds=10)
        assert task.task_display_name != task.task_id


def test_any_number_of_incidents_can_wait_at_once_and_none_is_timed_out(bag: Any) -> None:
    dag = bag.dags["incident_response"]

    assert dag.max_active_runs >= 10_000
    assert dag.dagrun_timeout is None
    assert dag.schedule is None
    assert all(task.execution_timeout is None for task in dag.tasks)


def test_the_register_is_compiled_at_the_office_s_hour_in_shanghai(bag: Any) -> None:
    timetable = bag.dags["hazard_register"].timetable

    assert timetable.expression == "0 8 * * *"
    assert str(timetable.timezone) == "Asia/Shanghai"


def test_nothing_people_write_can_reach_a_template(bag: Any) -> None:
    """A text in a templated field would be executed: no step of an incident has one."""
    for task in bag.dags["incident_response"].tasks:
        assert list(task.template_fields) == [], task.task_id
    for task in bag.dags["hazard_register"].tasks:
        assert list(task.template_fields) == [], task.task_id


def test_the_form_asks_for_the_fields_of_the_contract(bag: Any) -> None:
    params = bag.dags["incident_response"].params

    assert list(params) == [
        "title",
        "summary",
        "topic",
        "severity",
        "urgent",
        "drill",
        "unit",
        "platform",
        "source_url",
        "seen_at",
        "reporter",
        "incident_no",
        "stage",
        "reason",
    ]
    assert params["severity"] == "general"
    for name in params:
        schema = params.get_param(name).schema
        assert schema["title"].split()[0], name
        assert schema["section"], name


def valid(bag: Any, conf: dict[str, Any]) -> bool:
    from copy import deepcopy

    from airflow.sdk.exceptions import ParamValidationError

    trial = deepcopy(bag.dags["incident_response"].params)
    try:
        trial.update(conf)
        trial.validate()
    except (ParamValidationError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    "conf",
    [
        {"title": "路灯不亮"},
        {
            "title": "某路段积水",
            "summary": "积水\n三天",
            "topic": "sanitation",
            "severity": "critical",
            "urgent": True,
            "drill": True,
            "unit": "liuxi",
            "platform": "论坛",
            "source_url": "https://forum.example.org/t/1?x=1#2",
            "seen_at": "2026-11-23T14:05:00+08:00",
            "reporter": "luo_chunsheng",
        },
        {"title": "路灯", "incident_no": "YQCZBG-2026-001", "stage": "statement", "reason": "更正"},
    ],
)
def test_the_form_takes_what_the_domain_takes(bag: Any, conf: dict[str, Any]) -> None:
    from yingda.domain import lead

    assert valid(bag, conf)
    lead.read(conf)


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"title": ""},
        {"title": "  "},
        {"title": "长" * 201},
        {"title": "路灯", "summary": "长" * 4001},
        {"title": "路灯", "topic": "weather"},
        {"title": "路灯", "severity": "grave"},
        {"title": "路灯", "urgent": "yes"},
        {"title": "路灯", "unit": "../etc"},
        {"title": "路灯", "source_url": "javascript:alert(1)"},
        {"title": "路灯", "reporter": "a b"},
        {"title": "路灯", "incident_no": "1"},
        {"title": "路灯", "stage": "publication"},
    ],
)
def test_the_form_refuses_what_breaks_it_before_a_run_exists(bag: Any, conf: dict[str, Any]) -> None:
    assert not valid(bag, conf)


def modules_after(statement: str, home: Path, folder: Path) -> set[str]:
    environment = {**os.environ, "YINGDA_HOME": str(home), "PYTHONPATH": str(folder)}
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_reading_the_dag_of_incidents_imports_nothing_heavy_of_ours(dags_folder: Path, tmp_path: Path) -> None:
    """Every task start pays for what the dag file imports."""
    airflow_s_own = (
        "from airflow.sdk import chain, dag, BaseOperator, BaseSensorOperator, Param\n"
        "import airflow.triggers.base, airflow.sdk.exceptions"
    )
    before = modules_after(airflow_s_own, tmp_path, dags_folder)
    after = modules_after("import incident_response", tmp_path, dags_folder)

    heavy = ("sqlalchemy", "fastapi", "requests", "jinja2", "yaml", "aiosmtplib", "alembic", "holidays", "starlette")
    ours = after - before
    assert "yingda.operators.steps" in ours
    assert {name for name in ours if name.partition(".")[0] in heavy} == set()
    assert {name for name in ours if name.startswith(("yingda.services", "yingda.store", "yingda.settings"))} == set()
    assert sum(Counter(name.partition(".")[0] for name in ours).values()) < 60


def test_following_up_starts_no_run_twice(bag: Any) -> None:
    dag = bag.dags["follow_up"]

    assert {task.task_id for task in dag.topological_sort()} == {"attend_all", "start_runs", "keep_publishing"}
    assert dag.get_task("start_runs").upstream_task_ids == {"attend_all"}
    assert dag.get_task("keep_publishing").stays < dag.schedule
    assert dag.max_active_runs == 1
    started = dag.get_task("start_runs").partial_kwargs
    assert started["skip_when_already_exists"] is True
    assert started["trigger_dag_id"] == "incident_response"
    assert started["logical_date"] is None


def test_what_is_asked_of_airflow_is_rendered_as_a_template_and_so_must_hold_no_words_of_people(bag: Any) -> None:
    """Airflow renders the arguments of mapped tasks too (seen on 3.3.2); services/passing.py keeps to numbers."""
    from types import SimpleNamespace

    from airflow.sdk.definitions._internal.expandinput import ListOfDictsExpandInput

    mapped = bag.dags["follow_up"].get_task("start_runs")
    given = [{"trigger_run_id": "YQCZBG-2026-001-pass-2", "conf": {"title": "{{ 7 * 7 }}"}}]
    ti = SimpleNamespace(map_index=0, is_mapped=True, task=mapped)
    context = {"ti": ti, "task_instance": ti, "params": {}, "dag_run": SimpleNamespace(conf={}), "task": mapped}
    context["dag"] = bag.dags["follow_up"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mapped, "expand_input", ListOfDictsExpandInput(given))
        mapped.render_template_fields(context)

    assert context["task"].conf == {"title": "49"}
    assert context["task"].trigger_run_id == "YQCZBG-2026-001-pass-2"
