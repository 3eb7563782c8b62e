"""Messages owed: once each, to one courier at a time, the gravest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from yingda.domain.life import SendState
from yingda.domain.severity import Severity
from yingda.store import outbox
from yingda.store.models import Incident, OutboxMessage

LEASE = timedelta(seconds=90)


@pytest.fixture
def owe(session: Session, NOW: datetime) -> Callable[..., bool]:
    def owed(key: str, incident: Incident | None = None, at: datetime = NOW, **more: Any) -> bool:
        written = outbox.owe(
            session,
            incident,
            key=key,
            template="notice",
            officer_id="ding_yifan",
            at=at,
            domain="example.org",
            about="not_seen_live",
            **more,
        )
        session.commit()
        return written

    return owed


def an_incident(session: Session, NOW: datetime, severity: str) -> Incident:
    from yingda.domain.life import Stage

    incident = Incident(
        number=f"YQCZBG-2026-{severity}",
        title=severity,
        summary="",
        severity=Severity(severity),
        urgent=False,
        drill=False,
        stage=Stage.CLOSED,
        opened_at=NOW,
    )
    session.add(incident)
    session.commit()
    return incident


def keys(messages: Any) -> list[str]:
    return [message.key for message in messages]


def claim(session: Session, at: datetime, limit: int = 50, **more: Any) -> tuple[str, list[OutboxMessage]]:
    lease, messages = outbox.claim(session, now=at, lease_for=LEASE, limit=limit, **more)
    session.commit()
    return lease, list(messages)


def test_the_same_message_owed_twice_is_one(session: Session, owe: Callable[..., bool]) -> None:
    assert [owe("a"), owe("a"), owe("b")] == [True, False, True]

    messages = session.scalars(select(OutboxMessage).order_by(OutboxMessage.key)).all()
    assert keys(messages) == ["a", "b"]
    assert messages[0].message_id != messages[1].message_id
    assert all(message.message_id.endswith("@example.org>") for message in messages)


def test_two_couriers_at_once_never_hold_one_message(engine: Engine, owe: Callable[..., bool], NOW: datetime) -> None:
    for number in range(10):
        owe(f"m{number}")

    with Session(engine) as one, Session(engine) as two:
        _, first = outbox.claim(one, now=NOW, lease_for=LEASE, limit=6)
        _, second = outbox.claim(two, now=NOW, lease_for=LEASE, limit=6)
        assert len(first) == 6
        assert len(second) == 4
        assert not set(keys(first)) & set(keys(second))
        one.commit()
        two.commit()
        assert claim(one, NOW)[1] == []


def test_no_more_is_taken_than_asked_for_whatever_plan_the_database_makes(
    engine: Engine, owe: Callable[..., bool], NOW: datetime
) -> None:
    for number in range(10):
        owe(f"m{number}")

    with Session(engine) as session:
        # What PostgreSQL may choose by itself once it has counted the table: to ask anew for each row which are due.
        for kind in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "bitmapscan", "indexscan"):
            session.execute(text(f"SET LOCAL enable_{kind} = off"))
        _, taken = outbox.claim(session, now=NOW, lease_for=LEASE, limit=6)
        assert keys(taken) == [f"m{number}" for number in range(6)]


def test_a_lease_that_ran_out_is_due_again_with_the_same_message_id(
    session: Session, owe: Callable[..., bool], NOW: datetime
) -> None:
    owe("a")
    dead, [message] = claim(session, NOW)
    message_id = message.message_id

    assert claim(session, NOW + LEASE - timedelta(seconds=1))[1] == []
    alive, [again] = claim(session, NOW + LEASE)
    assert (again.message_id, again.attempts) == (message_id, 2)
    assert not outbox.mark_sent(session, again.id, dead, now=NOW)
    outbox.mark_failed(session, again.id, dead, problem="late", again_at=None)
    assert outbox.mark_sent(session, again.id, alive, now=NOW)
    session.commit()
    session.refresh(again)
    assert (again.state, again.problem, again.lease) == (SendState.SENT, None, None)


def test_the_gravest_goes_first_and_then_the_oldest(session: Session, owe: Callable[..., bool], NOW: datetime) -> None:
    general, major, critical = (an_incident(session, NOW, severity) for severity in ("general", "major", "critical"))
    owe("digest")
    owe("general", general)
    owe("major", major)
    owe("critical 1", critical)
    owe("critical 2", critical)

    assert keys(claim(session, NOW, limit=3)[1]) == ["critical 1", "critical 2", "major"]
    assert keys(claim(session, NOW)[1]) == ["general", "digest"]


def test_what_is_not_due_yet_is_left(session: Session, owe: Callable[..., bool], NOW: datetime) -> None:
    owe("later", at=NOW + timedelta(seconds=1))

    assert claim(session, NOW)[1] == []
    assert keys(claim(session, NOW + timedelta(seconds=1))[1]) == ["later"]


def test_a_courier_of_one_incident_leaves_the_others_alone(
    session: Session, owe: Callable[..., bool], NOW: datetime
) -> None:
    mine, other = an_incident(session, NOW, "general"), an_incident(session, NOW, "major")
    owe("mine", mine)
    owe("other", other)
    owe("nobody's")

    assert keys(claim(session, NOW, incident_id=mine.id)[1]) == ["mine"]


def test_a_failure_is_tried_again_at_its_time_and_a_dead_letter_never(
    session: Session, owe: Callable[..., bool], NOW: datetime
) -> None:
    incident = an_incident(session, NOW, "general")
    owe("a", incident)
    lease, [message] = claim(session, NOW)
    outbox.mark_failed(session, message.id, lease, problem="p" * 5000, again_at=NOW + timedelta(minutes=2))
    session.commit()
    session.refresh(message)
    assert len(message.problem or "") == 2000
    assert outbox.next_due(session, incident.id) == NOW + timedelta(minutes=2)
    assert claim(session, NOW + timedelta(seconds=119))[1] == []

    lease, [message] = claim(session, NOW + timedelta(minutes=2))
    outbox.mark_failed(session, message.id, lease, problem="no such person", again_at=None)
    session.commit()
    session.refresh(message)
    assert message.state is SendState.DEAD
    assert outbox.next_due(session, incident.id) is None
    assert claim(session, NOW + timedelta(days=365))[1] == []
