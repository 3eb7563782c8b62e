"""Those whom the record of an incident names, by id and name; nothing of how to reach them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.services import naming
from yingda.settings import Settings
from yingda.store.models import Addressee, Decision, Event, Incident, Request, Signature


def person(officer_id: str | None, house: Settings) -> dict[str, str] | None:
    """Return an officer, or somebody logged in, by id and name."""
    if officer_id is None:
        return None
    found = naming.actor(officer_id, house)
    return {"id": officer_id, "name": found.name if found else officer_id}


def named(session: Session, incident: Incident, house: Settings) -> dict[str, str]:
    """Return the names of all whom events, requests, decisions and signatures of an incident name, by id."""
    mine = Request.incident_id == incident.id
    of_decisions = select(Decision).join(Request, Decision.request_id == Request.id).where(mine).subquery()
    of_requests = select(Addressee).join(Request, Addressee.request_id == Request.id).where(mine).subquery()
    columns = (
        select(Event.actor).where(Event.incident_id == incident.id),
        select(of_requests.c.officer_id),
        select(of_requests.c.deputy_for),
        select(of_decisions.c.officer_id),
        select(of_decisions.c.deputy_for),
        select(Signature.author_id).join(of_decisions, Signature.decision_id == of_decisions.c.id),
    )
    ids = {officer_id for column in columns for officer_id in session.scalars(column.distinct()) if officer_id}
    found = {officer_id: naming.actor(officer_id, house) for officer_id in sorted(ids)}
    return {officer_id: one.name for officer_id, one in found.items() if one is not None}
