"""The server as programs see it: Airflow's REST API and the desk."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

INCIDENTS = "incident_response"


def ask(method: str, url: str, **more: Any) -> requests.Response:
    """Send one request on a connection of its own, past any proxy; return the answer, whatever its status."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=60, **more)


class Server:
    """One account at the server. Any thread may use it.

    :param base: address, without a slash at the end
    :param accounts: accounts.json of the home
    """

    def __init__(self, base: str, accounts: Path, name: str = "ops") -> None:
        self.base = base
        self.accounts = accounts
        self.name = name
        self._token = ""

    def log_in(self) -> None:
        """Fetch a token."""
        password = json.loads(self.accounts.read_text(encoding="utf-8"))[self.name]["password"]
        given = {"username": self.name, "password": password}
        answer = ask("POST", f"{self.base}/auth/token", json=given)
        assert answer.status_code == 201, f"/auth/token answered {answer.status_code} {answer.text[:300]}"
        self._token = answer.json()["access_token"]

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        """Return the answer, whatever its status."""
        if not self._token:
            self.log_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        return ask(method, self.base + path, headers=headers, **body)

    def get(self, path: str) -> Any:
        """Return the JSON at a path that must be there."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, f"GET {path} answered {answer.status_code} {answer.text[:500]}"
        return answer.json()

    # The desk

    def incident(self, number: str) -> dict[str, Any]:
        """Return everything the desk tells of an incident."""
        return self.get(f"/desk/api/incidents/{number}")

    def incidents_total(self, words: str = "") -> int:
        """Return how many incidents there are, or how many hold these words."""
        return self.get(f"/desk/api/incidents?limit=1&q={quote(words)}")["total"]

    def breaks_of_the_chain(self) -> str:
        """Return where the chain of events does not hold, as the desk says it; nothing where it is whole."""
        answer = self.ask("GET", "/desk/api/audit/verify")
        return "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:2000]}"

    # Airflow

    def trigger(self, conf: dict[str, Any], dag: str = INCIDENTS) -> requests.Response:
        """Ask for a run."""
        return self.ask("POST", f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})

    def open(self, conf: dict[str, Any]) -> tuple[str, str]:
        """Trigger a run that opens or joins an incident; return the run's id and the incident's number."""
        answer = self.trigger(conf)
        assert answer.status_code == 200, f"the trigger got {answer.status_code} {answer.text[:500]}"
        run = answer.json()["dag_run_id"]
        return run, self.number_of(run)

    def number_of(self, run: str, *, seconds: float = 180) -> str:
        """Return the incident that a run drives, once its first task said so."""
        path = f"{self.run_path(run)}/taskInstances/open_incident/xcomEntries/incident_no"
        end = time.monotonic() + seconds
        while (answer := self.ask("GET", path)).status_code != 200:
            assert time.monotonic() < end, f"{run}: open_incident named no incident within {seconds:.0f} s"
            time.sleep(0.3)
        return json.loads(value) if (value := answer.json()["value"]).startswith('"') else value

    def run_path(self, run: str, dag: str = INCIDENTS) -> str:
        """Return the path of a run."""
        return f"/api/v2/dags/{dag}/dagRuns/{quote(run, safe='')}"

    def state(self, run: str, dag: str = INCIDENTS) -> str | None:
        """Return the state of a run; None if Airflow does not know it."""
        answer = self.ask("GET", self.run_path(run, dag))
        return None if answer.status_code == 404 else answer.json()["state"]

    def await_end(self, run: str, *, seconds: float = 180) -> str:
        """Wait until a run ended, and return how."""
        end = time.monotonic() + seconds
        while (state := self.state(run)) not in ("success", "failed"):
            assert time.monotonic() < end, f"{run} is still {state} after {seconds:.0f} s"
            time.sleep(0.4)
        return state

    def tasks(self, run: str) -> dict[str, dict[str, Any]]:
        """Return the task instances of a run by task id."""
        told = self.get(f"{self.run_path(run)}/taskInstances?limit=100")
        return {one["task_id"]: one for one in told["task_instances"]}

    def task_states(self, run: str) -> dict[str, str | None]:
        """Return the state of each task of a run."""
        return {name: one["state"] for name, one in self.tasks(run).items()}

    def log(self, run: str, task: str, attempt: int = 1) -> str:
        """Return what a task logged, as one text."""
        return self.ask("GET", f"{self.run_path(run)}/taskInstances/{task}/logs/{attempt}?full_content=true").text

    def clear(self, run: str, *tasks: str, downstream: bool = False) -> None:
        """Have tasks run again, whatever their state."""
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": list(tasks),
            "only_failed": False,
            "include_downstream": downstream,
        }
        answer = self.ask("POST", f"/api/v2/dags/{INCIDENTS}/clearTaskInstances", json=body)
        assert answer.status_code == 200, f"clearing {tasks} got {answer.status_code} {answer.text[:500]}"

    def mark(self, run: str, task: str, state: str) -> None:
        """Set the state of a task by hand, as somebody may do in the UI."""
        answer = self.ask("PATCH", f"{self.run_path(run)}/taskInstances/{task}", json={"new_state": state})
        assert answer.status_code == 200, f"marking {task} {state} got {answer.status_code} {answer.text[:500]}"

    def follow_up(self) -> None:
        """Have `follow_up` run now instead of at its next turn, and wait until it is through."""
        answer = self.trigger({}, "follow_up")
        assert answer.status_code == 200, f"the trigger got {answer.status_code} {answer.text[:500]}"
        run, end = answer.json()["dag_run_id"], time.monotonic() + 60
        while (state := self.state(run, "follow_up")) not in ("success", "failed"):
            assert time.monotonic() < end, f"follow_up {run} is still {state} after 60 s"
            time.sleep(0.4)
        assert state == "success", f"follow_up {run} ended as {state}"
