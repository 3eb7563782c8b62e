"""The event chain: what happened, numbered per incident, chained by hash over all, written with what it tells of.

`record` numbers an event at once; place and hash in the chain are given just before the commit, under the row
lock of the chain's head, so that the lock is held for the shortest time and the chain follows the order of commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event as sa_event
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from yingda.store.models import ChainHead, Event, Incident

GENESIS = "0" * 64
_PENDING = "yingda.audit.pending"


def record(session: Session, incident: Incident | None, kind: str, *, actor: str, at: datetime, **data: Any) -> None:
    """Note that something happened; it becomes an event with this transaction's commit.

    :param incident: held under its row lock, or None for what concerns no incident
    :param actor: an officer id, "system", or "account:<name>"
    :param at: UTC
    :param data: ids and facts, plain JSON values; no secrets
    """
    seq = None
    if incident is not None:
        incident.seq += 1
        seq = incident.seq
    session.info.setdefault(_PENDING, []).append((incident, seq, kind, actor, at.astimezone(UTC), data))


def digest(
    previous: str,
    event_id: int,
    incident_id: int | None,
    seq: int | None,
    at: datetime,
    kind: str,
    actor: str,
    data: dict[str, Any],
) -> str:
    """Return the hash of an event, hexadecimal SHA-256 over its content and the hash before it."""
    content = [previous, event_id, incident_id, seq, at.astimezone(UTC).isoformat(), kind, actor, data]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@sa_event.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    pending = session.info.pop(_PENDING, None)
    if not pending:
        return
    session.flush()
    locked = select(ChainHead).where(ChainHead.id == 1).with_for_update()
    head = session.scalars(locked.execution_options(populate_existing=True)).one()
    events = []
    for incident, seq, kind, actor, at, data in pending:
        event_id = head.event_id + 1
        incident_id = incident.id if incident is not None else None
        hashed = digest(head.hash, event_id, incident_id, seq, at, kind, actor, data)
        events.append(
            {
                "id": event_id,
                "incident_id": incident_id,
                "seq": seq,
                "at": at,
                "kind": kind,
                "actor": actor,
                "data": data,
                "previous_hash": head.hash,
                "hash": hashed,
            }
        )
        head.event_id, head.hash = event_id, hashed
    # All at once: of a table of 50,000 hazards the head is held for seconds, not for a minute.
    session.execute(insert(Event), events)


@sa_event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: object) -> None:
    session.info.pop(_PENDING, None)


CHAINED = (
    Event.id,
    Event.incident_id,
    Event.seq,
    Event.at,
    Event.kind,
    Event.actor,
    Event.data,
    Event.previous_hash,
    Event.hash,
)
"""What of an event its hash covers, and the hashes: all that is needed to check a piece of the chain."""


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold."""

    event_id: int
    why: str


def breaks(session: Session, batch: int = 1000) -> Iterator[Break]:
    """Walk the whole chain and yield every place where it does not hold; nothing yielded means it is whole.

    The session must see one moment throughout (`wiring.reading`), or what is being written now looks like a break.
    """
    previous, expected = GENESIS, 1
    last_seq: dict[int, int] = {}
    rows = session.execute(select(*CHAINED).order_by(Event.id).execution_options(yield_per=batch))
    for row in rows:
        if row.id != expected:
            yield Break(expected, f"missing: the next event is {row.id}")
        if row.previous_hash != previous:
            yield Break(row.id, "does not follow the event before it")
        if row.hash != digest(
            row.previous_hash, row.id, row.incident_id, row.seq, row.at, row.kind, row.actor, row.data
        ):
            yield Break(row.id, "its content does not match its hash")
        if row.incident_id is not None:
            if row.seq != last_seq.get(row.incident_id, 0) + 1:
                yield Break(row.id, f"number {row.seq} in its incident comes after {last_seq.get(row.incident_id, 0)}")
            last_seq[row.incident_id] = row.seq
        previous, expected = row.hash, row.id + 1
    for incident_id, number, seq in session.execute(select(Incident.id, Incident.number, Incident.seq)):
        if last_seq.get(incident_id, 0) != seq:
            yield Break(expected - 1, f"{number} had {seq} events; the last here is {last_seq.get(incident_id, 0)}")
    head = session.get_one(ChainHead, 1)
    if (head.event_id, head.hash) != (expected - 1, previous):
        yield Break(head.event_id, "the head of the chain names another last event")


def length(session: Session) -> int:
    """Return how many events there are."""
    return session.get_one(ChainHead, 1).event_id
