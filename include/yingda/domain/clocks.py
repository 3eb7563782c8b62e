"""Durations as the office writes them, and the clocks that are measured with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_, NN_

from .calendar import WorkingCalendar

_FORM = re.compile(r"([0-9]{1,9})(s|m|h|d|wd)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
# Beyond ten years a duration is a slip of the pen, and date arithmetic may overflow.
_LONGEST_DAYS = 3_650
# The rules say 24 and 48 hours, not one and two days; from three days on people count days.
_HOURS_BELOW = 72 * 3_600


@dataclass(frozen=True)
class Span:
    """A duration: either time that runs day and night, or a number of working days. Exactly one is set."""

    elapsed: timedelta | None = None
    working_days: int | None = None

    def __post_init__(self) -> None:
        if (self.elapsed is None) == (self.working_days is None):
            raise ValueError("A span is elapsed time or working days. Set exactly one of the two.")
        if self.elapsed is not None and (self.elapsed <= timedelta(0) or self.elapsed.microseconds):
            raise ValueError(f"{self.elapsed} is no span. Use one second or more, in whole seconds.")
        if self.working_days is not None and self.working_days < 1:
            raise ValueError(f"{self.working_days} working days is no span. Use one or more.")

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `20s`, `30m`, `2h`, `5d` or `5wd` (working days).

        :raises ValueError: anything else, nothing at all, or more than ten years
        """
        found = _FORM.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise ValueError(f"{text!r} is not a duration. Write 20s, 30m, 2h, 5d or 5wd.")
        count, unit = int(found[1]), found[2]
        if count == 0:
            raise ValueError(f"{text!r} is no time at all. Write 1s or more, such as 20s, 30m, 2h, 5d or 5wd.")
        if (count if unit == "wd" else count * _SECONDS[unit] / _SECONDS["d"]) > _LONGEST_DAYS:
            raise ValueError(f"{text!r} is longer than ten years. Write 20s, 30m, 2h, 5d or 5wd.")
        if unit == "wd":
            return cls(working_days=count)
        return cls(elapsed=timedelta(seconds=count * _SECONDS[unit]))

    def __str__(self) -> str:
        """Write it so that `parse` reads it again: the largest unit that leaves no rest, hours up to three days."""
        count, unit = self._measure()
        return f"{count}{unit}"

    def _measure(self) -> tuple[int, str]:
        if self.elapsed is None:
            return self.working_days or 0, "wd"
        seconds = int(self.elapsed.total_seconds())
        if seconds >= _HOURS_BELOW and seconds % _SECONDS["d"] == 0:
            return seconds // _SECONDS["d"], "d"
        for unit in ("h", "m"):
            if seconds % _SECONDS[unit] == 0:
                return seconds // _SECONDS[unit], unit
        return seconds, "s"


class ClockKind(StrEnum):
    """What is owed by a time."""

    BRIEF_REPLY = "brief_reply"
    VERIFICATION = "verification"
    PUBLIC_WORD = "public_word"
    FURTHER_WORD = "further_word"
    PRESS_CONFERENCE = "press_conference"
    REVIEW = "review"
    COMMITMENT = "commitment"
    ACTION_ITEM = "action_item"


BY_POLICY = (
    ClockKind.BRIEF_REPLY,
    ClockKind.VERIFICATION,
    ClockKind.PUBLIC_WORD,
    ClockKind.FURTHER_WORD,
    ClockKind.PRESS_CONFERENCE,
    ClockKind.REVIEW,
)
"""The clocks whose length policy states; the others run until a date that somebody named."""

ANEW = frozenset({ClockKind.FURTHER_WORD, ClockKind.COMMITMENT, ClockKind.ACTION_ITEM})
"""The clocks of which an incident may have several, one for each time something comes to be owed."""


_LABELS: dict[ClockKind, str] = {
    ClockKind.BRIEF_REPLY: N_("简要答复"),
    ClockKind.VERIFICATION: N_("核实结果"),
    ClockKind.PUBLIC_WORD: N_("首次发布权威信息"),
    ClockKind.FURTHER_WORD: N_("后续对外说明"),
    ClockKind.PRESS_CONFERENCE: N_("新闻发布会"),
    ClockKind.REVIEW: N_("总结"),
    ClockKind.COMMITMENT: N_("承诺事项", "clocks"),
    ClockKind.ACTION_ITEM: N_("整改事项"),
}

_UNITS: dict[str, str] = {
    "s": NN_("%(count)s 秒"),
    "m": NN_("%(count)s 分钟"),
    "h": NN_("%(count)s 小时"),
    "d": NN_("%(count)s 天"),
    "wd": NN_("%(count)s 个工作日"),
}


def due(span: Span, started_at: datetime, calendar: WorkingCalendar) -> datetime:
    """Return the UTC moment after which what was asked at `started_at` is late.

    `2h` counts every hour, nights and holidays too; `5wd` counts the working hours of five working days of
    `calendar`, make-up days included, and is due the moment they are used up.

    :raises CalendarError: working days reach a year that `calendar` does not know
    """
    if started_at.tzinfo is None:
        raise ValueError(f"{started_at!r} has no time zone. Pass an aware datetime, such as datetime.now(UTC).")
    if span.working_days is not None:
        return calendar.add_working_days(started_at, span.working_days)
    assert span.elapsed is not None  # noqa: S101 - held by Span itself; this tells the type checker
    return started_at.astimezone(UTC) + span.elapsed


def label(value: ClockKind, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return speech.said(_LABELS[value], locale)


def span_label(span: Span, locale: str) -> str:
    """Return a span in words: `2 小时`, `5 个工作日`; `2 hours`, `5 working days`."""
    return _counted(*span._measure(), locale)


def lateness_label(late: timedelta, locale: str) -> str:
    """Return in words how long something is late (or has left): `40 分钟`, `1 小时 20 分钟`, `2 天 3 小时`.

    Rounded down to minutes, from a day on to hours. Under a minute, and for anything negative: `不到 1 分钟`.
    """
    minutes = int(late.total_seconds() // 60)
    if minutes < 1:
        return speech.said("不到 1 分钟", locale)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h")] if days else [(hours, "h"), (minutes, "m")]
    return " ".join(_counted(count, unit, locale) for count, unit in parts if count)


def _counted(count: int, unit: str, locale: str) -> str:
    return speech.counted(_UNITS[unit], count, locale)
