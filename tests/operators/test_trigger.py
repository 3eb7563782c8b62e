"""Waiting: woken by an event or at a moment, never too early, with one look a period for everybody."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent
from sqlalchemy import create_engine, event, select, text

from yingda import wiring
from yingda.operators import poller
from yingda.operators.poller import Poller
from yingda.operators.trigger import SETTLE, IncidentTrigger
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Incident


def happen(number: str) -> int:
    """Let something happen to an incident; return the event's number."""
    with wiring.transaction() as session:
        incident = session.scalars(select(Incident).where(Incident.number == number).with_for_update()).one()
        audit.record(session, incident, "noted", actor="system", at=wiring.utcnow())
        return incident.seq


def seq_of(number: str) -> int:
    with wiring.transaction() as session:
        return session.scalars(select(Incident.seq).where(Incident.number == number)).one()


async def fire(trigger: IncidentTrigger) -> tuple[dict[str, Any], float]:
    """Run a trigger to its one event; return that and how many seconds it took."""
    began = time.monotonic()
    events: list[TriggerEvent] = [one async for one in trigger.run()]
    [only] = events
    return only.payload, time.monotonic() - began


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def number(wired: Settings, open_incident: Callable[..., str]) -> str:
    return open_incident()


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the domain database meanwhile."""
    said: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        said.append(statement)

    event.listen(wiring.engine(), "before_cursor_execute", note)
    yield said
    event.remove(wiring.engine(), "before_cursor_execute", note)


def test_a_trigger_says_where_it_is_found_and_with_what() -> None:
    path, arguments = IncidentTrigger("YQCZBG-2026-001", 7, "2026-11-23T06:03:00+00:00").serialize()
    module, _, name = path.rpartition(".")

    assert (module, name) == (IncidentTrigger.__module__, "IncidentTrigger")
    assert IncidentTrigger(**arguments).serialize() == (path, arguments)


def test_it_fires_on_the_next_event_at_its_moment_and_never_before_the_task_has_settled(number: str) -> None:
    """Four triggers at once: an event to come, one that came already, a moment to come, one that is past."""
    seq = seq_of(number)

    async def all_of_them() -> list[tuple[dict[str, Any], float]]:
        waiting = asyncio.gather(
            fire(IncidentTrigger(number, seq, None)),
            fire(IncidentTrigger(number, seq - 1, None)),
            fire(IncidentTrigger(number, seq + 100, in_seconds(2.5))),
            fire(IncidentTrigger(number, seq + 100, in_seconds(-3600))),
        )
        await asyncio.sleep(2.2)
        await asyncio.to_thread(happen, number)
        return list(await waiting)

    coming, came, at_moment, past = asyncio.run(all_of_them())
    assert coming[0] == {"woken_by": "event", "seq": seq + 1}
    assert 2.2 <= coming[1] < 8
    assert came[0] == {"woken_by": "event", "seq": seq}
    assert at_moment[0] == past[0] == {"woken_by": "time"}
    assert 2.5 <= at_moment[1] < 8
    assert all(seconds >= SETTLE for _, seconds in (coming, came, at_moment, past))
    assert SETTLE >= 1


def test_two_hundred_who_wait_cost_what_one_does(
    number: str, open_incident: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "PERIOD", 0.2)
    seq = seq_of(number)

    async def wait(waiters: int) -> tuple[list[str], list[int]]:
        one = Poller()
        tasks = [asyncio.create_task(one.past(number, seq)) for _ in range(waiters)]
        await asyncio.sleep(0.3)
        with counted() as said:
            await asyncio.sleep(1.0)
            looks = list(said)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return looks, []

    alone, _ = asyncio.run(wait(1))
    many, _ = asyncio.run(wait(200))
    assert alone, "somebody looks"
    assert len(many) <= len(alone) + 4
    assert len(many) <= 6 * 4, "a handful of statements a period"


def test_everybody_who_waits_for_an_incident_is_woken_and_nobody_else(
    number: str, open_incident: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "PERIOD", 0.05)
    other = open_incident(title="另一件")
    seq, other_seq = seq_of(number), seq_of(other)

    async def wait() -> tuple[list[int], bool]:
        one = Poller()
        tasks = [asyncio.create_task(one.past(number, seq)) for _ in range(20)]
        elsewhere = asyncio.create_task(one.past(other, other_seq))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(happen, number)
        woken = await asyncio.wait_for(asyncio.gather(*tasks), 10)
        await asyncio.sleep(0.2)
        still = not elsewhere.done()
        elsewhere.cancel()
        return list(woken), still

    assert asyncio.run(wait()) == ([seq + 1] * 20, True)


def test_an_event_between_the_look_of_the_task_and_the_first_look_of_the_poller_is_not_overlooked(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "PERIOD", 0.05)
    seq = seq_of(number)

    async def wait() -> int:
        one = Poller()
        warm = asyncio.create_task(one.past(number, seq + 100))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(happen, number)
        await asyncio.sleep(0.3)
        late = await asyncio.wait_for(one.past(number, seq), 10)
        warm.cancel()
        return late

    assert asyncio.run(wait()) == seq + 1


def test_a_database_that_goes_away_is_asked_again_until_it_is_back(
    number: str, database_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "PERIOD", 0.05)
    seq = seq_of(number)
    name = wiring.engine().url.database
    server = create_engine(database_server, isolation_level="AUTOCOMMIT")

    def let_in(whether: bool) -> None:
        with server.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(whether).lower()}')
            if not whether:
                connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
                )

    async def wait() -> int:
        one = Poller()
        task = asyncio.create_task(one.past(number, seq))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(let_in, False)
        await asyncio.sleep(0.6)
        assert not task.done()
        await asyncio.to_thread(let_in, True)
        await asyncio.to_thread(happen, number)
        return await asyncio.wait_for(task, 20)

    try:
        assert asyncio.run(wait()) == seq + 1
    finally:
        let_in(True)
        server.dispose()


def test_looking_never_blocks_the_other_triggers_of_the_process(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def slow(last: int | None, fresh: set[str]) -> tuple[int, dict[str, int]]:
        threads.add(threading.get_ident())
        time.sleep(0.5)
        return 0, {}

    monkeypatch.setattr(poller, "_look", slow)

    async def wait() -> float:
        task = asyncio.create_task(Poller().past(number, 0))
        began = time.monotonic()
        for _ in range(10):
            await asyncio.sleep(0.01)
        took = time.monotonic() - began
        task.cancel()
        return took

    assert asyncio.run(wait()) < 0.4
    assert threading.get_ident() not in threads
