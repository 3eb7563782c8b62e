"""Ladders: who hears, and when, of a clock that runs out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, PlainValidator

from yingda.domain import speech

from .calendar import WorkingCalendar
from .clocks import Span, due, span_label
from .errors import CalendarError
from .roles import Role

ASKED = "asked"

_SHARE = re.compile(r"([0-9]{1,4})%")
_LARGEST_SHARE = Fraction(20)


def parse_at(text: Any) -> Fraction | Span:
    """Read the place of a rung: `60%` of the clock, or `30m` after its start.

    :raises ValueError: anything else, or a share outside 1–2000 %
    """
    if isinstance(text, (Fraction, Span)):
        return text
    found = _SHARE.fullmatch(text) if isinstance(text, str) else None
    if found:
        share = Fraction(int(found[1]), 100)
        if not 0 < share <= _LARGEST_SHARE:
            raise ValueError(f"{text!r} is no place on a ladder. Write a share from 1% to 2000%.")
        return share
    try:
        return Span.parse(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no place on a ladder. Write a share of the clock such as 60%, or a duration after its start:"
            " 20s, 30m, 2h, 5d or 5wd."
        ) from None


def _listener(text: Any) -> Any:
    allowed = (ASKED, *Role)
    if text not in allowed:
        raise ValueError(f"{text!r} cannot be told. Write {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return str(text)


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: at a moment of the clock, these people are told.

    :param at: share of the clock between start and due time, or a span after its start
    :param tell: `asked` (whoever was asked) or names of roles
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    at: Annotated[Fraction | Span, PlainValidator(parse_at)]
    tell: tuple[Annotated[str, BeforeValidator(_listener)], ...]

    @property
    def key(self) -> str:
        """What names the rung in its clock for good, such as `60%` or `30m`."""
        return str(self.at) if isinstance(self.at, Span) else f"{float(self.at * 100):g}%"

    def moment(self, started_at: datetime, due_at: datetime, calendar: WorkingCalendar) -> datetime:
        """Return the UTC moment at which this rung is reached.

        A share counts the time between `started_at` and `due_at`, nights and holidays included, so that 100% is
        exactly `due_at`; a span counts from `started_at` in its own way.
        """
        if isinstance(self.at, Span):
            return due(self.at, started_at, calendar)
        length = due_at - started_at
        return started_at.astimezone(UTC) + length * self.at.numerator / self.at.denominator


def climb(
    rungs: Iterable[Rung], started_at: datetime, due_at: datetime, calendar: WorkingCalendar
) -> tuple[tuple[datetime, Rung], ...]:
    """Return each rung with its UTC moment on this clock, earliest first.

    A rung in working days that reaches a year `calendar` does not know is left out until it does: the others must not
    wait for it.
    """
    timed = []
    for rung in rungs:
        with suppress(CalendarError):
            timed.append((rung.moment(started_at, due_at, calendar), rung))
    return tuple(sorted(timed, key=lambda pair: pair[0]))


def place_label(at: Fraction | Span, locale: str) -> str:
    """Name the place of a rung for people: `时限过去 60%`, or in English `60% of the limit`."""
    if isinstance(at, Span):
        span = span_label(at, locale)
        return speech.said("起算后 %(span)s", locale, span=span)
    share = f"{float(at * 100):g}%"
    if at < 1:
        return speech.said("时限过去 %(share)s", locale, share=share)
    if at == 1:
        return speech.said("到时限（%(share)s）", locale, share=share)
    return speech.said("超时，达时限的 %(share)s", locale, share=share)
