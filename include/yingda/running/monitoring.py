"""What the running system says about itself over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yingda.running import accounts

DAGS = ("incident_response", "hazard_register", "follow_up")
"""The dags without which the system is not ready."""

COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class Server:
    """The API server of the embedded system, asked over the loopback address with an administrator's token."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Ask the server of `environment`, which `yingda.running.environment.build` made."""
        self.base = f"http://127.0.0.1:{environment['PORT']}"
        self.accounts = Path(environment["YINGDA_HOME"]) / "accounts.json"
        self.dags = Path(environment["AIRFLOW__CORE__DAGS_FOLDER"])
        self.token = ""
        # An office's proxy has no business between us and ourselves.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON of `path`; (0, None) when the server does not answer."""
        return self._ask("GET", path, None)

    def awaited(self, since: datetime) -> list[str]:
        """Return the components and dags still missing for readiness; heartbeats before `since` do not count."""
        status, health = self.get("/api/v2/monitor/health")
        if status != 200 or not isinstance(health, dict):
            return ["api-server"]
        missing = [name for name in COMPONENTS if not _healthy(name, health.get(name) or {}, since)]
        if missing:
            return missing
        # The first question from a task, and the first about runs, make the server load for seconds. Let it be ours.
        for status, _ in (self.get("/execution/health"), self._authorized("/api/v2/dags/~/dagRuns?limit=1")):
            if status != 200:
                return ["api-server"]
        return [dag for dag in self.expected_dags() if self.dag(dag) is None]

    def expected_dags(self) -> list[str]:
        """Return the ids of our dags that have a file in the dags folder."""
        return [dag for dag in DAGS if (self.dags / f"{dag}.py").exists()]

    def dag(self, dag: str) -> dict[str, Any] | None:
        """Return what Airflow knows of `dag`; None if nothing yet."""
        status, known = self._authorized(f"/api/v2/dags/{dag}")
        return known if status == 200 else None

    def import_errors(self, since: datetime) -> list[str]:
        """Return the errors met since `since` when the dag files were parsed, each with its file."""
        status, answer = self._authorized("/api/v2/importErrors")
        if status != 200:
            return []
        return [
            f"{error['filename']}\n{error['stack_trace']}"
            for error in answer["import_errors"]
            if datetime.fromisoformat(error["timestamp"]) >= since
        ]

    def _authorized(self, path: str) -> tuple[int, Any]:
        if not self.token:
            people = accounts.load(self.accounts)
            person = max(people, key=lambda account: accounts.ROLES.index(account.role))
            status, answer = self._ask("POST", "/auth/token", {"username": person.name, "password": person.password})
            if status != 201:
                return status, answer
            self.token = answer["access_token"]
        return self.get(path)

    def _ask(self, method: str, path: str, body: dict[str, str] | None) -> tuple[int, Any]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)  # noqa: S310 - http
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as answer:
            return answer.code, None
        except (OSError, ValueError):
            return 0, None


def _healthy(name: str, told: dict[str, Any], since: datetime) -> bool:
    if told.get("status") != "healthy":
        return False
    if name == "metadatabase":
        return True
    # A component that was stopped a moment ago still counts as healthy; only a heartbeat of this start proves it.
    beat = told.get(f"latest_{name}_heartbeat")
    return beat is not None and datetime.fromisoformat(beat).astimezone(UTC) >= since
