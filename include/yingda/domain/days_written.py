"""Days as people write them in a spreadsheet or a form, read one way or refused; nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from yingda.domain import speech
from yingda.domain.speech import N_

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 12, 31)
"""Days outside these are nobody's time limit but a slip of the pen."""
EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of the serial numbers that Excel keeps dates as; some workbooks count from 1904-01-01 instead."""
EXAMPLES = ("2026-11-30", "2026/11/30", "2026.11.30", "2026年11月30日", "11月30日", "20261130")

NO_DAY = frozenset(
    {
        "",
        "无",
        "暂无",
        "无期限",
        "不限",
        "长期",
        "长期坚持",
        "长期有效",
        "长期落实",
        "常态化",
        "持续",
        "-",
        "—",
        "——",
        "/",
    }
    | {"none", "no date", "n/a", "long-term", "long term", "ongoing"}
)
"""What stands for "no day", as `_plain` leaves it."""

_TIME = re.compile(r"[ T]+0?0:00(?::00(?:\.0+)?)?$")
_BEFORE = re.compile(r"(?:之前|以前|前)$")
_WHOLE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?", re.ASCII)
_NO_YEAR = re.compile(r"(\d{1,2})月(\d{1,2})[日号]?", re.ASCII)
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SERIAL = re.compile(r"\d{5,6}", re.ASCII)
_DASHES = str.maketrans({"‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "。": "."})


class NotADay(ValueError):
    """What was written is no day that could be meant.

    :param why: `notation`, `no_such_day`, `far_away`, or `no_year` where a year has to be written
    """

    def __init__(self, why: str, value: object) -> None:
        self.why = why
        self.value = value
        super().__init__(f"{value!r}: {why}")


def read(value: object, today: date | None, *, epoch: date = EXCEL_EPOCH) -> date | None:
    """Read a day; None where it says that there is none (empty, 无, 长期).

    A day without a year is the next such day, today included. `11月30日前` is 30 November: the last day of the limit. A
    number is eight digits, or Excel's serial number.

    :param value: text, a date or moment of a spreadsheet (its time of day does not matter), or a number
    :param today: in Shanghai; None where a day without a year is not taken
    :param epoch: day 0 of serial numbers in this workbook
    :raises NotADay: anything else; two-digit years, `11/30` and days that do not exist among it
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return _within_reach(value.date(), value)
    if isinstance(value, date):
        return _within_reach(value, value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NotADay("notation", value)
    if isinstance(value, int | float):
        if value != value or abs(value) > 99_999_999 or (value >= 1_000_000 and value != int(value)):
            raise NotADay("notation", value)
        return _number(int(value), value, epoch)
    return _text(value, today, epoch)


def _text(value: str, today: date | None, epoch: date) -> date | None:
    text = _plain(value)
    if text.casefold() in NO_DAY:
        return None
    text = _TIME.sub("", text)
    text = _BEFORE.sub("", re.sub(r"\s*([-/.年月日号前之以])\s*", r"\1", text))
    if found := _WHOLE.fullmatch(text):
        return _day(found[1], found[3], found[4], value)
    if (found := _CHINESE.fullmatch(text)) or (found := _EIGHT.fullmatch(text)):
        return _day(found[1], found[2], found[3], value)
    if found := _NO_YEAR.fullmatch(text):
        if today is None:
            raise NotADay("no_year", value)
        return _next(int(found[1]), int(found[2]), today, value)
    if _SERIAL.fullmatch(text):
        return _number(int(text), value, epoch)
    raise NotADay("notation", value)


def _plain(value: str) -> str:
    """Return a text in half-width signs, without blanks around it."""
    return unicodedata.normalize("NFKC", value).translate(_DASHES).strip()


def _number(number: int, value: object, epoch: date) -> date:
    if number >= 1_000_000:
        return _day(str(number // 10_000), str(number // 100 % 100), str(number % 100), value)
    try:
        return _within_reach(epoch + timedelta(days=number), value)
    except OverflowError:
        raise NotADay("notation", value) from None


def _day(year: str, month: str, day: str, value: object) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise NotADay("no_such_day", value) from None
    return _within_reach(found, value)


def _next(month: int, day: int, today: date, value: object) -> date:
    # Within nine years there is a 29 February, even around 2100.
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return _within_reach(found, value)
    raise NotADay("no_such_day", value)


def _within_reach(found: date, value: object) -> date:
    if not EARLIEST <= found <= LATEST:
        raise NotADay("far_away", value)
    return found


_WORDS: Mapping[str, str] = {
    "notation": N_("不是能确定的日期，请写成 2026-11-30、2026年11月30日 或 11月30日；没有期限写“无”或“长期”"),
    "no_such_day": N_("日历上没有这一天，请核对"),
    "far_away": N_("须在 2000 年至 2200 年之间，请核对年份"),
    "no_year": N_("请写上年份，如 2026-11-30"),
}


def said(why: str, locale: str) -> str:
    """Return what is wrong with a day in words, with the remedy."""
    return speech.said(_WORDS[why], locale)
