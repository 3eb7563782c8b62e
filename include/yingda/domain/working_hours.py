"""Working hours: the windows of a working day in which working time passes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator

from .errors import Fault

_FORM = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")
_WHOLE_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Window:
    """A part of every working day, measured from midnight in Shanghai.

    :param opens: the first moment that counts
    :param closes: the moment from which nothing counts any more; 24 hours at the latest
    """

    opens: timedelta
    closes: timedelta

    @classmethod
    def parse(cls, text: Any) -> Window:
        """Read `08:30-12:00`; `24:00` is the end of the day.

        :raises ValueError: anything else, or a window that is empty or leaves the day
        """
        found = _FORM.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise ValueError(f"{text!r} is no window of working hours. Write 08:30-12:00.")
        opens, closes = (timedelta(hours=int(found[n]), minutes=int(found[n + 1])) for n in (1, 3))
        if closes > _WHOLE_DAY:
            raise ValueError(f"{text!r} leaves the day. Stay within 00:00-24:00.")
        if closes <= opens:
            raise ValueError(f"{text!r} ends before it has begun. Write the earlier time first, as in 08:30-12:00.")
        return cls(opens, closes)

    def __str__(self) -> str:
        """Write it so that `parse` reads it again."""
        return f"{_clock_face(self.opens)}-{_clock_face(self.closes)}"

    @property
    def length(self) -> timedelta:
        """How much working time it holds."""
        return self.closes - self.opens


def in_order(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Return the windows of one day if each begins when the one before has ended, or later.

    :raises Fault: names the first position that does not
    """
    for position, (before, after) in enumerate(pairwise(windows), start=1):
        if after.opens < before.closes:
            said = f"'{after}' begins before '{before}' has ended. Write the windows in order, none within another."
            raise Fault([((position,), said)])
    return tuple(windows)


def length_of_day(windows: Sequence[Window]) -> timedelta:
    """Return how much working time one working day holds."""
    return sum((window.length for window in windows), timedelta())


def _window(value: Any) -> Window:
    return value if isinstance(value, Window) else Window.parse(value)


WorkingHours = Annotated[
    tuple[Annotated[Window, PlainValidator(_window)], ...], Field(min_length=1), AfterValidator(in_order)
]
"""As policy.yaml states them: one window or more, in order."""


def _clock_face(since_midnight: timedelta) -> str:
    hours, minutes = divmod(since_midnight // timedelta(minutes=1), 60)
    return f"{hours:02}:{minutes:02}"
