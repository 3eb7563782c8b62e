from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import yingda
from yingda.settings import Settings

PROJECT = Path(yingda.__file__).parents[2]

LOADED = """
import sys, time
import airflow.plugins_manager
begun = time.perf_counter()
import yingda_plugin
plugin = yingda_plugin.YingdaPlugin()
took = time.perf_counter() - begun
heavy = {"fastapi", "sqlalchemy", "jinja2", "yingda"} & set(sys.modules) - BEFORE
print(took, sorted(heavy))
"""


def test_a_task_process_pays_nothing_for_the_plugin():
    code = LOADED.replace("begun =", "BEFORE = set(sys.modules)\nbegun =", 1)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT / "plugins", capture_output=True, text=True, check=True
    )
    took, _, heavy = done.stdout.strip().splitlines()[-1].partition(" ")
    assert heavy == "[]"
    assert float(took) < 0.05


def test_airflow_finds_one_plugin_with_two_apps_and_two_views(wired: Settings, monkeypatch):
    monkeypatch.syspath_prepend(str(PROJECT / "plugins"))
    import yingda_plugin  # type: ignore[import-not-found]

    plugin = yingda_plugin.YingdaPlugin()
    assert [each["url_prefix"] for each in plugin.fastapi_apps] == ["/desk", "/bulletin"]
    assert plugin.fastapi_apps is plugin.fastapi_apps
    kept = gc.get_freeze_count()
    gc.unfreeze()
    assert kept > 50_000, "what the server has loaded is looked through for garbage again and again"
    assert wired.bulletin.is_dir()
    nav, tab = plugin.external_views
    assert (nav["destination"], nav["href"]) == ("nav", "/desk/")
    assert tab["destination"] == "dag_run"
    assert "run_id={RUN_ID}" in tab["href"]


def test_the_plugin_is_the_only_python_file_there():
    assert [path.name for path in (PROJECT / "plugins").rglob("*.py")] == ["yingda_plugin.py"]
