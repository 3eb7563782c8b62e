"""docs/images/flow.svg follows from the dag: whoever changes the dag changes the picture, or the check fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from yingda.__main__ import main
from yingda.running import describing, drawing, ruling
from yingda.running.describing import DagsUnreadable
from yingda.running.layout import PROJECT

DAGS = PROJECT / "dags"


def test_picture_and_structure_are_what_the_dag_says() -> None:
    for file, says in drawing.files(DAGS, ruling.default_policy()).items():
        assert file.read_text("utf-8") == says, "Run: python -m yingda describe"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('task_display_name="核查"', 'task_display_name="调查"', "4. 调查"),
        (
            '        ApprovalGate(task_id="report_approval", task_display_name="报告审批"),\n',
            "",
            "step-report_approval",
        ),
        (
            'task_id="live_check", task_display_name',
            'task_id="look_live", stage="live_check", task_display_name',
            "step-look_live",
        ),
    ],
)
def test_a_changed_dag_fails_the_check(tmp_path: Path, old: str, new: str, told: str) -> None:
    shutil.copytree(DAGS, tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "dags" / "incident_response.py"
    source = file.read_text("utf-8")
    assert old in source
    file.write_text(source.replace(old, new), "utf-8")
    found = drawing.differences(tmp_path / "dags", ruling.default_policy())
    assert told in found[drawing.PICTURE]
    assert found[drawing.KEPT]


def test_a_changed_rule_changes_the_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "read_alone", lambda module, dags: drawing.KEPT.read_text("utf-8"))
    policy = ruling.default_policy()
    rule = policy.clocks["verification"]  # type: ignore[index]
    other = policy.model_copy(
        update={"clocks": {**policy.clocks, "verification": rule.model_copy(update={"general": None})}}
    )
    found = drawing.differences(DAGS, other)
    assert found[drawing.KEPT] == ""
    assert "核实结果：一般 不要求；重大、特别重大 2 小时" in found[drawing.PICTURE]


def test_the_command_fails_once_dag_and_picture_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "differences", lambda dags: "")
    monkeypatch.setattr(
        drawing, "read_alone", lambda module, dags: drawing.KEPT.read_text("utf-8").replace("核查", "调查")
    )
    done = CliRunner().invoke(main, ["describe", "--check"])
    assert done.exit_code == 1
    assert "docs/images/flow.svg 已过时" in done.output
    assert "steps.json" in done.output
    assert "docs/dags.md" not in done.output.splitlines()[-1]


def test_dags_without_the_one_that_is_drawn_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    shutil.copy(DAGS / "follow_up.py", tmp_path / "dags")
    with pytest.raises(DagsUnreadable, match="There is no dag incident_response"):
        drawing.files(tmp_path / "dags", ruling.default_policy())
