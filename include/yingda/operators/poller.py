"""One poller a process watches the domain database for every waiting incident, off the event loop's thread."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from weakref import WeakKeyDictionary

PERIOD = 0.5
"""Seconds between two looks; one query each, however many incidents wait."""

log = logging.getLogger(__name__)

_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, Poller] = WeakKeyDictionary()


def shared() -> Poller:
    """Return the poller of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _pollers:
        _pollers[loop] = Poller()
    return _pollers[loop]


class Poller:
    """Wakes those who wait for an incident to pass an event number. A database that is away is simply asked again."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[int, asyncio.Future[int]]]] = defaultdict(list)
        self._fresh: set[str] = set()
        self._last: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def past(self, incident_no: str, after_seq: int) -> int:
        """Return the number of the incident's latest event once it is greater than `after_seq`."""
        waiter = (after_seq, asyncio.get_running_loop().create_future())
        self._waiting[incident_no].append(waiter)
        self._fresh.add(incident_no)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            return await waiter[1]
        finally:
            self._waiting[incident_no].remove(waiter)
            if not self._waiting[incident_no]:
                del self._waiting[incident_no]

    async def _watch(self) -> None:
        failures = 0
        while self._waiting:
            fresh, self._fresh = self._fresh, set()
            try:
                self._last, seqs = await asyncio.to_thread(_look, self._last, fresh)
                failures = 0
            except Exception as problem:
                self._fresh |= fresh
                failures += 1
                # The message may quote the address of the database; its kind says enough.
                log.warning("The domain database cannot be read (%s); asked again.", type(problem).__name__)
                seqs = {}
            for number, seq in seqs.items():
                for after_seq, future in self._waiting.get(number, ()):
                    if seq > after_seq and not future.done():
                        future.set_result(seq)
            await asyncio.sleep(PERIOD * min(1 + failures, 10))


def _look(last: int | None, fresh: set[str]) -> tuple[int, dict[str, int]]:
    from yingda import wiring
    from yingda.store import changes

    with wiring.transaction() as session:
        if last is None:
            last = changes.head(session)
        return changes.since(session, last, fresh)
