"""Attending to all: what `follow_up` does every few minutes and `resume` on demand, incident by incident.

Leads that wait to become incidents are reminded of here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from yingda.services import escalating, passing, waiting_leads
from yingda.services.case import take
from yingda.services.passing import RunState, Start
from yingda.settings import Settings

Transaction = Callable[[], AbstractContextManager[Session]]


LEADS = "leads"
"""Stands for the leads that wait, among incidents that could not be attended to."""


@dataclass(frozen=True)
class Report:
    """Runs to ask Airflow for, and what could not be attended to (an incident, or the leads) with the reason."""

    starts: list[Start]
    problems: list[tuple[str, str]]


def attend_all(
    transaction: Transaction,
    settings: Settings,
    clock: Callable[[], datetime],
    airflow: Callable[[str], RunState],
    *,
    dry_run: bool = False,
) -> Report:
    """Attend to every incident something may be due for, each in a transaction of its own, and to the leads that wait.

    :param dry_run: tell what would be started and take everything back
    """
    starts: list[Start] = []
    problems: list[tuple[str, str]] = []
    with transaction() as session:
        numbers = escalating.to_attend(session)
    for number in numbers:
        try:
            if not dry_run:
                with transaction() as session:
                    escalating.attend(take(session, number, settings, clock()))
            with transaction() as session:
                start = passing.owed(session, number, settings, clock(), airflow)
                if dry_run:
                    session.rollback()
        except Exception as problem:
            problems.append((number, f"{type(problem).__name__}: {problem}"))
        else:
            if start is not None:
                starts.append(start)
    if not dry_run:
        try:
            with transaction() as session:
                waiting_leads.remind(session, settings, clock())
        except Exception as problem:
            problems.append((LEADS, f"{type(problem).__name__}: {problem}"))
    return Report(starts, problems)
