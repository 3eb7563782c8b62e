"""Tasks as Airflow runs them, without Airflow: a context, and no mail server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from yingda.settings import Settings


class TaskInstance:
    """Notes what a task pushes; knows which runs live."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}
        self.alive: set[str] = set()

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        assert dag_id == "incident_response"
        assert states is None or set(states) == {"queued", "running"}
        return len(self.alive & set(run_ids))


@pytest.fixture
def run(wired: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes the context of a run: its id and the fields of its conf."""
    from yingda import wiring
    from yingda.transports.mail import MailServer

    # Nobody listens at port 1: mail stays owed, which no step may mind.
    monkeypatch.setattr(wiring, "mail_server", lambda: MailServer("127.0.0.1", 1, timeout=1))

    def context(run_id: str = "manual__1", **conf: Any) -> dict[str, Any]:
        return {
            "dag_run": SimpleNamespace(conf=conf or None, run_id=run_id),
            "run_id": run_id,
            "ti": TaskInstance(),
            "logical_date": None,
        }

    return context
