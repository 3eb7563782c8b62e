"""docs/dags.md is read from the dags, is the same everywhere, and is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingda.running.describing import PAGE, DagsUnreadable, describe, differences
from yingda.running.layout import PROJECT

DAGS = PROJECT / "dags"

SMALL = '''\
"""
# Title

First words.

## Below
"""

from datetime import timedelta

from airflow.sdk import BaseOperator, Param, chain, dag


class Greet(BaseOperator):
    """Greet | everybody.

    Twice.
    """

    def execute(self, context):
        pass


@dag(
    schedule=timedelta(seconds=90),
    doc_md=__doc__,
    dag_display_name="小流程",
    params={
        "who": Param(None, type=["null", "string"], title="Whom", maxLength=9),
        "how": Param("loud", enum=["loud", "soft"]),
    },
)
def small():
    chain(Greet(task_id="zebra", task_display_name="先", retries=2), Greet(task_id="ant", task_display_name="后"))


small()
'''


@pytest.fixture(scope="module")
def shipped() -> str:
    return describe(DAGS)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return _folder_with_small(tmp_path)


@pytest.fixture(scope="module")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return describe(_folder_with_small(tmp_path_factory.mktemp("small")))


def _folder_with_small(parent: Path) -> Path:
    folder = parent / "dags"
    folder.mkdir()
    (folder / "small.py").write_text(SMALL, encoding="utf-8")
    return folder


def test_the_page_in_docs_says_what_the_dags_are(shipped: str) -> None:
    assert shipped == PAGE.read_text(encoding="utf-8"), "Run: python -m yingda describe"


def test_every_dag_file_is_described(shipped: str) -> None:
    files = sorted(path.stem for path in DAGS.glob("*.py"))

    assert files
    assert [name for name in files if f" `{name}`\n" not in shipped] == []


def test_tasks_stand_in_the_order_of_the_dag_and_not_of_the_alphabet(small_page: str) -> None:
    assert "| 1 | `zebra` | 先 | `Greet` | Greet \\| everybody. | 2（5 min） |" in small_page
    assert small_page.index("| 1 | `zebra` |") < small_page.index("| 2 | `ant` |")
    assert "    zebra --> ant" in small_page


def test_names_manual_schedule_and_params_are_those_of_the_dag(small_page: str) -> None:
    assert "## 小流程 `small`" in small_page
    assert "First words.\n\n#### Below\n" in small_page
    assert "Title" not in small_page
    assert "每隔 Every 90 s" in small_page
    assert "| `who` | Whom | string；0–9 字 characters |  |  |" in small_page
    assert '| `how` |  | `loud`、`soft` | `"loud"` |  |' in small_page


def test_a_param_without_a_default_is_required(shipped: str) -> None:
    assert "| `title` | 标题 Title | string；1–200 字 characters；`\\S` | 必填 required |" in shipped


def test_settings_of_this_machine_do_not_change_the_page(
    shipped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text('register: {at: "06:30"}\n', encoding="utf-8")
    monkeypatch.setenv("YINGDA_POLICY", str(policy))
    monkeypatch.setenv("YINGDA_LOCALE", "nonsense")
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "nonsense")

    assert describe(DAGS) == shipped


def test_a_page_that_fell_behind_is_told_line_by_line(small: Path, small_page: str, tmp_path: Path) -> None:
    page = tmp_path / "dags.md"
    page.write_text(small_page, encoding="utf-8")
    assert differences(small, page) == ""

    (small / "small.py").write_text(SMALL.replace("后", "最后"), encoding="utf-8")
    told = differences(small, page)

    assert "-| 2 | `ant` | 后 |" in told
    assert "+| 2 | `ant` | 最后 |" in told


def test_a_page_that_is_not_there_differs(small: Path, tmp_path: Path) -> None:
    assert "+# 流程 Dags" in differences(small, tmp_path / "dags.md")


def test_a_broken_dag_file_is_named_and_nothing_is_described(small: Path) -> None:
    (small / "broken.py").write_text("import nothing_of_this_name\n", encoding="utf-8")

    with pytest.raises(DagsUnreadable, match=r"(?s)broken\.py.*nothing_of_this_name"):
        describe(small)


def test_a_folder_without_dags_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DagsUnreadable, match="There is no dag in"):
        describe(tmp_path)
