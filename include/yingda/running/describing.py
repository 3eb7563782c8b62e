"""docs/dags.md: what the dags are, read from the dags themselves, so that the page cannot say anything else.

The dags are read by a Python of their own, with none of this machine's settings: the page is the same everywhere and
shows the defaults. Reading them takes a few seconds; nothing is written but the page.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingda.running import pages
from yingda.running.layout import PROJECT
from yingda.running.pages import table

if TYPE_CHECKING:
    from airflow.sdk import DAG

PAGE = PROJECT / "docs" / "dags.md"

HEAD = """\
<!-- 由 `python -m yingda describe` 从 dags/ 生成，请勿手改。 Generated from dags/ by `python -m yingda describe`. -->

# 流程 Dags

以下内容取自 DAG 本身和默认规则。 Read from the dags themselves, with the default rules.
"""


class DagsUnreadable(Exception):
    """There is nothing to describe; the message says why."""


def describe(dags_folder: Path) -> str:
    """Return the page about the dags in `dags_folder`: for each its name, manual, schedule, tasks in order and params.

    :raises DagsUnreadable: a dag file is broken, or there is none
    """
    return read_alone("yingda.running.describing", dags_folder)


def read_alone(module: str, dags_folder: Path) -> str:
    """Return what `module` makes of the dags in a folder, run by a Python of its own as `-m module FOLDER PAGE`.

    :raises DagsUnreadable: it could not; the message says why
    """
    theirs = ("AIRFLOW", "YINGDA_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    with tempfile.TemporaryDirectory(prefix="yingda-describe-") as scratch:
        page = Path(scratch, "page.md")
        done = subprocess.run(
            [sys.executable, "-m", module, str(dags_folder.absolute()), str(page)],
            env={
                **environment,
                "AIRFLOW_HOME": scratch,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "PYTHONPATH": str(PROJECT / "include"),
                "PYTHONSAFEPATH": "1",
                "PYTHONUTF8": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode != 0:
            raise DagsUnreadable(
                f"{dags_folder} 中的 DAG 无法读取，请先改正 / The dags in {dags_folder} cannot be read; correct them "
                f"first:\n{done.stderr.strip()}"
            )
        return page.read_text(encoding="utf-8")


def differences(dags_folder: Path, page: Path = PAGE) -> str:
    """Return how `page` differs from what `describe` says now, as a unified diff; empty where it does not.

    :raises DagsUnreadable: see `describe`
    """
    return pages.differences(page, describe(dags_folder), "dags")


def dags_of(dags_folder: Path) -> dict[str, DAG]:
    """Return the dags of a folder by id; only in a process of its own, see `read_alone`.

    :raises DagsUnreadable: a dag file is broken, or there is none
    """
    from airflow.dag_processing.dagbag import DagBag

    # Every file counts, also one that is so broken that Airflow would take it for no dag file.
    bag = DagBag(dags_folder, bundle_path=dags_folder, bundle_name="dags", safe_mode=False)
    if bag.import_errors:
        raise DagsUnreadable("\n".join(f"{file}: {error}" for file, error in bag.import_errors.items()))
    if not bag.dags:
        raise DagsUnreadable(f"没有 DAG / There is no dag in {dags_folder}.")
    return dict(bag.dags)


def _read(dags_folder: Path) -> str:
    found = dags_of(dags_folder)
    dags = [found[dag_id] for dag_id in sorted(found, key=_most_tasks_first(found))]
    rows = [(f"[`{dag.dag_id}`](#{dag.dag_id})", dag.dag_display_name, _when(dag), len(dag.tasks)) for dag in dags]
    overview = table(("DAG", "名称 Name", "何时运行 When", "步骤 Tasks"), rows)
    return "\n".join([HEAD, overview, *(_section(dag) for dag in dags)])


def _most_tasks_first(dags: dict[str, DAG]) -> Any:
    return lambda dag_id: (-len(dags[dag_id].tasks), dag_id)


def _section(dag: DAG) -> str:
    parts = [f'<a id="{dag.dag_id}"></a>\n\n## {dag.dag_display_name} `{dag.dag_id}`', _manual(dag)]
    parts.append(
        f"- 何时运行 When: {_when(dag)}\n"
        f"- 同时运行 Runs at once: {dag.max_active_runs}\n"
        f"- 标签 Tags: {', '.join(sorted(dag.tags))}"
    )
    parts.append(_picture(dag))
    heads = ("#", "任务 Task", "名称 Name", "类 Class", "做什么 Does", "重试（间隔） Retries (pause)")
    parts.append("### 步骤 Tasks\n\n" + table(heads, _tasks(dag)))
    if dag.params:
        columns = ("参数 Param", "名称 Name", "要求 Takes", "默认 Default", "说明 Note")
        parts.append("### 参数 Params\n\n" + table(columns, _params(dag)))
    return "\n".join(f"{part.strip()}\n" for part in parts)


def _manual(dag: DAG) -> str:
    """Return the dag's own text without its title, its headings two levels down."""
    lines = inspect.cleandoc(dag.doc_md or "").splitlines()
    if lines and lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in lines)


