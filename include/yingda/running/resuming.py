"""Resuming: a fresh run for every open incident that no living run drives; it goes on where the incident stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DAG = "incident_response"
ALIVE = ("queued", "running")


@dataclass(frozen=True)
class Resumed:
    """Runs that were started (or would be), and incidents that could not be looked after, each with the reason."""

    runs: list[tuple[str, str]]
    problems: list[tuple[str, str]]


def resume(environment: dict[str, str], *, dry_run: bool, say: Callable[[str], None]) -> Resumed:
    """
    Do it against the running system of `environment`.

    Doing it again, or while `follow_up` does the same, starts nothing twice: a run's id is written before it is asked
    for. With `dry_run` nothing is written or started.

    :raises StartError: the server does not answer, or takes no account of accounts.json
    """
    import requests

    from yingda import wiring
    from yingda.running.errors import StartError
    from yingda.running.rest import Airflow
    from yingda.services import attending
    from yingda.services.passing import RunState

    base = f"http://127.0.0.1:{environment['PORT']}"
    accounts = json.loads((Path(environment["YINGDA_HOME"]) / "accounts.json").read_text(encoding="utf-8"))
    [(name, account), *_] = [(n, a) for n, a in accounts.items() if a["role"] == "admin"] or [("", {})]
    try:
        airflow = Airflow(base, name, account.get("password", ""))
        if airflow.get(f"/api/v2/dags/{DAG}").status_code != requests.codes.ok:
            raise StartError(f"Airflow at {base} does not know {DAG} yet. Wait until `make up` says ready, then again.")
    except requests.RequestException as reason:
        raise StartError(
            f"Airflow at {base} cannot be asked ({type(reason).__name__}). Start it with `make up`, and see that"
            " accounts.json names an admin with the right password."
        ) from reason

    def known(run_id: str) -> RunState:
        state = airflow.state(DAG, run_id)
        if state is None:
            return RunState.UNKNOWN
        return RunState.ALIVE if state in ALIVE else RunState.ENDED

    report = attending.attend_all(wiring.transaction, wiring.settings(), wiring.utcnow, known, dry_run=dry_run)
    for start in report.starts:
        if not dry_run:
            airflow.trigger(DAG, start.conf, start.run_id)
        say(f"{start.conf['incident_no']}  {start.run_id}")
    return Resumed([(s.conf["incident_no"], s.run_id) for s in report.starts], report.problems)
