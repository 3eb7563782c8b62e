"""A morning told again from the events is the morning as it was compiled, whatever people did before and after."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from yingda.domain.errors import YingdaError
from yingda.domain.register_lines import HAZARD, INCIDENT
from yingda.services import register_lines
from yingda.settings import Settings
from yingda.store.models import RegisterDay, RegisterLine

from .moves.machine import AnyMoves
from .test_hazards import NEEDS, do, report

STORIES = int(os.environ.get("YINGDA_MOVES") or 6)
SEED = int(os.environ.get("YINGDA_MOVES_SEED") or 20261124)
A_BIT = timedelta(microseconds=1)
SOMEDAY = date(2000, 1, 3)


def lines(session: Session, moment: datetime | None) -> dict[tuple[str, str], Any]:
    """Return the lines as they stand now, or as the events tell of a moment; nothing is kept."""
    day = RegisterDay(day=SOMEDAY, compiled_at=datetime.now().astimezone(), as_of=datetime.now().astimezone(), data={})
    day.rebuilt, day.working = moment is not None, True
    session.add(day)
    session.flush()
    if moment is None:
        register_lines.write_now(session, SOMEDAY)
    else:
        register_lines.write_past(session, SOMEDAY, moment)
    mine = select(RegisterLine).where(RegisterLine.day == SOMEDAY)
    found = session.scalars(mine.order_by(RegisterLine.kind, RegisterLine.place))
    told = {(line.kind, line.key): (line.place, line.data) for line in found}
    session.rollback()
    return told


class Watched(AnyMoves):
    """Any moves, with the register of some moments kept to be told again at the end of the story."""

    def __init__(self, engine: Engine, house: Settings) -> None:
        super().__init__(engine, house)
        self.seen: dict[datetime, dict[tuple[str, str], Any]] = {}
        step = self.world.step

        def watched(words: str, do: Any) -> Any:
            outcome = step(words, do)
            with Session(engine) as session:
                # What happens later at the very same moment belongs to it, and is seen in its place.
                self.seen[self.world.now] = lines(session, None)
            return outcome

        self.world.step = watched  # type: ignore[method-assign]

    def teardown(self) -> None:
        moments = sorted(self.seen)
        for moment in random.Random(SEED).sample(moments, min(len(moments), 12)):
            with Session(self.world.engine) as session:
                again = lines(session, moment + A_BIT)
            stood = self.seen[moment]
            told = {key: _known(line, line["unknown"]) for key, (_, line) in again.items()}
            wanted = {
                key: _known(line, again[key][1]["unknown"] if key in again else ()) for key, (_, line) in stood.items()
            }
            COMPARED.extend(bool(line["unknown"]) for _, line in again.values())
            if told != wanted or [again[key][0] for key in stood] != [place for place, _ in stood.values()]:
                parts = [
                    f"{key}\n  {told.get(key)}\n  {wanted.get(key)}"
                    for key in wanted | told
                    if told.get(key) != wanted.get(key)
                ]
                pytest.fail("\n".join([f"at {moment}", *parts, *self.world.story]), pytrace=False)
        super().teardown()


COMPARED: list[bool] = []


def _known(line: dict[str, Any], unknown: Any) -> dict[str, Any]:
    """Leave out what the later line says it cannot know."""
    return {name: value for name, value in line.items() if name not in {*unknown, "unknown"}}


@pytest.fixture
def utc_engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url, connect_args={"options": "-c TimeZone=UTC"})
    yield made
    made.dispose()


@pytest.mark.timeout(0 if STORIES > 6 else 600)
def test_incidents_are_told_again_as_they_stood_whatever_anybody_did(utc_engine: Engine, house: Settings) -> None:
    COMPARED.clear()

    @seed(SEED)
    def a_story() -> AnyMoves:
        return Watched(utc_engine, house)

    run_state_machine_as_test(
        a_story,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Enough to mean something; how many moments a story comes by is its own, and 10 each was seen to be the edge.
    assert len(COMPARED) >= 5 * STORIES
    # What is marked as not known is the exception, or the mark would hide everything.
    assert sum(COMPARED) * 4 < len(COMPARED)


MOVES = st.lists(
    st.tuples(st.sampled_from(["report", *NEEDS]), st.integers(0, 5), st.integers(0, 90)), min_size=1, max_size=14
)


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(moves=MOVES)
def test_hazards_are_told_again_as_they_stood(office: Any, moves: list[tuple[str, int, int]]) -> None:
    seen: dict[datetime, Any] = {}
    known: list[int] = []
    for number, (what, which, hours) in enumerate(moves):
        office.later(hours=hours, seconds=1)
        if what == "report" or not known:
            due = None if which == 5 else f"2026-12-{which + 1:02}"
            known.append(report(office, content=f"隐患 {number} {office.now.isoformat()} = + - @", due=due or ""))
        else:
            try:
                do(office, known[which % len(known)], what)
            except YingdaError:
                continue
        with office.transaction() as session:
            seen[office.now] = lines(session, None)
    for moment, stood in seen.items():
        with office.transaction() as session:
            again = lines(session, moment + A_BIT)
        assert {key: one for key, one in again.items() if key[0] == HAZARD} == {
            key: one for key, one in stood.items() if key[0] == HAZARD
        }
        assert {key[1] for key in again if key[0] == INCIDENT} == {key[1] for key in stood if key[0] == INCIDENT}
