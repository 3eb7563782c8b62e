"""The event chain: numbered per incident, chained over all, and telling of every tampering."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from yingda.store import audit, changes
from yingda.store.models import Event, Incident


def note(engine: Engine, number: str | None, at: datetime, kind: str = "noted", **data: Any) -> None:
    with Session(engine) as session, session.begin():
        incident = None
        if number is not None:
            incident = session.scalars(select(Incident).where(Incident.number == number).with_for_update()).one()
        audit.record(session, incident, kind, actor="system", at=at, **data)


def tampered(engine: Engine, statement: str, **values: int) -> list[int]:
    """Do what somebody with the database owner's power could do, tell where the chain breaks, and take it back."""
    with Session(engine) as session:
        session.execute(text("ALTER TABLE event DISABLE TRIGGER USER"))
        session.execute(text(statement), values)
        found = [one.event_id for one in audit.breaks(session)]
        session.rollback()
    return found


def broken_at(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return [one.event_id for one in audit.breaks(session, batch=3)]


@pytest.fixture
def chain(engine: Engine, open_incident: Callable[..., str], NOW: datetime) -> Engine:
    """A chain of ten events and more, over two incidents and none."""
    one, two = open_incident(), open_incident(title="石桥菜场积水", unit="shiqiao")
    for _ in range(3):
        note(engine, one, NOW, words="一", nothing=None, list=[1, {"二": True}])
        note(engine, two, NOW + timedelta(microseconds=7))
        note(engine, None, NOW)
    return engine


def test_events_are_numbered_without_gap_over_all_and_in_each_incident(chain: Engine) -> None:
    with Session(chain) as session:
        events = session.scalars(select(Event).order_by(Event.id)).all()
        head = changes.head(session)
        seqs = {incident.id: incident.seq for incident in session.scalars(select(Incident))}

    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert head == len(events)
    for incident_id, seq in seqs.items():
        assert [event.seq for event in events if event.incident_id == incident_id] == list(range(1, seq + 1))
    assert {event.seq for event in events if event.incident_id is None} == {None}
    assert [event.previous_hash for event in events] == [audit.GENESIS, *(event.hash for event in events[:-1])]


def test_a_chain_that_nobody_touched_is_whole(chain: Engine) -> None:
    assert broken_at(chain) == []


def test_one_changed_row_is_found_whatever_was_changed(chain: Engine) -> None:
    with Session(chain) as session:
        victims = session.scalars(select(Event.id).where(Event.kind == "noted").order_by(Event.id)).all()
    for statement in (
        "UPDATE event SET data = jsonb_set(data, '{words}', '\"二\"') WHERE id = :id",
        "UPDATE event SET actor = 'han_yue' WHERE id = :id",
        "UPDATE event SET kind = 'published' WHERE id = :id",
        "UPDATE event SET at = at + interval '1 microsecond' WHERE id = :id",
        "UPDATE event SET incident_id = NULL, seq = NULL WHERE id = :id",
        "UPDATE event SET seq = 1000 WHERE id = :id",
        "UPDATE event SET hash = repeat('a', 64) WHERE id = :id",
        "UPDATE event SET previous_hash = repeat('a', 64) WHERE id = :id",
    ):
        assert victims[0] in tampered(chain, statement, id=victims[0]), statement


def test_a_row_taken_away_is_found_wherever_it_stood(chain: Engine) -> None:
    with Session(chain) as session:
        last = audit.length(session)
    for event_id in (1, 5, last):
        assert event_id in tampered(chain, "DELETE FROM event WHERE id = :id", id=event_id)


def test_a_row_put_in_between_is_found(chain: Engine) -> None:
    copy = (
        "INSERT INTO event SELECT id + 100, NULL, NULL, at, kind, actor, data, previous_hash, hash FROM event"
        " WHERE id = (SELECT max(id) FROM event)"
    )

    assert tampered(chain, copy)


def test_a_rollback_leaves_no_hole(engine: Engine, open_incident: Callable[..., str], NOW: datetime) -> None:
    number = open_incident()
    with Session(engine) as session:
        incident = session.scalars(select(Incident).where(Incident.number == number).with_for_update()).one()
        seq = incident.seq
        audit.record(session, incident, "never_happened", actor="system", at=NOW)
        session.flush()
        session.rollback()
        incident = session.scalars(select(Incident).where(Incident.number == number).with_for_update()).one()
        audit.record(session, incident, "happened", actor="system", at=NOW)
        session.commit()
        events = session.scalars(select(Event).where(Event.incident_id == incident.id).order_by(Event.id)).all()

    assert (events[-1].kind, events[-1].seq) == ("happened", seq + 1)
    assert "never_happened" not in {event.kind for event in events}
    assert broken_at(engine) == []


def test_a_transaction_that_fails_at_its_end_leaves_no_hole(
    engine: Engine, open_incident: Callable[..., str], NOW: datetime
) -> None:
    number = open_incident()
    with Session(engine) as session:
        before = audit.length(session)

    def fail() -> None:
        with Session(engine) as session, session.begin():
            incident = session.scalars(select(Incident).where(Incident.number == number).with_for_update()).one()
            audit.record(session, incident, "noted", actor="system", at=NOW)
            raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        fail()
    with Session(engine) as session:
        assert audit.length(session) == before
    note(engine, number, NOW)
    assert broken_at(engine) == []


def test_writers_at_once_make_one_chain(engine: Engine, open_incident: Callable[..., str], NOW: datetime) -> None:
    numbers = [open_incident(), open_incident(title="石桥菜场积水", unit="shiqiao"), None]
    with Session(engine) as session:
        before = audit.length(session)
    problems: list[BaseException] = []

    def write(number: str | None) -> None:
        try:
            for _ in range(20):
                note(engine, number, NOW)
        except BaseException as problem:
            problems.append(problem)

    writers = [threading.Thread(target=write, args=(number,)) for number in numbers * 2]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    assert problems == []
    with Session(engine) as session:
        assert audit.length(session) == before + 120
    assert broken_at(engine) == []


def test_a_session_that_saw_the_chain_before_others_wrote_still_writes_at_its_end(
    engine: Engine, open_incident: Callable[..., str], NOW: datetime
) -> None:
    number = open_incident()
    with Session(engine, expire_on_commit=False) as session:
        from yingda.store.models import ChainHead

        seen = session.get_one(ChainHead, 1)
        stale = seen.event_id
        session.commit()
        note(engine, number, NOW)
        audit.record(session, None, "noted", actor="system", at=NOW)
        session.commit()
        assert seen.event_id == stale + 2

    assert broken_at(engine) == []


def test_what_changed_since_a_moment_is_told_with_the_incident_s_number(
    engine: Engine, open_incident: Callable[..., str], NOW: datetime
) -> None:
    one, two = open_incident(), open_incident(title="石桥菜场积水", unit="shiqiao")
    with Session(engine) as session:
        start = changes.head(session)
        seqs = {incident.number: incident.seq for incident in session.scalars(select(Incident))}
        assert changes.since(session, start) == (start, {})
        assert changes.since(session, start, {two}) == (start, {two: seqs[two]})
    note(engine, one, NOW)
    note(engine, None, NOW)
    with Session(engine) as session:
        assert changes.since(session, start) == (start + 2, {one: seqs[one] + 1})


def test_the_database_refuses_a_commit_whose_events_were_lost(
    session: Session, open_incident: Callable[..., str]
) -> None:
    number = open_incident()
    incident = session.scalars(select(Incident).where(Incident.number == number)).one()
    audit.record(session, incident, "reopened", actor="system", at=datetime.now(UTC))
    session.info.clear()

    with pytest.raises(IntegrityError, match="was not written"):
        session.commit()
