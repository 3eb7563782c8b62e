"""Any moves: random people do random things, legal or not, at random times, and the promises of design.md hold.

`make test` plays a few dozen stories, the same ones every time, in parts that may run side by side. YINGDA_MOVES=1000
plays that many new ones in each of four parts; the seed is printed, and YINGDA_MOVES_SEED plays them again. A story
that breaks a law is told in full, shortened first.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine, create_engine

from yingda.settings import Settings

from .moves import retelling
from .moves.machine import AnyMoves

LONG = int(os.environ.get("YINGDA_MOVES") or 0)
SEED = int(os.environ.get("YINGDA_MOVES_SEED") or (secrets.randbelow(2**32) if LONG else 20261123))
PARTS = 4
SHORTENING = 120.0
"""For how many seconds a story is shortened."""


@pytest.fixture
def utc_engine(database_url: str) -> Iterator[Engine]:
    """An engine whose sessions write every moment in UTC."""
    made = create_engine(database_url, connect_args={"options": "-c TimeZone=UTC"})
    yield made
    made.dispose()


@pytest.mark.timeout(0 if LONG else 600)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_anybody_does_at_any_time_every_promise_holds(utc_engine: Engine, house: Settings, part: int) -> None:
    stories: list[AnyMoves] = []

    def make() -> AnyMoves:
        return AnyMoves(utc_engine, house)

    @seed(SEED + part)
    def a_story() -> AnyMoves:
        stories.append(make())
        return stories[-1]

    broken: Exception | None = None
    try:
        run_state_machine_as_test(
            a_story,
            settings=settings(
                max_examples=LONG or 7,
                stateful_step_count=40,
                deadline=None,
                database=None,
                # We shorten better ourselves: a step left out is a call left out.
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception as found:
        broken = found
    if broken is None:
        print(f"YINGDA_MOVES_SEED={SEED}, part {part}: {len(stories)} stories")
        return
    number = len(stories)
    calls = retelling.shortest(make, stories[-1].calls, broken, SHORTENING)
    last, again = retelling.play(make, calls)
    told = [
        f"YINGDA_MOVES_SEED={SEED}, part {part}, story {number}",
        *last.world.story,
        retelling.described(again or broken),
    ]
    pytest.fail("\n".join([*told, f"calls = {calls}"]), pytrace=False)
