"""Hazards (隐患): reported, put right, handled, extended, resolved, reopened; each once, by one person.

Locks are taken in one order: the hazard's row, then the incident. Each change is one event with every field before and
after, so that the register of any day can be told from the events alone (`hazard_past.at`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.errors import FieldsRefused
from yingda.domain.hazard_form import (
    ChangeHazard,
    ExtendHazard,
    ReopenHazard,
    ReportHazard,
    ResolveHazard,
    TakeUpHazard,
)
from yingda.domain.hazards import EVENTS, TO, HazardState, fingerprint, label
from yingda.domain.life import Stage
from yingda.services import hazard_in_hand as hand
from yingda.services.case import take_by_id
from yingda.services.hazard_in_hand import Done
from yingda.settings import Settings
from yingda.store.models import Hazard


def report(session: Session, given: ReportHazard, actor: str, settings: Settings, now: datetime) -> Done:
    """Put a hazard on the register. The very same report again is the same hazard.

    :param actor: who reports it, on record
    :raises FieldsRefused: there is no such unit, or the unit reported this with other measures, limit or rating before
    """
    hand.check_unit(given.unit, settings)
    said = {
        "offline_measures": given.offline_measures,
        "online_measures": given.online_measures,
        "due_on": given.due,
        "topic": given.topic,
        "risk": given.risk,
    }
    print_ = fingerprint(given.unit, given.content)
    row = insert(Hazard).values(
        unit_id=given.unit,
        content=given.content,
        state=HazardState.OPEN,
        version=1,
        fingerprint=print_,
        reported_at=now,
        reported_by=actor,
        changed_at=now,
        changed_by=actor,
        **said,
    )
    made = session.scalar(row.on_conflict_do_nothing().returning(Hazard.id))
    if made is None:
        known = session.scalars(select(Hazard).where(Hazard.fingerprint == print_)).one()
        if any(getattr(known, name) != value for name, value in said.items()):
            raise FieldsRefused({"content": _known_already(known, settings)})
        return hand.done(session, known)
    hazard = session.get_one(Hazard, made)
    hand.record(session, hazard, "hazard_reported", actor, now, was=None)
    return hand.done(session, hazard)


def change(
    session: Session,
    hazard_id: int,
    given: ChangeHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Put fields of a hazard right; its time limit is extended, not changed.

    :param version: what was read; None where that does not matter
    :raises HazardNotFound: there is none
    :raises HazardChanged: it was changed since it was read
    :raises NotNow: it is settled
    :raises FieldsRefused: there is no such unit, or another hazard says the same
    """
    said = given.given
    if "unit" in said:
        hand.check_unit(given.unit, settings)
        said["unit_id"] = said.pop("unit")
    return _do(session, hazard_id, "change", said, actor, settings, now, version)


def extend(
    session: Session,
    hazard_id: int,
    given: ExtendHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Give a hazard another day to be resolved by; raises as `change`."""
    return _do(session, hazard_id, "extend", {"due_on": given.due}, actor, settings, now, version, given.reason)


def take_up(
    session: Session,
    hazard_id: int,
    given: TakeUpHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Note that somebody began to handle it; raises as `change`."""
    return _do(session, hazard_id, "take_up", {}, actor, settings, now, version)


def resolve(
    session: Session,
    hazard_id: int,
    given: ResolveHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Note that it is gone, and what shows it; raises as `change`."""
    fields = {"evidence": given.evidence, "resolved_at": now}
    return _do(session, hazard_id, "resolve", fields, actor, settings, now, version)


def reopen(
    session: Session,
    hazard_id: int,
    given: ReopenHazard,
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None = None,
) -> Done:
    """Note that it is there again. One that became an incident stays that incident's until that is closed.

    :raises NotNow: it is not settled, or its incident is still being handled
    """
    fields = {"evidence": None, "resolved_at": None}
    return _do(session, hazard_id, "reopen", fields, actor, settings, now, version, given.reason)


def _do(
    session: Session,
    hazard_id: int,
    act: str,
    fields: Mapping[str, Any],
    actor: str,
    settings: Settings,
    now: datetime,
    version: int | None,
    reason: str | None = None,
) -> Done:
    """Do it under the hazard's row lock, unless it is done already: then nothing is changed and nothing told."""
    hazard = hand.take(session, hazard_id)
    wanted = {**fields, **({"state": TO[act]} if act in TO else {})}
    # The moment differs each time; of two who resolve it with the same words the first did.
    said = {name: value for name, value in wanted.items() if name != "resolved_at"}
    if all(getattr(hazard, name) == value for name, value in said.items()):
        return hand.done(session, hazard)
    hand.as_read(hazard, version)
    hand.may(hazard, act, settings)
    incident = None
    if hazard.incident_id is not None:
        case = take_by_id(session, hazard.incident_id, settings, now)
        incident = case.incident
        if act == "reopen" and hazard.state is HazardState.ESCALATED and incident.stage is not Stage.CLOSED:
            raise case.not_now(
                "事件 %(number)s 还在办理，办结后才能重新打开这条隐患。",
                number=incident.number,
            )
    was = hand.facts(session, hazard)
    print_ = fingerprint(wanted.get("unit_id", hazard.unit_id), wanted.get("content", hazard.content))
    if print_ != hazard.fingerprint:
        other = session.scalars(select(Hazard).where(Hazard.fingerprint == print_)).one_or_none()
        if other is not None:
            raise FieldsRefused({"content": _known_already(other, settings)})
        wanted["fingerprint"] = print_
    hand.changed(hazard, wanted, actor, now)
    hand.record(
        session, hazard, EVENTS[act], actor, now, was=was, incident=incident, **({"reason": reason} if reason else {})
    )
    return hand.done(session, hazard)


def _known_already(known: Hazard, settings: Settings) -> str:
    state = label(known.state, settings.speaks)
    return speech.said(
        "该单位已登记过同样的隐患：%(id)s 号（%(state)s），请在那一条上修改或重新打开",
        settings.speaks,
        id=known.id,
        state=state,
    )
