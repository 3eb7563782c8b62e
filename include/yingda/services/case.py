"""One incident in hand: under its row lock, with the moment and the rules it is handled by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import IncidentNotFound, NotNow
from yingda.domain.life import Stage
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Incident, Pass

SYSTEM = "system"


@dataclass(frozen=True)
class Case:
    """What every step and handler is given. Whoever holds one is alone with its incident until the commit."""

    session: Session
    incident: Incident
    settings: Settings
    now: datetime

    def record(self, kind: str, actor: str = SYSTEM, **data: Any) -> None:
        """Note what happened, in this transaction."""
        audit.record(self.session, self.incident, kind, actor=actor, at=self.now, **data)

    def move(self, stage: Stage, actor: str = SYSTEM) -> None:
        """Let the incident stand at `stage` from now on."""
        self.record("stage_entered", actor, stage=stage.value, left=self.incident.stage.value)
        self.incident.stage = stage

    def not_now(self, words: str, **values: object) -> NotNow:
        """Return the refusal of what cannot be done where the incident stands, in the language of who is told."""
        return NotNow(speech.said(words, self.speaks, **values))

    @property
    def speaks(self) -> str:
        """The language of whoever is acting: for what they are told. What is stored speaks `settings.locale`."""
        return self.settings.speaks


def take(session: Session, number: str, settings: Settings, now: datetime) -> Case:
    """Lock an incident by its number.

    :raises IncidentNotFound: there is none
    """
    incident = session.scalars(
        select(Incident)
        .where(Incident.number == number.replace("\x00", "?"))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if incident is None:
        raise IncidentNotFound(f"No incident has the number {number!r}. Numbers look like YQCZBG-2026-001.")
    return Case(session, incident, settings, now)


def take_by_id(session: Session, incident_id: int, settings: Settings, now: datetime) -> Case:
    """Lock an incident by its key, known to exist."""
    incident = session.scalars(
        select(Incident).where(Incident.id == incident_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return Case(session, incident, settings, now)


def id_of(session: Session, number: str | None) -> int | None:
    """Return the key of an incident; None for no number or one that nobody has."""
    return session.scalar(select(Incident.id).where(Incident.number == number)) if number else None


def number_of_run(session: Session, run_id: str) -> str:
    """Return the number of the incident that an Airflow run belongs to.

    :raises IncidentNotFound: it belongs to none
    """
    number = session.scalar(
        select(Incident.number).join(Pass, Pass.incident_id == Incident.id).where(Pass.run_id == run_id)
    )
    if number is None:
        raise IncidentNotFound(
            f"The run {run_id!r} belongs to no incident. Run its task open_incident first; it opens the incident."
        )
    return number
