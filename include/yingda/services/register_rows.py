"""What the files of a register show, row by row, from its lines; nothing is held that can be read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yingda.domain import clocks, hazards, life, register_lines, severity, speech
from yingda.domain.clocks import ClockKind
from yingda.domain.hazards import HazardState, Risk
from yingda.domain.life import RequestKind, Stage
from yingda.domain.register_lines import HAZARD, INCIDENT, Changed, Line
from yingda.domain.severity import Severity, Topic
from yingda.services import naming, register_changes
from yingda.services import register_lines as stored
from yingda.settings import Settings
from yingda.store.models import RegisterDay, RegisterLine
from yingda.transports import register_files
from yingda.transports.register_files import (
    Again,
    ChangeRow,
    ClockRow,
    HazardRow,
    IncidentRow,
    OverdueRow,
    StatisticRow,
)

NO_TOPIC = "未分类"
NO_UNIT = "尚未确定"
UNKNOWN_SAID = {"clocks": "部分计时", "requests": "部分办理时限"}


def told(session: Session, row: RegisterDay, settings: Settings) -> register_files.RegisterDay:
    """Return what the files of a compiled day show; its rows are read while they are written."""
    house = settings.spoken("zh_CN")
    counts = row.data.get("counts", {})
    earlier = session.get(RegisterDay, row.compared_with) if row.compared_with else None
    return register_files.RegisterDay(
        office_name=settings.roster.office.name,
        as_of=row.as_of,
        compiled_at=row.compiled_at,
        rebuilt=row.rebuilt,
        working=row.working,
        compared_with=row.compared_with,
        hazards=_again(session, row.day, HAZARD, lambda: _hazards(session, row.day, house)),
        incidents=_again(session, row.day, INCIDENT, lambda: _incidents(session, row.day, house)),
        overdue=_again_of(
            lambda: _overdue(session, row, house), len(row.data["overdue"]) + counts.get("hazards_overdue", 0)
        ),
        changes=_again_of(
            lambda: (
                (change_row(one, house) for one in register_changes.changes(session, earlier, row))
                if earlier is not None
                else iter(())
            ),
            sum(row.data.get("changes", {}).values()),
        ),
        statistics=_statistics(session, row, house),
    )


def change_row(one: Changed, house: Settings) -> ChangeRow:
    """Return how a change is told, in the language the settings speak."""
    locale, line = house.speaks, one.line
    hazard = one.change.value.startswith(HAZARD)
    told_of = [
        speech.said(
            "%(field)s：%(was)s → %(now)s",
            locale,
            field=register_lines.field_label(name, locale),
            was=word(name, (one.was or {}).get(name), house),
            now=word(name, line.get(name), house),
        )
        for name in one.names
    ]
    return ChangeRow(
        number=None if hazard else one.key,
        hazard=one.key if hazard else None,
        title=line["content"] if hazard else line["title"],
        unit_name=_unit(line, house),
        change=register_lines.label(one.change, locale),
        details=speech.said("；", locale).join(told_of),
    )


def word(name: str, value: str | None, house: Settings) -> str:
    """Return how the value of a field is read."""
    locale = house.speaks
    if value is None or not value:
        return speech.said("无", locale)
    if name == "unit":
        return naming.unit(value, house).name
    kinds: dict[str, Callable[[str], str]] = {
        "topic": lambda text: severity.label(Topic(text), locale),
        "severity": lambda text: severity.label(Severity(text), locale),
        "risk": lambda text: hazards.label(Risk(text), locale),
        "state": lambda text: hazards.label(HazardState(text), locale),
        "stage": lambda text: life.label(Stage(text), locale),
    }
    return kinds[name](value) if name in kinds else value


def _again(session: Session, day: date, kind: str, make: Callable[[], Iterator[Any]]) -> Again[Any]:
    count = select(func.count()).where(RegisterLine.day == day, RegisterLine.kind == kind)
    return _again_of(make, session.scalar(count) or 0)


def _again_of(make: Callable[[], Iterator[Any]], count: int) -> Again[Any]:
    return Again(make, count)


def _hazards(session: Session, day: date, house: Settings) -> Iterator[HazardRow]:
    for line in stored.read(session, day, HAZARD):
        said = line.data
        yield HazardRow(
            unit_name=_unit(said, house) or NO_UNIT,
            content=said["content"],
            offline_measures=said["offline_measures"],
            online_measures=said["online_measures"],
            due=date.fromisoformat(said["due"]) if said["due"] else None,
            id=int(line.key) if line.key.isdigit() else None,
            topic=said.get("topic"),
            risk=said.get("risk"),
            state=said.get("state"),
        )


def _incidents(session: Session, day: date, house: Settings) -> Iterator[IncidentRow]:
    for line in stored.read(session, day, INCIDENT):
        said = line.data
        if "requests" not in said:
            # Compiled before registers were kept line by line: the words were stored.
            yield _as_worded(said)
            continue
        requests, running = said["requests"], said["clocks"]
        kinds = dict.fromkeys(life.label(RequestKind(one["kind"]), house.speaks) for one in requests)
        yield IncidentRow(
            number=line.key,
            title=said["title"],
            severity=Severity(said["severity"]),
            unit_name=_unit(said, house),
            stage=life.label(Stage(said["stage"]), house.speaks),
            waiting_for="、".join(kinds),
            opened_at=datetime.fromisoformat(said["opened_at"]),
            due_at=datetime.fromisoformat(running[0]["due_at"]) if running else None,
            drill=said["drill"],
            topic=said["topic"],
            clocks=tuple(_clock(one) for one in running),
            unknown="、".join(UNKNOWN_SAID[name] for name in said["unknown"]),
        )


def _clock(one: dict[str, Any]) -> ClockRow:
    kind = ClockKind(one["kind"])
    return ClockRow(
        kind=kind.value,
        name=clocks.label(kind, "zh_CN"),
        started_at=datetime.fromisoformat(one["started_at"]),
        due_at=datetime.fromisoformat(one["due_at"]),
        missed=one["missed"],
    )


def _as_worded(said: Line) -> IncidentRow:
    due_at = datetime.fromisoformat(said["due_at"]) if said["due_at"] else None
    opened_at = datetime.fromisoformat(said["opened_at"])
    given = {**said, "severity": Severity(said["severity"]), "opened_at": opened_at, "due_at": due_at}
    return IncidentRow(**given)


def _overdue(session: Session, row: RegisterDay, house: Settings) -> Iterator[OverdueRow]:
    for one in row.data["overdue"]:
        yield OverdueRow(
            number=one["number"],
            title=f"【演练】{one['title']}" if one.get("drill") else one["title"],
            unit_name=one["unit_name"],
            what=one["what"],
            due_at=datetime.fromisoformat(one["due_at"]),
            late=one["late"],
        )
    for hazard in _hazards(session, row.day, house):
        if not isinstance(hazard.due, date):
            continue
        days = (row.day - hazard.due).days
        if days <= 0:
            return  # they come by their days
        yield OverdueRow(None, hazard.content, hazard.unit_name, "解决隐患", hazard.due, f"{days} 天", hazard.id)


def _statistics(session: Session, row: RegisterDay, house: Settings) -> list[StatisticRow]:
    """Return the counts by unit and by topic; drills never count."""
    found: dict[str, dict[str, Counter[str]]] = {"unit": {}, "topic": {}}
    for by, groups in found.items():
        name = RegisterLine.data[by].astext
        late = func.count().filter(RegisterLine.data["due"].astext < row.day.isoformat())
        hazard_counts = (
            select(name, func.count(), late)
            .where(RegisterLine.day == row.day, RegisterLine.kind == HAZARD)
            .group_by(name)
        )
        for key, count, overdue in session.execute(hazard_counts):
            groups.setdefault(key or "", Counter()).update({"hazards": count, "hazards_overdue": overdue})
    as_of = row.as_of
    for line in stored.read(session, row.day, INCIDENT):
        if line.data["drill"]:
            continue
        is_late = any(
            one["due_at"] and datetime.fromisoformat(one["due_at"]) < as_of for one in line.data.get("requests", ())
        )
        for by, groups in found.items():
            groups.setdefault(line.data.get(by) or "", Counter()).update(incidents=1, overdue=int(is_late))
    units = [unit.id for unit in house.roster.units]
    topics = [topic.value for topic in Topic]
    rows = []
    for group, by, order in (("科室", "unit", units), ("类别", "topic", topics)):
        # In the roster's or the law's order; what is of no unit or topic, or of one that is no more, comes last.
        for key in (*(one for one in order if one in found[by]), *sorted(found[by].keys() - set(order))):
            counts = found[by][key]
            unnamed = NO_UNIT if by == "unit" else NO_TOPIC
            rows.append(
                StatisticRow(
                    group=group,
                    name=word(by, key, house) if key else unnamed,
                    hazards=counts["hazards"],
                    hazards_overdue=counts["hazards_overdue"],
                    incidents=counts["incidents"],
                    overdue=counts["overdue"],
                )
            )
    return rows


def _unit(said: Line, house: Settings) -> str | None:
    if "unit_name" in said:
        name: str | None = said["unit_name"]
        return name
    return naming.unit(said["unit"], house).name if said["unit"] else None