def _when(dag: DAG) -> str:
    from airflow.sdk import CronTriggerTimetable

    schedule = dag.schedule
    if schedule is None:
        return "触发时 When triggered"
    if isinstance(schedule, timedelta):
        return f"每隔 Every {_span(schedule)}"
    if isinstance(schedule, CronTriggerTimetable):
        return f"`{schedule.expression}` {schedule.timezone}"
    return f"`{schedule}`"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _picture(dag: DAG) -> str:
    lines = ["```mermaid", "flowchart LR"]
    for task in dag.topological_sort():
        lines.append(f'    {task.task_id}["{task.task_display_name}"]')
        lines += [f"    {task.task_id} --> {after}" for after in sorted(task.downstream_task_ids)]
    return "\n".join([*lines, "```"])


def _tasks(dag: DAG) -> Iterator[Sequence[object]]:
    for position, task in enumerate(dag.topological_sort(), start=1):
        operator = task.operator_class if task.is_mapped else type(task)
        mapped = "（按上一步的结果逐个 for each result before it）" if task.is_mapped else ""
        does = inspect.cleandoc(operator.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        retries = f"{task.retries}（{_pauses(task)}）"
        yield position, f"`{task.task_id}`", task.task_display_name, f"`{operator.__name__}`{mapped}", does, retries


def _pauses(task: Any) -> str:
    if not task.retry_exponential_backoff:
        return _span(task.retry_delay)
    return f"{_span(task.retry_delay)} … {_span(task.max_retry_delay)}"


def _params(dag: DAG) -> Iterator[Sequence[object]]:
    from airflow.sdk.definitions._internal.types import is_arg_set

    for name in dag.params:
        param = dag.params.get_param(name)
        given = is_arg_set(param.value)
        default = "必填 required" if not given else "" if param.value is None else f"`{json.dumps(param.value)}`"
        yield f"`{name}`", param.schema.get("title", ""), _takes(param.schema), default, param.description or ""


def _takes(schema: dict[str, Any]) -> str:
    """Return in words what a JSON schema takes, as far as our params need words."""
    if schema.get("enum"):
        shown = schema.get("values_display", {})
        values = [value for value in schema["enum"] if value is not None]
        return "、".join(f"`{value}` {shown[value]}" if value in shown else f"`{value}`" for value in values)
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    said = [" / ".join(one for one in types if one != "null")]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if longest:
        said.append(f"{shortest}–{longest} 字 characters")
    if schema.get("format") not in (None, "multiline"):
        said.append(schema["format"])
    if "pattern" in schema:
        said.append(f"`{schema['pattern']}`")
    return "；".join(said)


def _main(dags_folder: str, page: str) -> None:
    try:
        Path(page).write_text(_read(Path(dags_folder)), encoding="utf-8")
    except DagsUnreadable as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    _main(*sys.argv[1:])
