"""The executor of the embedded system: Airflow's LocalExecutor, whose workers have read our modules before they fork.

A task is a fork of a worker. What the worker has imported already costs the task nothing; what it has not, every task
pays anew: 0.35 s of a core, three times what the rest of a task takes.
"""

from __future__ import annotations

import importlib
import logging

from airflow.executors.local_executor import LocalExecutor

WARM = (
    # what Airflow imports only in the task
    "airflow.dag_processing.bundles.local",
    "airflow.sdk._shared.logging.remote",
    "airflow.sdk.bases.sensor",
    "airflow.sdk.definitions.connection",
    "airflow.sdk.execution_time.cache",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    # what a step of ours imports where it is used
    "psycopg2.extras",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "_strptime",
    "aiosmtplib",
    "css_inline",
    "jinja2.ext",
    "linkify_it",
    "markdown_it",
    "netrc",
    "nh3",
    "requests",
    "yingda.operators.form",
    "yingda.operators.register",
    "yingda.operators.steps",
    "yingda.services.attending",
    "yingda.services.delivering",
    "yingda.services.escalating",
    "yingda.services.foreseeing",
    "yingda.services.opening",
    "yingda.services.passing",
    "yingda.services.repeating",
    "yingda.services.sending",
    "yingda.transports.bulletin",
    "yingda.transports.bulletin_outlet",
    "yingda.transports.letter_files",
    "yingda.transports.mail",
    "yingda.wiring",
)
"""What the tasks of `incident_response` and `follow_up` need, with all that it imports in its turn."""


def warm() -> None:
    """Import what tasks need, and prepare what is prepared once a process; opens no connection, so forks share none.

    Never raises: a task that finds a module missing says so itself.
    """
    log = logging.getLogger(__name__)
    for name in WARM:
        try:
            importlib.import_module(name)
        except Exception:
            log.warning("%s could not be imported before the workers start.", name, exc_info=True)
    try:
        from sqlalchemy.orm import configure_mappers

        configure_mappers()
    except Exception:
        log.warning("The tables could not be mapped before the workers start.", exc_info=True)


class WarmLocalExecutor(LocalExecutor):
    """Airflow's LocalExecutor, with our modules in its workers from the start."""

    def start(self) -> None:
        """Read the modules, then fork the workers."""
        warm()
        super().start()
