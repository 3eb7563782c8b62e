"""The dags as Airflow reads them, without Airflow's database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

DAGS = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture(scope="session")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The DagBag of dags/."""
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("YINGDA_HOME", str(tmp_path_factory.mktemp("home")))
        yield DagBag(str(DAGS))


@pytest.fixture
def dags_folder() -> Path:
    return DAGS
