"""A story: a world, the calls that made it what it is, and what is looked at after every move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from yingda.services import escalating, moving
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store import audit

from . import laws, picture
from .laws import Broken
from .world import World

NOW = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)

T = TypeVar("T")
Throw = Callable[[Random], Any]
"""How one argument of a move comes about."""


def between(least: int, most: int) -> Throw:
    return lambda dice: dice.randint(least, most)


def either(*several: object) -> Throw:
    return lambda dice: dice.choice(several)


pick = between(0, 999)
few = between(0, 3)
sometimes = either(*[False] * 9, True)


def one_of(several: Sequence[T], which: int) -> T:
    return several[which % len(several)]


def move(**given: Throw) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a method a move, with what it is given each time: something that a mood may pick."""

    def mark(do: Callable[..., None]) -> Callable[..., None]:
        do.given = given  # type: ignore[attr-defined]
        return do

    return mark


class Story(RuleBasedStateMachine):
    """An office from its first lead on; the moves are those of the classes below this one."""

    def __init__(self, engine: Engine, house: Settings) -> None:
        super().__init__()
        self.world = World(engine, house, NOW)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def play(self, name: str, given: dict[str, Any]) -> None:
        """Make one move, and note it, so that the story can be played again without parts of it."""
        self.calls.append((name, given))
        getattr(self, name)(**given)

    def teardown(self) -> None:
        """Walk the whole chain with the code that `audit/verify` uses."""
        with self.world.transaction() as session:
            broken = list(audit.breaks(session))
        if broken:
            raise Broken("the chain holds", broken)

    def any_number(self, which: int, stage: str | None = None) -> str:
        """The number of one of the incidents; of those at a stage, if there are any, three times out of four."""
        there = [row for row in self.world.picture.incidents if row["stage"] == stage]
        return str(one_of(there if there and which % 4 else self.world.picture.incidents, which // 4)["number"])

    def attend(self, number: str, *, crash: bool = False) -> None:
        """Attend to an incident, as every task does first and last."""
        world = self.world
        outcome = world.move(
            f"attend {number}",
            lambda session: escalating.attend(take(session, number, world.house, world.now)),
            crash=crash,
        )
        if outcome.refused:
            raise Broken("every incident can be attended to", repr(outcome.refused), number)

    def nothing_left_to_advance(self) -> None:
        """Whoever moves an incident moves it as far as it goes: another `advance` finds nothing to do."""
        world = self.world
        moved = [row for row in world.picture.incidents if row["id"] in world.moved]

        def again(session: Session) -> tuple[str, list[Any]] | None:
            for incident in moved:
                moving.advance(take(session, incident["number"], world.house, world.now))
                found = list(world.picture.differences(picture.take(session)))
                if found:
                    return incident["number"], found
            return None

        left = world.probe(again)
        if left is not None:
            raise Broken("a move leaves nothing to advance", *left)

    def at_rest(self, *, everything: bool = False) -> None:
        """Attend to what the move was about, in a transaction that is taken back: what is owed is asked for, doing it
        again changes nothing, and whatever it changed, follow_up would have seen to as well.

        :param everything: attend to all incidents, for when time passed or the office changed
        """
        world = self.world
        attended = [row for row in world.picture.incidents if everything or row["id"] in world.moved]
        if not attended:
            return

        def attend(session: Session) -> tuple[list[str], picture.Picture, picture.Picture]:
            seen_to = escalating.to_attend(session)
            for incident in attended:
                escalating.attend(take(session, incident["number"], world.house, world.now))
            first = picture.take(session)
            for incident in attended:
                escalating.attend(take(session, incident["number"], world.house, world.now))
            return seen_to, first, picture.take(session)

        seen_to, first, second = world.probe(attend)
        if next(first.differences(second), None) is not None:
            raise Broken("attending twice at one moment changes nothing", list(first.differences(second)))
        for table, was, now in world.picture.differences(first):
            mine = first.incident_of(table, now) if now is not None else None
            if mine is not None and first.get("incident", mine)["number"] not in seen_to:
                raise Broken("follow_up looks after whatever is due", table, was, now)
        laws.check_rest(first, world.house, world.now, [row["id"] for row in attended])
