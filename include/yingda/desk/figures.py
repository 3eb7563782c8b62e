"""Figures: the stretch of days that an address asks for, and what was counted in it, for page and program alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import asking_for
from yingda.desk.pages import page, say
from yingda.domain.calendar import SHANGHAI, shanghai_date
from yingda.domain.clocks import lateness_label
from yingda.domain.errors import FieldsRefused
from yingda.domain.severity import Severity
from yingda.services import counting, naming
from yingda.services.counting import Statistics, Tally
from yingda.settings import Settings

USUAL_DAYS = 30
"""How many days are counted where an address names none, today included."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What is to be counted: from the beginning of one day in Shanghai to the end of another."""

    since: date
    until: date
    unit: str | None
    severity: Severity | None


def wanted(since: str, until: str, unit: str, severity: str, house: Settings, now: datetime) -> Wanted:
    """Return what an address asks for; empty texts ask for the usual days, for all units and severities.

    :raises FieldsRefused: names each one that is wrong
    """
    wrong: dict[str, str] = {}
    last = _day("until", until, wrong) or shanghai_date(now)
    first = _day("since", since, wrong) or last - timedelta(days=USUAL_DAYS - 1)
    if not wrong and first > last:
        wrong["since"] = say(f"不能晚于 {last}", f"must not lie after {last}")
    try:
        sought = asking_for.sought(house, "", severity, unit, "", "", "")
    except FieldsRefused as refused:
        raise FieldsRefused(wrong | refused.fields) from None
    if wrong:
        raise FieldsRefused(wrong)
    return Wanted(first, last, sought.unit, sought.severity)


def counted(asked: Wanted, now: datetime) -> Statistics:
    """Count it."""
    with wiring.reading() as session:
        return counting.statistics(
            session,
            datetime.combine(asked.since, time(), SHANGHAI),
            datetime.combine(asked.until + timedelta(days=1), time(), SHANGHAI),
            now,
            unit=asked.unit,
            severity=asked.severity,
        )


def show(request: Request, since: str, until: str, unit: str, severity: str) -> Response:
    """Show the figures that an address asks for, or what is wrong with it beside its fields."""
    house, now = wiring.settings(), wiring.utcnow()
    given = {"since": since, "until": until, "unit": unit, "severity": severity}
    wrong: dict[str, str] = {}
    asked, found, took = None, None, None
    try:
        asked = wanted(since, until, unit, severity, house, now)
    except FieldsRefused as refused:
        wrong = refused.fields
    else:
        found = counted(asked, now)
        given |= {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
        if found.first_word_median is not None:
            took = lateness_label(found.first_word_median, house.locale)
    return page(
        request,
        "statistics",
        status=422 if wrong else 200,
        given=given,
        wrong=wrong,
        found=found,
        took=took,
        since=asked.since if asked else None,
        until=asked.until if asked else None,
        units=naming.units(house),
        severities=list(Severity),
    )


def plain(asked: Wanted, found: Statistics) -> dict[str, Any]:
    """Return the figures as programs get them: durations in seconds, shares from 0 to 1."""
    median = found.first_word_median
    return {
        "since": asked.since,
        "until": asked.until,
        "unit": asked.unit,
        "severity": asked.severity,
        "on_time": [
            {
                "kind": one.kind,
                "owed": one.owed,
                "by_original_due": _plain_tally(one.by_original_due),
                "by_due": _plain_tally(one.by_due),
            }
            for one in found.on_time
        ],
        "first_word": {
            "incidents": found.first_word_count,
            "median_seconds": None if median is None else round(median.total_seconds()),
        },
        "hand_backs": found.hand_backs,
        "rounds": found.rounds,
    }


def _plain_tally(tally: Tally) -> dict[str, Any]:
    return {**vars(tally), "rate": None if tally.rate is None else round(tally.rate, 4)}


def _day(name: str, value: str, wrong: dict[str, str]) -> date | None:
    if not value:
        return None
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is not None and 2000 <= day.year <= 2200:
        return day
    wrong[name] = say("须为日期，如 2026-11-23", "must be a date such as 2026-11-23")
    return None
