"""Observing: how a concern develops, as somebody saw it at a time; never who posted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import FieldsRefused
from yingda.domain.life import Outcome, Stage
from yingda.services import passing
from yingda.services.case import Case
from yingda.services.dossier import ObservationSeen
from yingda.services.naming import actor as named
from yingda.settings import Settings
from yingda.store.models import Incident, Observation

SHOWN = 20
"""Observations shown to those who are asked: the latest."""


def observe(case: Case, seen_at: datetime, text: str, actor: str) -> None:
    """Put on record what was seen; the same from the same person again changes nothing.

    :param seen_at: UTC
    :raises FieldsRefused: the moment is still to come
    :raises NotNow: the incident is closed, or goes on as part of another
    """
    incident = case.incident
    if incident.outcome is Outcome.MERGED:
        into = passing.merged_into(case.session, incident.id)
        raise case.not_now(
            "%(number)s 已并入 %(into)s，请登记到那个事件。",
            number=incident.number,
            into=into,
        )
    if incident.stage is Stage.CLOSED:
        raise case.not_now(
            "%(number)s 已办结。请先重新办理，再登记动态。",
            number=incident.number,
        )
    check_seen_at(seen_at, case.now, case.speaks)
    note(case, seen_at, text, actor)


def check_seen_at(seen_at: datetime, now: datetime, locale: str) -> None:
    """Refuse a moment at which nobody can have seen anything yet.

    :raises FieldsRefused: `seen_at` lies in the future
    """
    if seen_at > now:
        raise FieldsRefused({"seen_at": speech.said("不能晚于现在", locale)})


def note(case: Case, seen_at: datetime, text: str, actor: str) -> None:
    """Write an observation down unless it stands there already; its text stays out of the event, it may hold anything.

    :param seen_at: UTC
    """
    mine = select(Observation.id).where(
        Observation.incident_id == case.incident.id,
        Observation.seen_at == seen_at,
        Observation.text == text,
        Observation.actor == actor,
    )
    if case.session.scalar(mine.limit(1)) is not None:
        return
    row = Observation(incident_id=case.incident.id, seen_at=seen_at, text=text, actor=actor, at=case.now)
    case.session.add(row)
    case.session.flush()
    case.record("observed", actor, observation=row.id, seen_at=seen_at.isoformat())


def latest(session: Session, incident: Incident, house: Settings) -> tuple[ObservationSeen, ...]:
    """Return what was seen last, the latest first."""
    rows = session.scalars(
        select(Observation)
        .where(Observation.incident_id == incident.id)
        .order_by(Observation.seen_at.desc(), Observation.id.desc())
        .limit(SHOWN)
    )
    return tuple(ObservationSeen(one.seen_at, one.text, named(one.actor, house)) for one in rows)
