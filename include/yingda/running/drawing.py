"""docs/images/flow.svg: 附件1 网络舆情处置工作流程图, drawn from the dag `incident_response` and the default rules.

The dag is read by a Python of its own, as for docs/dags.md. What was read is kept beside the template of the picture,
from where the desk draws it with the rules in force.
"""

from __future__ import annotations

import sys
from pathlib import Path

from yingda.domain.flowchart import Structure
from yingda.domain.policy import Policy
from yingda.running import pages
from yingda.running.describing import DagsUnreadable, dags_of, read_alone
from yingda.running.layout import PROJECT
from yingda.services import charting

DAG = "incident_response"
PICTURE = PROJECT / "docs" / "images" / "flow.svg"
KEPT = charting.KEPT


def files(dags_folder: Path, policy: Policy) -> dict[Path, str]:
    """Return what is to stand in each file: the structure that was read, and the picture.

    :raises DagsUnreadable: a dag file is broken, or none is `incident_response`
    """
    kept = read_alone("yingda.running.drawing", dags_folder)
    return {KEPT: kept, PICTURE: charting.svg(charting.read(kept), policy)}


def differences(dags_folder: Path, policy: Policy) -> dict[Path, str]:
    """Return how each file differs from what it must say now, as a unified diff; empty where it does not.

    :raises DagsUnreadable: see `files`
    """
    return {file: pages.differences(file, says, DAG) for file, says in files(dags_folder, policy).items()}


def _structure(dags_folder: Path) -> Structure:
    dags = dags_of(dags_folder)
    if DAG not in dags:
        raise DagsUnreadable(f"没有 {DAG} / There is no dag {DAG} in {dags_folder}.")
    tasks = dags[DAG].topological_sort()
    return Structure(
        tuple((task.task_id, task.task_display_name) for task in tasks),
        tuple((task.task_id, after) for task in tasks for after in sorted(task.downstream_task_ids)),
    )


def _main(dags_folder: str, page: str) -> None:
    try:
        Path(page).write_text(charting.to_keep(_structure(Path(dags_folder))), encoding="utf-8")
    except DagsUnreadable as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    _main(*sys.argv[1:])
