"""Delivering: the courier takes owed messages under a lease, hands them to the mail server, and marks each as it goes.

Written row → lease (committed) → sent → marked. A courier that dies in between leaves a lease that runs out, and the
message goes again with the same Message-ID.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from yingda.domain.errors import SettingsError, YingdaError
from yingda.services.calling import RobotOf, call, no_robot
from yingda.services.case import id_of
from yingda.services.composing import compose
from yingda.settings import Settings
from yingda.store import outbox
from yingda.store.models import OutboxMessage
from yingda.transports.errors import TransportError
from yingda.transports.mail import Letter, MailServer, send_all

LEASE = timedelta(seconds=90)
BATCH = 50

Transaction = Callable[[], AbstractContextManager[Session]]


class Courier:
    """Delivers what is owed. Any number of couriers may work at once.

    :param transaction: opens a transaction that commits at its end
    :param server: asked for when there is something to send
    :param clock: the present moment, UTC
    :param robot_of: gives the robot with an id of channels.yaml, when there is something to say
    """

    def __init__(
        self,
        transaction: Transaction,
        settings: Settings,
        server: Callable[[], MailServer],
        clock: Callable[[], datetime],
        robot_of: RobotOf = no_robot,
    ) -> None:
        self._transaction = transaction
        self._settings = settings.for_the_record()
        self._server = server
        self._clock = clock
        self._robot_of = robot_of

    def deliver(self, incident_no: str | None = None) -> int:
        """Send everything that is due, of one incident or of all; return how many messages were taken.

        Mail first: what goes by robot waits for it, and no mail ever waits for a robot.

        Never raises for a message or a server that fails: that is noted at the message, and tried again in time.
        """
        sent = 0
        while True:
            lease, claimed, batch = self._claim(incident_no)
            sent += self._send(lease, batch)
            if claimed < BATCH:
                break
        return sent + call(self._transaction, self._settings, self._robot_of, self._clock, incident_no)

    def _claim(self, incident_no: str | None) -> tuple[str, int, list[tuple[OutboxMessage, Letter]]]:
        with self._transaction() as session:
            lease, messages = outbox.claim(
                session, now=self._clock(), lease_for=LEASE, limit=BATCH, incident_id=id_of(session, incident_no)
            )
            letters = []
            for message in messages:
                try:
                    letters.append((message, compose(session, message, self._settings)))
                except SQLAlchemyError:
                    raise
                except Exception as problem:
                    # A faulty template or setting can be mended in time, a roster without the officer says it all.
                    hopeless = isinstance(problem, YingdaError) and not isinstance(problem, SettingsError)
                    said = f"{type(problem).__name__}: {problem}"
                    self._failed(session, message, lease, said, permanent=hopeless)
            session.flush()
            session.expunge_all()
            return lease, len(messages), letters

    def _send(self, lease: str, batch: list[tuple[OutboxMessage, Letter]]) -> int:
        if not batch:
            return 0
        taken = 0

        def on_result(position: int, error: TransportError | None) -> None:
            nonlocal taken
            message = batch[position][0]
            with self._transaction() as session:
                if error is None:
                    outbox.mark_sent(session, message.id, lease, now=self._clock())
                    taken += 1
                else:
                    self._failed(session, message, lease, error.message, permanent=error.permanent)

        try:
            server = self._server()
        except Exception as problem:
            unusable = TransportError(f"The mail connection cannot be used: {type(problem).__name__}: {problem}")
            for position in range(len(batch)):
                on_result(position, unusable)
            return 0
        asyncio.run(send_all([letter for _, letter in batch], server, on_result=on_result))
        return taken

    def _failed(self, session: Session, message: OutboxMessage, lease: str, problem: str, *, permanent: bool) -> None:
        pause = None if permanent else self._settings.policy.mail.pause_after(message.attempts)
        again_at = None if pause is None else self._clock() + pause
        outbox.mark_failed(session, message.id, lease, problem=problem, again_at=again_at)
