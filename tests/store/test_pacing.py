"""Turns of robots in a real database, taken at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from yingda.domain.pace import UNDER_WAY, Limit, Pace
from yingda.store import pacing
from yingda.store.models import RobotPace

PACE = Pace("wecom:one", (Limit(3, timedelta(minutes=1)),), timedelta(minutes=10))


def take(engine: Engine, now: datetime, pace: Pace = PACE) -> datetime | None:
    with Session(engine) as session, session.begin():
        return pacing.take_turn(session, pace, now=now)


def test_turns_are_counted_over_sessions_and_free_again_in_time(engine: Engine, NOW: datetime) -> None:
    later = NOW + timedelta(seconds=10)
    free = NOW + timedelta(minutes=1) + UNDER_WAY

    assert [take(engine, NOW), take(engine, later), take(engine, later)] == [None, None, None]
    assert take(engine, later) == free
    assert take(engine, free - timedelta(seconds=1)) == free, "asking took no turn"
    assert take(engine, free) is None
    assert take(engine, free) == later + timedelta(minutes=1) + UNDER_WAY


def test_robots_do_not_wait_for_one_another(engine: Engine, NOW: datetime) -> None:
    other = Pace("wecom:other", PACE.limits, PACE.pause)
    for _ in range(3):
        take(engine, NOW)

    assert take(engine, NOW) is not None
    assert take(engine, NOW, other) is None


def test_a_robot_that_is_held_waits_and_the_longer_of_two_holds_counts(engine: Engine, NOW: datetime) -> None:
    take(engine, NOW)
    with Session(engine) as session, session.begin():
        pacing.hold(session, PACE, until=NOW + timedelta(minutes=10))
        pacing.hold(session, PACE, until=NOW + timedelta(minutes=1))

    assert take(engine, NOW) == NOW + timedelta(minutes=10)
    assert take(engine, NOW + timedelta(minutes=10)) is None


def test_no_more_is_kept_than_a_limit_looks_at(engine: Engine, NOW: datetime) -> None:
    for minute in range(20):
        take(engine, NOW + timedelta(minutes=3 * minute))

    with Session(engine) as session:
        assert len(session.get_one(RobotPace, PACE.key).turns) == 3


def test_of_many_who_ask_at_once_only_as_many_get_a_turn_as_there_are(engine: Engine, NOW: datetime) -> None:
    start, got = threading.Barrier(12), []

    def ask() -> None:
        start.wait()
        got.append(take(engine, NOW))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(moment is None for moment in got) == [False] * 9 + [True] * 3
