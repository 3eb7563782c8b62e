"""Messages owed: written in the transaction that tells of them, claimed under a lease, marked when taken.

A message is sent at least once, with the same Message-ID each time, so that a mail client folds a duplicate.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.life import SendState
from yingda.domain.severity import Severity
from yingda.store.models import Incident, OutboxMessage

_PRIORITY = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.GENERAL: 2}


def owe(
    session: Session,
    incident: Incident | None,
    *,
    key: str,
    template: str,
    at: datetime,
    domain: str,
    officer_id: str | None = None,
    robot: str | None = None,
    request_id: int | None = None,
    **values: Any,
) -> bool:
    """Write a message to an officer, or to a robot's group, once by `key`; True if it is new.

    :param domain: right side of the Message-ID, the office's mail domain
    """
    row = {
        "key": key,
        "incident_id": incident.id if incident else None,
        "request_id": request_id,
        "template": template,
        "officer_id": officer_id,
        "robot": robot,
        "values": values,
        "message_id": f"<{secrets.token_hex(16)}@{domain}>",
        "priority": _PRIORITY[incident.severity] if incident else 3,
        "state": SendState.PENDING,
        "attempts": 0,
        "next_at": at,
        "created_at": at,
    }
    written = session.execute(insert(OutboxMessage).values(**row).on_conflict_do_nothing(index_elements=["key"]))
    return bool(written.rowcount == 1)  # type: ignore[attr-defined]


def void_for_request(session: Session, request_id: int) -> None:
    """Take back what was not sent yet about a request that is not open any more."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.request_id == request_id, OutboxMessage.state == SendState.PENDING)
        .where(OutboxMessage.lease.is_(None))
        .values(state=SendState.VOID)
    )


def claim(
    session: Session,
    *,
    now: datetime,
    lease_for: timedelta,
    limit: int,
    incident_id: int | None = None,
    by_robot: bool = False,
) -> tuple[str, Sequence[OutboxMessage]]:
    """Take messages that are due under a lease; the gravest first, then the oldest.

    A lease that ran out (its holder died) is simply due again. Commit before sending.

    :param by_robot: those that go by robot, and not those that go by mail
    """
    lease = secrets.token_hex(16)
    due = select(OutboxMessage.id).where(OutboxMessage.state == SendState.PENDING, OutboxMessage.next_at <= now)
    due = due.where(OutboxMessage.robot.is_not(None) if by_robot else OutboxMessage.robot.is_(None))
    if incident_id is not None:
        due = due.where(OutboxMessage.incident_id == incident_id)
    due = due.order_by(OutboxMessage.priority, OutboxMessage.id).limit(limit).with_for_update(skip_locked=True)
    # Asked once, beforehand: a mere subquery PostgreSQL may ask anew for each row, so that more than `limit` is taken.
    taken = due.cte("due").prefix_with("MATERIALIZED")
    claimed = session.scalars(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(select(taken.c.id)))
        .values(lease=lease, next_at=now + lease_for, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage)
    ).all()
    return lease, sorted(claimed, key=lambda message: (message.priority, message.id))


def mark_sent(session: Session, message_id: int, lease: str, *, now: datetime) -> bool:
    """Note that the server took it; False if the lease was lost meanwhile (somebody else sends it, too)."""
    done = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.lease == lease)
        .values(state=SendState.SENT, sent_at=now, lease=None, problem=None)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def mark_failed(session: Session, message_id: int, lease: str, *, problem: str, again_at: datetime | None) -> None:
    """Note a failure; `again_at` None makes it a dead letter."""
    values: dict[str, Any] = {"lease": None, "problem": problem[:2000]}
    if again_at is None:
        values["state"] = SendState.DEAD
    else:
        values["next_at"] = again_at
    session.execute(
        update(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.lease == lease).values(**values)
    )


def put_off(session: Session, message_id: int, lease: str, *, until: datetime) -> None:
    """Let a message wait for a moment without having been tried; it costs no attempt."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.lease == lease)
        .values(lease=None, next_at=until, attempts=OutboxMessage.attempts - 1)
    )


def next_due(session: Session, incident_id: int) -> datetime | None:
    """Return when the next message of an incident is due (UTC), None if none is owed."""
    return session.scalar(
        select(func.min(OutboxMessage.next_at)).where(
            OutboxMessage.incident_id == incident_id, OutboxMessage.state == SendState.PENDING
        )
    )
