"""Dates as officials write them, and whether a date stands in what was verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from yingda.domain.calendar import shanghai_date

from . import numerals
from .material import Draft, Found, Material
from .reading import Text

_N = "[零〇○一二三四五六七八九十]"
_DAY = rf"(?P<day>\d{{1,2}}|{_N}{{1,3}})[日号]"
_MONTH = rf"(?P<month>\d{{1,2}}|{_N}{{1,2}})月"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?<!\d)(?P<year>\d{{4}}|[〇○零一二三四五六七八九]{{4}})年(?: ?{_MONTH}(?: ?{_DAY})?)?",
        rf"(?<![\d个零〇一二三四五六七八九十]){_MONTH}(?:份|(?: ?{_DAY}))?(?!内|之内|以内)",
        r"(?<![\d.-])(?P<year>20\d{2}|19\d{2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d-]|\.\d)",
        # 25日前 is a date, 3日内 three days.
        r"(?<![\d月.-])(?P<day>\d{1,2})日(?!内|之内|以内|游)",
    )
)


@dataclass(frozen=True)
class Day:
    """A date as far as it was said; None for what was left out."""

    year: int | None
    month: int | None
    day: int | None

    def is_covered_by(self, other: Day) -> bool:
        """Tell whether `other` says all that this one says; a year may be understood."""
        for mine, theirs, understood in (
            (self.year, other.year, self.month is not None),
            (self.month, other.month, False),
            (self.day, other.day, False),
        ):
            if mine is not None and mine != theirs and not (theirs is None and understood):
                return False
        return True


def days(plain: str) -> Iterator[tuple[int, int, Day]]:
    """Yield the dates of a text with where they stand."""
    taken = bytearray(len(plain))
    for form in _FORMS:
        for found in form.finditer(plain):
            start, end = found.span()
            if any(taken[start:end]):
                continue
            named = found.groupdict()
            parts = {
                name: numerals.digits(said) if (said := named.get(name)) else None for name in ("year", "month", "day")
            }
            if _is_sound(**parts):
                taken[start:end] = b"\x01" * (end - start)
                yield start, end, Day(**parts)


def _is_sound(year: int | None, month: int | None, day: int | None) -> bool:
    return (
        (year is None or 1900 <= year <= 2200)
        and (month is None or 1 <= month <= 12)
        and (day is None or 1 <= day <= 31)
    )


def on(moment: datetime) -> Day:
    """Return the date of a moment in Shanghai."""
    there = shanghai_date(moment)
    return Day(there.year, there.month, there.day)


def unknown(draft: Draft, material: Material) -> Iterator[Found]:
    """Find dates that no report and no earlier statement names, which nobody promised and which nobody just knows."""
    told = [(text, start, end, day) for text in material.verified for start, end, day in days(text.plain)]
    known = [day for *_, day in told]
    known += [on(moment) for moment in material.moments]
    known += [on(one.due) for one in draft.promises if one.due is not None]
    known = list(dict.fromkeys(known))
    theirs = list(dict.fromkeys(text.quote(start, end) for text, start, end, _ in told))[:3]
    for text in draft.texts:
        for start, end, day in sorted(days(text.plain), key=lambda found: found[0]):
            if not any(day.is_covered_by(other) for other in known):
                yield Found(text.field, text.quote(start, end), {"other": "、".join(theirs)})


def in_text(text: Text) -> bool:
    """Tell whether a text names a day."""
    return any(day.day is not None for *_, day in days(text.plain))
