"""The trigger by which a step waits: for the incident's next event, or for the moment something is due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from yingda.operators.poller import shared

SETTLE = 1.5
"""Seconds a trigger waits at least: one that fires sooner meets its own task's end and fails it (Airflow #72716)."""


class IncidentTrigger(BaseTrigger):
    """
    Fire when an incident's events pass a number, or at a moment.

    It only watches, so it may run twice at once, be restarted, or fire for nothing.

    :param incident_no: number of the incident
    :param after_seq: number of the last event the waiting step has seen
    :param wake_at: ISO 8601 moment with zone at which to fire in any case; None: only on events
    """

    def __init__(self, incident_no: str, after_seq: int, wake_at: str | None) -> None:
        super().__init__()
        self.incident_no = incident_no
        self.after_seq = after_seq
        self.wake_at = wake_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the path of this class and its arguments."""
        return (
            "yingda.operators.trigger.IncidentTrigger",
            {"incident_no": self.incident_no, "after_seq": self.after_seq, "wake_at": self.wake_at},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then fire once."""
        await asyncio.sleep(SETTLE)
        left = None
        if self.wake_at is not None:
            left = max((datetime.fromisoformat(self.wake_at) - datetime.now(UTC)).total_seconds(), 0)
        try:
            seq = await asyncio.wait_for(shared().past(self.incident_no, self.after_seq), timeout=left)
        except TimeoutError:
            yield TriggerEvent({"woken_by": "time"})
        else:
            yield TriggerEvent({"woken_by": "event", "seq": seq})
