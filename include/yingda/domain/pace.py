"""How often a robot may speak: limits as values, and when the next turn is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

UNDER_WAY = timedelta(seconds=20)
"""How long after its turn a message may still arrive: the longest that an answer is waited for.

The other side counts arrivals, we count turns; added to every window, not even late arrivals can be one too many in any
minute of the other side.
"""


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
    limits: tuple[Limit, ...]
    pause: timedelta


def next_turn(turns: Sequence[datetime], limits: Sequence[Limit], now: datetime) -> datetime:
    """Return when the next turn may be taken (UTC): `now`, or the moment at which enough earlier ones are long past.

    Turns in the future, of a machine whose clock is ahead, count like all others.

    :param turns: when the earlier ones were taken
    """
    moment, taken = now, sorted(turns)
    for limit in limits:
        if len(taken) >= limit.times:
            moment = max(moment, taken[-limit.times] + limit.window)
    return moment
