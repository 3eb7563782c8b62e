"""What changed since a moment in the event chain: one indexed query however many incidents wait."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from yingda.store.models import ChainHead, Event, Incident


def head(session: Session) -> int:
    """Return the number of the latest event."""
    return session.scalars(select(ChainHead.event_id).where(ChainHead.id == 1)).one()


def since(session: Session, event_id: int, also: Collection[str] = ()) -> tuple[int, dict[str, int]]:
    """Return the latest event number, and the `seq` of incidents with newer events, and of those in `also`.

    Event numbers follow the order of commits (the chain's head is locked for it), so nothing is overlooked.
    """
    latest = head(session)
    changed = select(Event.incident_id).where(Event.id > event_id, Event.id <= latest)
    wanted: ColumnElement[bool] = Incident.id.in_(changed)
    if also:
        wanted = or_(wanted, Incident.number.in_(also))
    rows = session.execute(select(Incident.number, Incident.seq).where(wanted))
    return latest, {row.number: row.seq for row in rows}
