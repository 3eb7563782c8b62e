"""The name of a robot, and the error of one that was spoken to too often. Who keeps count is `store.pacing`."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from yingda.transports.errors import TransportError


def key_of(kind: str, *secret: str | None) -> str:
    """Return a name for a robot that is the same wherever its address and key are the same, and tells neither."""
    return f"{kind}:{hashlib.sha256(chr(0).join(part or '' for part in secret).encode()).hexdigest()[:32]}"


class TooFast(TransportError):
    """The other side took nothing because it was spoken to too often; `leave_alone` is for how long it says so."""

    def __init__(self, message: str, *, pause: timedelta) -> None:
        super().__init__(message, pause=pause.total_seconds())
        self.leave_alone = pause
