"""The register of a day: compiled once into a row and its lines, and written to files from them as often as wanted.

Today's is compiled from what stands now. A day that is over and has none is rebuilt from the events, as it stood at the
time of day that policy names (key `register.at`), and says so.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain.calendar import SHANGHAI, shanghai_date
from yingda.domain.clocks import lateness_label
from yingda.domain.errors import NotNow
from yingda.domain.life import RequestKind, label
from yingda.domain.register_lines import HAZARD, INCIDENT
from yingda.services import naming, register_changes, register_lines, register_rows
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Event, RegisterDay, RegisterLine
from yingda.transports import register_files

GRACE = timedelta(minutes=30)
"""How long after its time a register may be missing before anybody is alarmed."""


def compile_day(session: Session, day: date, settings: Settings, now: datetime) -> RegisterDay:
    """Compile the register of a (Shanghai) day, unless that was done; return its row.

    Today from what stands now; a day that is over from the events. The working day before gets its row as well, if it
    has none, since it is what changes are told against.

    :raises NotNow: a day to come, or one before the record begins
    """
    known = session.get(RegisterDay, day)
    if known is not None and "changes" in known.data:
        return known
    today = shanghai_date(now)
    if known is None and day > today:
        raise NotNow(f"{day} has not come yet. Name {today} or an earlier day.")
    if known is None and day < today and not _reaches(session, at_office(day, settings)):
        raise NotNow(f"The record begins after the morning of {day}, so nothing is known of it. Name a later day.")
    before = known.compared_with if known is not None else _before(session, day, settings)
    earlier = _stand(session, before, settings, now) if before is not None else None
    made = _stand(session, day, settings, now)
    if "changes" not in made.data:
        changed = Counter[str]()
        if earlier is not None:
            changed.update(one.change.value for one in register_changes.changes(session, earlier, made))
        made.data = {**made.data, "changes": dict(sorted(changed.items()))}
        session.flush()
    return made


def write_files(session: Session, day: date, settings: Settings) -> Path:
    """Write the files of a compiled day; doing it again gives the same bytes. Returns their folder.

    :raises TransportError: the folder cannot be written to
    """
    row = session.get_one(RegisterDay, day)
    return register_files.write(settings.register, row.day, register_rows.told(session, row, settings))


def missing(session: Session, settings: Settings, now: datetime) -> bool:
    """Tell whether a register, or its files, should be there this morning and is not.

    From half an hour after the time of policy on, on working days; not on the morning before anything was recorded, as
    when the system was first started at noon.
    """
    day = shanghai_date(now)
    expected = at_office(day, settings)
    if now < expected + GRACE or not settings.calendar.probably_worked(day) or not _reaches(session, expected):
        return False
    row = session.get(RegisterDay, day)
    if row is None:
        return True
    return row.compiled_at < now - GRACE and not (settings.register / day.isoformat() / register_files.LAST).is_file()


def at_office(day: date, settings: Settings) -> datetime:
    """Return the moment of a day (Shanghai) at which its register is compiled by policy."""
    return datetime.combine(day, settings.policy.register_at, SHANGHAI)


def _reaches(session: Session, moment: datetime) -> bool:
    """Tell whether the record begins before a moment."""
    begins = session.scalar(select(Event.at).order_by(Event.id).limit(1))
    return begins is not None and begins < moment


def _before(session: Session, day: date, settings: Settings) -> date | None:
    """Return the working day before, None where it has no register and the record does not reach so far."""
    before = settings.calendar.working_day_before(day)
    kept = session.get(RegisterDay, before) is not None
    return before if kept or _reaches(session, at_office(before, settings)) else None


def _stand(session: Session, day: date, settings: Settings, now: datetime) -> RegisterDay:
    """Return the row of a day, made with its lines if it was not there; of two who make it, one does."""
    known = session.get(RegisterDay, day)
    if known is not None:
        return known
    rebuilt = day < shanghai_date(now)
    as_of = at_office(day, settings) if rebuilt else now
    row = insert(RegisterDay).values(
        day=day,
        compiled_at=now,
        as_of=as_of,
        rebuilt=rebuilt,
        working=settings.calendar.probably_worked(day),
        compared_with=_before(session, day, settings),
        data={},
    )
    claimed = session.execute(row.on_conflict_do_nothing()).rowcount == 1  # type: ignore[attr-defined]
    made = session.get_one(RegisterDay, day)
    if claimed:
        if rebuilt:
            register_lines.write_past(session, day, as_of)
        else:
            register_lines.write_now(session, day)
        made.data = _summary(session, made, settings)
        session.flush()
        audit.record(session, None, "register_compiled", actor="system", at=now, day=day.isoformat(), rebuilt=rebuilt)
    return made


def _summary(session: Session, made: RegisterDay, settings: Settings) -> dict[str, Any]:
    """Return who owes what by when, which the morning mails read, and how much there is."""
    # What is stored speaks the office's language, and here always Chinese: the form is.
    house, locale = settings.spoken("zh_CN"), "zh_CN"
    overdue: list[dict[str, Any]] = []
    due_today: list[dict[str, Any]] = []
    incidents = drills = 0
    for line in register_lines.read(session, made.day, INCIDENT):
        incidents += 1
        drills += bool(line.data["drill"])
        for asked in line.data["requests"]:
            due_at = datetime.fromisoformat(asked["due_at"]) if asked["due_at"] else None
            if due_at is None:
                continue
            unit = line.data["unit"]
            one = {
                "request": asked["id"],
                "officers": asked["officers"],
                "unit": unit,
                "number": line.key,
                "title": line.data["title"],
                "unit_name": naming.unit(unit, house).name if unit else None,
                "what": label(RequestKind(asked["kind"]), locale),
                "due_at": asked["due_at"],
                "drill": line.data["drill"],
            }
            if due_at < made.as_of:
                overdue.append({**one, "late": lateness_label(made.as_of - due_at, locale)})
            elif shanghai_date(due_at) == made.day:
                due_today.append(one)
    due_on = RegisterLine.data["due"].astext
    counted = select(func.count(), func.count().filter(due_on < made.day.isoformat()))
    hazards, late = session.execute(counted.where(RegisterLine.day == made.day, RegisterLine.kind == HAZARD)).one()
    return {
        "overdue": sorted(overdue, key=lambda one: (one["due_at"], one["number"])),
        "due_today": sorted(due_today, key=lambda one: (one["due_at"], one["number"])),
        "counts": {
            "hazards": hazards,
            "hazards_overdue": late,
            "incidents": incidents,
            "drills": drills,
            "requests_overdue": len(overdue),
        },
    }
