"""The way from a task to the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class IncidentLink(BaseOperatorLink):
    """
    Opens the incident that a run drives, from each of its tasks; the desk finds it by the run's id.

    Airflow keeps the address as the task's XCom each time the task ends or begins to wait.
    """

    name = "事件 Incident"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address, which only those logged in may follow."""
        from yingda import wiring

        query = urlencode({"dag_id": ti_key.dag_id, "run_id": ti_key.run_id})
        return f"{wiring.settings().public_url}/desk/runs?{query}"
