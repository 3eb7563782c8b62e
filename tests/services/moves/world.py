"""A world of one office: the real services on a real database, moves that may crash, and a story of what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import yaml
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from yingda.domain.errors import YingdaError
from yingda.domain.policy import Policy
from yingda.domain.roster import Roster
from yingda.services.publishing import Sending
from yingda.settings import CONFIG, Settings

from . import laws, picture
from .picture import Picture


class Crash(Exception):
    """The process dies after the service returned and before the commit."""


@dataclass(frozen=True)
class Outcome:
    """What became of a move: done with a result, refused with a reason, or lost in a crash."""

    result: Any = None
    refused: YingdaError | None = None
    crashed: bool = False

    @property
    def done(self) -> bool:
        return self.refused is None and not self.crashed


@dataclass
class World:
    """Everything a move may touch. Time only goes forward."""

    engine: Engine
    house: Settings
    now: datetime
    story: list[str] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    looks: list[tuple[str, int]] = field(default_factory=list)
    answers: list[tuple[Any, dict[str, Any], int]] = field(default_factory=list)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    triggers: int = 0
    record: laws.Record = field(default_factory=laws.Record)
    moved: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.first_house = self.house
        self.policy = yaml.safe_load((CONFIG / "policy.yaml").read_text("utf-8"))
        with self.engine.begin() as connection:
            picture.empty(connection)
        self.picture = self.look()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at its end."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def look(self) -> Picture:
        """Read everything as it stands."""
        with self.engine.connect() as connection:
            return picture.take(connection)

    def move(self, words: str, do: Callable[[Session], Any], *, crash: bool = False) -> Outcome:
        """Do something in one transaction, then check that every law still holds."""

        def at_once() -> Any:
            with self.transaction() as session:
                result = do(session)
                if crash:
                    session.flush()
                    raise Crash
                return result

        return self.step(words, at_once)

    def step(self, words: str, do: Callable[[], Any]) -> Outcome:
        """Do something that sees to its own transactions, then check that every law still holds."""
        told = f"{self.now.isoformat(timespec='seconds')} {words if len(words) <= 400 else words[:400] + '…'}"
        self.story.append(told)
        try:
            outcome = Outcome(result=do())
        except Crash:
            outcome = Outcome(crashed=True)
        except YingdaError as refused:
            outcome = Outcome(refused=refused)
        except Exception as broken:
            self.story[-1] = f"{told} → {type(broken).__name__}: {str(broken)[:400]}"
            raise
        what = "crashed" if outcome.crashed else f"refused: {outcome.refused!r}" if outcome.refused else "done"
        self.story[-1] = f"{told} → {what}"
        then, self.picture = self.picture, self.look()
        if not outcome.done and next(then.differences(self.picture), None) is not None:
            raise laws.Broken("what was refused or lost changed something", list(then.differences(self.picture)))
        since = self.record.event_id
        laws.check(then, self.picture, self.house, self.now, self.record)
        self.moved = {row["incident_id"] for row in self.picture.all("event") if row["id"] > since}
        return outcome

    def probe(self, do: Callable[[Session], Any]) -> Any:
        """Do something and take it all back."""
        with Session(self.engine, expire_on_commit=False) as session:
            result = do(session)
            session.rollback()
            return result

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def change_roster(self, change: Callable[[dict[str, Any]], None]) -> bool:
        """Change the roster as plain data; False where it does not hold together, and nothing is changed."""
        plain = self.house.roster.model_dump(mode="json")
        change(plain)
        try:
            roster = Roster.model_validate(plain)
        except ValueError:
            return False
        self.house = replace(self.house, roster=roster)
        return True

    def change_policy(self, changes: dict[str, Any]) -> None:
        """Lay changes over the shipped policy, as YINGDA_POLICY does."""
        self.house = replace(self.house, policy=Policy.model_validate(_laid_over(self.policy, changes)))


def _laid_over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}
    return above
