"""Airflow from outside: what ops do over its REST API, done by us for the drill and for `resume`."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import requests


class Airflow:
    """The REST API of a running server, asked as one account.

    :param base: address of the server, without a slash at the end
    """

    def __init__(self, base: str, username: str, password: str) -> None:
        self.base = base
        self._session = requests.Session()
        # An office's proxy has no business between us and ourselves.
        self._session.trust_env = False
        answer = self._session.post(f"{base}/auth/token", json={"username": username, "password": password}, timeout=30)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str) -> requests.Response:
        """Return the answer to a GET, whatever its status."""
        return self._session.get(f"{self.base}{path}", timeout=30)

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str | None = None) -> str:
        """Start a run and return its id; a run that is there under this id already is as good.

        :raises requests.HTTPError: Airflow refuses it
        """
        body: dict[str, Any] = {"logical_date": None, "conf": conf}
        if run_id is not None:
            body["dag_run_id"] = run_id
        answer = self._session.post(f"{self.base}/api/v2/dags/{dag_id}/dagRuns", json=body, timeout=30)
        if answer.status_code == requests.codes.conflict and run_id is not None:
            return run_id
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str | None:
        """Return the state of a run, None if Airflow does not know it."""
        answer = self.get(f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")
        return None if answer.status_code == requests.codes.not_found else str(answer.json()["state"])

    def wait(self, dag_id: str, run_id: str, *, seconds: float) -> str | None:
        """Return the state of a run once it ended, or its state when `seconds` are over."""
        until = time.monotonic() + seconds
        while (state := self.state(dag_id, run_id)) not in ("success", "failed") and time.monotonic() < until:
            time.sleep(0.5)
        return state
