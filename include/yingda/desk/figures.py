"""Figures: the stretch of days that an address asks for, and what was counted in it, for page and program alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import asking_for, viewer
from yingda.desk.pages import page, say
from yingda.domain import hazards
from yingda.domain.calendar import SHANGHAI, shanghai_date
from yingda.domain.clocks import lateness_label
from yingda.domain.errors import FieldsRefused
from yingda.domain.hazards import Risk
from yingda.domain.severity import Severity, Topic, label
from yingda.services import counting, counting_hazards, naming
from yingda.services.counting import Figure, Part, Split, Statistics, Tally
from yingda.services.counting_hazards import Count, OpenHazards
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
    split: Split | None = None

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """The beginning of the first day, and of the day after the last, in Shanghai."""
        return (
            datetime.combine(self.since, time(), SHANGHAI),
            datetime.combine(self.until + timedelta(days=1), time(), SHANGHAI),
        )


@dataclass(frozen=True)
class Typed:
    """What the address asks for, as it was typed."""

    since: str = ""
    until: str = ""
    unit: str = ""
    severity: str = ""
    by: str = ""


def wanted(typed: Typed, house: Settings, now: datetime) -> Wanted:
    """Return what an address asks for; empty texts ask for the usual days, for all units and severities.

    :raises FieldsRefused: names each one that is wrong
    """
    wrong: dict[str, str] = {}
    last = _day("until", typed.until, wrong) or shanghai_date(now)
    first = _day("since", typed.since, wrong) or last - timedelta(days=USUAL_DAYS - 1)
    if not wrong and first > last:
        wrong["since"] = say("不能晚于 %(last)s", last=last)
    try:
        sought = asking_for.sought(house, "", typed.severity, typed.unit, "", "", "")
    except FieldsRefused as refused:
        wrong |= refused.fields
    try:
        split = asking_for.one_of(Split, "by", typed.by)
    except FieldsRefused as refused:
        wrong |= refused.fields
    if wrong:
        raise FieldsRefused(wrong)
    return Wanted(first, last, sought.unit, sought.severity, split)


def counted(asked: Wanted, now: datetime) -> tuple[Statistics, tuple[Part, ...]]:
    """Count it, whole and told apart as wanted."""
    with wiring.reading() as session:
        found = counting.statistics(session, *asked.stretch, now, unit=asked.unit, severity=asked.severity)
        if asked.split is None:
            return found, ()
        apart = counting.parts(session, *asked.stretch, now, asked.split, unit=asked.unit, severity=asked.severity)
        return found, apart


def open_hazards(asked: Wanted, now: datetime) -> OpenHazards:
    """Count the hazards that are open now, whatever stretch is asked for; of one unit if wanted."""
    with wiring.reading() as session:
        return counting_hazards.open_hazards(session, shanghai_date(now), unit=asked.unit)


def hazard_parts(found: OpenHazards, house: Settings) -> Iterator[tuple[str, str, str, Count]]:
    """Yield each count of open hazards: by what, how it is called, the filter of the list of hazards, the count."""
    none = say("未填类别")
    for one in found.by_unit:
        yield say("科室（村庄）"), naming.unit(one.key, house).name, f"unit={quote(one.key)}", one
    for one in found.by_risk:
        yield say("风险"), hazards.label(Risk(one.key), house.speaks), f"risk={one.key}", one
    for one in found.by_topic:
        name = label(Topic(one.key), house.speaks) if one.key else none
        yield say("类别"), name, f"topic={one.key}" if one.key else "", one


def _grouped(found: OpenHazards, house: Settings) -> list[tuple[str, list[tuple[str, str, str, Count]]]]:
    return [(by, list(rows)) for by, rows in groupby(hazard_parts(found, house), key=itemgetter(0))]


def show(request: Request, typed: Typed) -> Response:
    """Show the figures that an address asks for, or what is wrong with it beside its fields."""
    house, now = viewer.house(), wiring.utcnow()
    given = asdict(typed)
    wrong: dict[str, str] = {}
    asked, found, took, hazards_now = None, None, None, None
    apart: tuple[Part, ...] = ()
    try:
        asked = wanted(typed, house, now)
    except FieldsRefused as refused:
        wrong = refused.fields
    else:
        found, apart = counted(asked, now)
        hazards_now = open_hazards(asked, now)
        given |= {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
        if found.first_word_median is not None:
            took = lateness_label(found.first_word_median, house.speaks)
    return page(
        request,
        "statistics",
        status=422 if wrong else 200,
        given=given,
        wrong=wrong,
        found=found,
        apart=apart,
        took=took,
        hazards_now=hazards_now,
        hazard_parts=_grouped(hazards_now, house) if hazards_now else [],
        only_unit=f"&unit={quote(asked.unit)}" if asked and asked.unit else "",
        since=asked.since if asked else None,
        until=asked.until if asked else None,
        units=naming.units(house),
        severities=list(Severity),
        splits=list(Split),
        part_name=lambda part: part_name(asked, part, house),
        export="?" + urlencode({name: value for name, value in given.items() if value}),
    )


def part_name(asked: Wanted | None, part: Part, house: Settings) -> str:
    """Return how a part is called in the office's language."""
    if asked is None or asked.split is Split.MONTH:
        return part.key
    if asked.split is Split.SEVERITY:
        return label(Severity(part.key), house.speaks)
    return naming.unit(part.key, house).name if part.key else say("尚无责任单位")


def plain(asked: Wanted, found: Statistics, apart: tuple[Part, ...], hazards_now: OpenHazards) -> dict[str, Any]:
    """Return the figures as programs get them: durations in seconds, shares from 0 to 1."""
    median = found.first_word_median
    return {
        "since": asked.since,
        "until": asked.until,
        "unit": asked.unit,
        "severity": asked.severity,
        "on_time": _plain_figures(found.on_time),
        "by": asked.split,
        "parts": [{"key": part.key, "on_time": _plain_figures(part.on_time)} for part in apart],
        "first_word": {
            "incidents": found.first_word_count,
            "median_seconds": None if median is None else round(median.total_seconds()),
        },
        "hand_backs": found.hand_backs,
        "rounds": found.rounds,
        "open_hazards": hazards_now,
    }


def _plain_figures(figures: tuple[Figure, ...]) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind,
            "owed": one.owed,
            "by_original_due": _plain_tally(one.by_original_due),
            "by_due": _plain_tally(one.by_due),
        }
        for one in figures
    ]


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
    wrong[name] = say("须为日期，如 2026-11-23")
    return None
