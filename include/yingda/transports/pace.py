"""How often a robot may speak: its limits as a value, and the error of one that spoke too often.

Who keeps count is `store.pacing`; a transport only says what its other side allows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from yingda.transports.errors import TransportError

UNDER_WAY = timedelta(seconds=20)
"""How long after its turn a message may still arrive (the longest wait of `Web`). The other side counts arrivals, we
count turns; added to every window, not even late arrivals can be one too many in any minute of the other side."""


@dataclass(frozen=True)
class Limit:
    """At most `times` within `span`."""

    times: int
    span: timedelta

    @property
    def window(self) -> timedelta:
        """The span in which we take at most `times` turns, so that the other side sees no more in any `span`."""
        return self.span + UNDER_WAY


@dataclass(frozen=True)
class Pace:
    """What a robot may do.

    :param key: names the robot itself, whichever channels and notices speak through it; holds no secret
    :param pause: how long to leave it alone once it says that it was too much
    """

    key: str
    limits: Sequence[Limit]
    pause: timedelta


def key_of(kind: str, *secret: str | None) -> str:
    """Return a name for a robot that is the same wherever its address and key are the same, and tells neither."""
    return f"{kind}:{hashlib.sha256(chr(0).join(part or '' for part in secret).encode()).hexdigest()[:32]}"


class TooFast(TransportError):
    """The other side took nothing because it was spoken to too often; `pause` is how long to leave it alone."""

    def __init__(self, message: str, *, pause: timedelta) -> None:
        super().__init__(message)
        self.pause = pause
