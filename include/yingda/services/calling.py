"""Calling: what is owed to groups goes out by robot, under the same leases as mail, at the pace each robot is allowed.

Row → lease (committed) → turn (committed) → said → marked. No transaction is open while a robot speaks; nothing sleeps:
what must wait for its turn is put off to that moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from yingda.domain.errors import SettingsError, YingdaError
from yingda.services.alerting import post_of
from yingda.services.case import id_of
from yingda.settings import Settings
from yingda.store import outbox, pacing
from yingda.store.models import OutboxMessage
from yingda.transports.chat import Post, Robot
from yingda.transports.errors import TransportError
from yingda.transports.pace import TooFast

LEASE = timedelta(seconds=120)
BATCH = 4
"""So few that their lease outlives them all, each waiting as long as `Web` lets it."""
PATIENCE = 30.0
"""Seconds after which no further batch is begun: robots that are slow hold nobody up; what is left is due still."""

Transaction = Callable[[], AbstractContextManager[Session]]
RobotOf = Callable[[str], Robot]


def no_robot(robot_id: str) -> Robot:
    """Raise: whoever runs this courier has no robots at hand."""
    raise SettingsError(f"The robot {robot_id!r} cannot speak from here. Another courier will let it.")


def call(
    transaction: Transaction,
    settings: Settings,
    robot_of: RobotOf,
    clock: Callable[[], datetime],
    incident_no: str | None,
) -> int:
    """Say everything that is due by robot, of one incident or of all; return how many messages were taken.

    Never raises for a message or a robot that fails. A robot that could not be reached is not tried again in this call.

    :param robot_of: gives the robot with an id of channels.yaml, ready to speak
    """
    return _Round(transaction, settings, robot_of, clock).through(incident_no)


class _Round:
    """One call: what it learns of a robot holds for the rest of its messages."""

    def __init__(
        self, transaction: Transaction, settings: Settings, robot_of: RobotOf, clock: Callable[[], datetime]
    ) -> None:
        self._transaction = transaction
        self._settings = settings
        self._robot_of = robot_of
        self._clock = clock
        self._away: dict[str, TransportError] = {}

    def through(self, incident_no: str | None) -> int:
        """Take batch after batch until nothing is due."""
        taken, until = 0, time.monotonic() + PATIENCE
        while True:
            with self._transaction() as session:
                lease, batch = outbox.claim(
                    session,
                    now=self._clock(),
                    lease_for=LEASE,
                    limit=BATCH,
                    incident_id=id_of(session, incident_no),
                    by_robot=True,
                )
                session.expunge_all()
            taken += sum(self._deliver(message, lease) for message in batch)
            if len(batch) < BATCH or time.monotonic() > until:
                return taken

    def _deliver(self, message: OutboxMessage, lease: str) -> bool:
        robot_id = str(message.robot)
        try:
            wait = self._say(robot_id, message)
        except TransportError as problem:
            self._failed(message, lease, problem.message, permanent=problem.permanent, pause=_pause(problem))
            if problem.uncertain or not problem.permanent:
                self._away.setdefault(robot_id, problem)
            return False
        except SQLAlchemyError:
            raise
        except Exception as problem:
            # A faulty setting or Connection can be mended in time; a robot that channels.yaml lacks says it all.
            hopeless = isinstance(problem, YingdaError) and not isinstance(problem, SettingsError)
            self._failed(message, lease, f"{type(problem).__name__}: {problem}", permanent=hopeless)
            return False
        with self._transaction() as session:
            if wait is not None:
                outbox.put_off(session, message.id, lease, until=wait)
                return False
            outbox.mark_sent(session, message.id, lease, now=self._clock())
        return True

    def _say(self, robot_id: str, message: OutboxMessage) -> datetime | None:
        """Say it, or return until when it must wait (UTC)."""
        if robot_id in self._away:
            raise self._away[robot_id]
        post = post_of(message, self._settings)
        robot = self._robot_of(robot_id)
        with self._transaction() as session:
            wait = pacing.take_turn(session, robot.pace, now=self._clock())
        if wait is None:
            self._speak(robot, post)
        return wait

    def _speak(self, robot: Robot, post: Post) -> None:
        try:
            robot.say(post)
        except TooFast as refused:
            # Somebody else speaks through the same robot.
            with self._transaction() as session:
                pacing.hold(session, robot.pace, until=self._clock() + refused.leave_alone)
            raise

    def _failed(
        self,
        message: OutboxMessage,
        lease: str,
        problem: str,
        *,
        permanent: bool,
        pause: timedelta = timedelta(0),
    ) -> None:
        rule = self._settings.policy.mail
        again = None if permanent else rule.pause_after(message.attempts)
        with self._transaction() as session:
            again_at = None if again is None else self._clock() + max(again, pause)
            outbox.mark_failed(session, message.id, lease, problem=problem, again_at=again_at)


def _pause(problem: TransportError) -> timedelta:
    return timedelta(seconds=problem.pause or 0)
