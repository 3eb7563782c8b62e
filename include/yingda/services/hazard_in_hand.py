"""One hazard in hand: under its row lock, with what its events keep of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import FieldsRefused, HazardChanged, HazardNotFound, NotNow, UnknownUnit
from yingda.domain.hazards import FROM, HazardState, label
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Hazard, Incident

_MOST_IDS = 2**31 - 1


@dataclass(frozen=True)
class Done:
    """Where a hazard stands after what was done; `incident_no` is the incident it was escalated to last."""

    id: int
    state: HazardState
    version: int
    incident_no: str | None


def take(session: Session, hazard_id: int) -> Hazard:
    """Lock a hazard.

    :raises HazardNotFound: there is none
    """
    hazard = None
    if 0 < hazard_id <= _MOST_IDS:
        hazard = session.scalars(
            select(Hazard).where(Hazard.id == hazard_id).with_for_update().execution_options(populate_existing=True)
        ).one_or_none()
    if hazard is None:
        raise HazardNotFound(f"There is no hazard {hazard_id}.")
    return hazard


def facts(session: Session, hazard: Hazard) -> dict[str, Any]:
    """Return every field of a hazard as its events keep it: plain JSON values, days and moments in ISO 8601."""
    number = None
    if hazard.incident_id is not None:
        number = session.scalar(select(Incident.number).where(Incident.id == hazard.incident_id))
    return facts_of(hazard, number)


def facts_of(hazard: Hazard, incident_no: str | None) -> dict[str, Any]:
    """Return the same, with the number of its incident told."""
    return {
        "unit": hazard.unit_id,
        "content": hazard.content,
        "offline_measures": hazard.offline_measures,
        "online_measures": hazard.online_measures,
        "due": hazard.due_on.isoformat() if hazard.due_on else None,
        "topic": hazard.topic.value if hazard.topic else None,
        "risk": hazard.risk.value,
        "state": hazard.state.value,
        "evidence": hazard.evidence,
        "reported_at": hazard.reported_at.isoformat(),
        "reported_by": hazard.reported_by,
        "resolved_at": hazard.resolved_at.isoformat() if hazard.resolved_at else None,
        "incident_no": incident_no,
        "version": hazard.version,
    }


def record(
    session: Session,
    hazard: Hazard,
    kind: str,
    actor: str,
    now: datetime,
    *,
    was: Mapping[str, Any] | None,
    incident: Incident | None = None,
    **data: Any,
) -> None:
    """Note what happened to a hazard, in this transaction; with its incident's events once it was escalated.

    :param incident: held under its row lock
    """
    is_now = facts(session, hazard) if incident is None else facts_of(hazard, incident.number)
    audit.record(session, incident, kind, actor=actor, at=now, hazard=hazard.id, was=was, now=is_now, **data)


def changed(hazard: Hazard, fields: Mapping[str, Any], actor: str, now: datetime) -> None:
    """Change fields of a hazard, and note who did and when."""
    for name, value in fields.items():
        setattr(hazard, name, value)
    hazard.version += 1
    hazard.changed_at, hazard.changed_by = now, actor


def as_read(hazard: Hazard, version: int | None) -> None:
    """See that a hazard is as somebody read it; None: that does not matter.

    :raises HazardChanged: it was changed since
    """
    if version is not None and version != hazard.version:
        raise HazardChanged(hazard.id, hazard.changed_by, hazard.changed_at)


def may(hazard: Hazard, act: str, settings: Settings) -> None:
    """See that something may be done to a hazard where it stands.

    :raises NotNow: it may not
    """
    if hazard.state in FROM[act]:
        return
    locale = settings.speaks
    state = label(hazard.state, locale)
    allowed = (speech.said("、", locale)).join(label(one, locale) for one in FROM[act])
    raise NotNow(
        speech.said(
            "隐患 %(id)s 的状态是“%(state)s”，只有“%(allowed)s”的隐患才能这样办理。",
            locale,
            id=hazard.id,
            state=state,
            allowed=allowed,
        )
    )


def check_unit(unit_id: str, settings: Settings) -> None:
    """See that the roster has a unit.

    :raises FieldsRefused: it has not
    """
    if not known_unit(unit_id, settings):
        known = ", ".join(one.id for one in settings.roster.units)
        raise FieldsRefused(
            {
                "unit": speech.said(
                    "名册中没有“%(unit_id)s”这个单位，可选：%(known)s", settings.speaks, unit_id=unit_id, known=known
                )
            }
        )


def known_unit(unit_id: str, settings: Settings) -> bool:
    """Tell whether the roster has a unit."""
    try:
        settings.roster.unit(unit_id)
    except UnknownUnit:
        return False
    return True


def done(session: Session, hazard: Hazard) -> Done:
    """Return where a hazard stands."""
    number = None
    if hazard.incident_id is not None:
        number = session.scalar(select(Incident.number).where(Incident.id == hazard.incident_id))
    return Done(hazard.id, hazard.state, hazard.version, number)
