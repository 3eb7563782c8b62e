"""Importing tables of hazards: every row's fate is told first, and then all rows are stored or none.

The same table twice changes nothing. A row whose unit and content are known already changes that hazard's measures and
time limit where they differ, with an event that says what; a settled hazard is never changed behind anybody's back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain import hazard_table, speech
from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import NotNow, TableRefused
from yingda.domain.hazard_table import Row
from yingda.domain.hazards import UNSETTLED, Fate, HazardState, Risk, fingerprint, label
from yingda.services import hazard_in_hand
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import Hazard
from yingda.transports import hazard_files

_AT_ONCE = 2_000


@dataclass(frozen=True)
class RowTold:
    """A row with what becomes of it.

    :param row: its number in the file
    :param unit: the unit's id, or what stood there
    :param hazard: the hazard it changes or is already; None where it is new
    :param changes: the fields it changes
    :param errors: what is wrong with it, by field
    :param version: of that hazard when this was told
    """

    row: int
    fate: Fate
    unit: str
    content: str
    offline_measures: str
    online_measures: str
    due: date | None
    hazard: int | None = None
    changes: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True)
class Told:
    """What a table says, row by row; `ignored` names columns that no hazard has."""

    rows: tuple[RowTold, ...]
    ignored: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which fate."""
        counted = Counter(row.fate for row in self.rows)
        return {fate.value: counted[fate] for fate in Fate}

    @property
    def refused(self) -> bool:
        """Tell whether nothing of it can be stored."""
        return any(row.fate is Fate.REFUSED for row in self.rows)


def read(content: bytes, settings: Settings, now: datetime) -> tuple[list[Row], tuple[str, ...]]:
    """Read a file of hazards; return its rows, and the names of columns that no hazard has.

    :raises TableRefused: it is no such file, or there is nothing in it
    """
    table = hazard_files.read(content)
    rows = list(
        hazard_table.read(
            table.rows, table.header, settings.roster, shanghai_date(now), settings.speaks, epoch=table.epoch
        )
    )
    if not rows:
        raise TableRefused("no_rows")
    return rows, table.header.ignored


def alone(session: Session) -> None:
    """Let one import go on at a time until the commit, so that two of the same table do not each find it new."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("hazard_import", 0))))


def tell(session: Session, rows: Sequence[Row], ignored: tuple[str, ...], settings: Settings) -> Told:
    """Tell what becomes of each row; nothing is stored."""
    prints = [None if row.errors else fingerprint(row.unit, row.content) for row in rows]
    known = _known(session, (one for one in prints if one is not None))
    first: dict[str, Row] = {}
    told = []
    for row, print_ in zip(rows, prints, strict=True):
        if print_ is None:
            told.append(_told(row, Fate.REFUSED, errors=row.errors))
        elif print_ in first:
            told.append(_again(row, first[print_], settings.speaks))
        else:
            first[print_] = row
            told.append(_against(row, known.get(print_), settings.speaks))
    return Told(tuple(told), ignored)


def carry_out(session: Session, told: Told, actor: str, settings: Settings, now: datetime) -> Told:
    """Store every row as it was told: in the caller's transaction, all of them or none.

    :param actor: who imports, on record
    :return: the same, with the numbers of the new hazards
    :raises NotNow: a row is refused, or what becomes of one differs by now from what was told
    """
    alone(session)
    rows = [
        Row(one.row, one.unit, one.content, one.offline_measures, one.online_measures, one.due, one.errors)
        for one in told.rows
    ]
    changed = sorted(one.hazard for one in told.rows if one.fate is Fate.CHANGED and one.hazard is not None)
    held = {hazard.id: hazard for hazard in _held(session, changed)}
    if told.refused or tell(session, rows, told.ignored, settings) != told:
        raise _differs(settings.speaks)
    made = _made(session, [one for one in told.rows if one.fate is Fate.NEW], actor, now, settings)
    _put_right(session, [one for one in told.rows if one.fate is Fate.CHANGED], held, actor, now)
    return replace(
        told, rows=tuple(replace(one, hazard=made[one.row]) if one.row in made else one for one in told.rows)
    )


def _told(row: Row, fate: Fate, **more: Any) -> RowTold:
    return RowTold(row.number, fate, row.unit, row.content, row.offline_measures, row.online_measures, row.due, **more)


def _again(row: Row, before: Row, locale: str) -> RowTold:
    """Tell of a row whose unit and content stand further up in the same table."""
    if _differences(row, before):
        said = speech.said(
            "与第 %(number)s 行是同一单位的同一隐患，但措施或时限不同，请只留一行", locale, number=before.number
        )
        return _told(row, Fate.REFUSED, errors={"row": said})
    return _told(row, Fate.UNCHANGED)


def _against(row: Row, known: Hazard | None, locale: str) -> RowTold:
    """Tell of a row by the hazard that its unit reported already."""
    if known is None:
        return _told(row, Fate.NEW)
    changes = tuple(
        name
        for name, mine, theirs in (
            ("offline_measures", row.offline_measures, known.offline_measures),
            ("online_measures", row.online_measures, known.online_measures),
            ("due", row.due, known.due_on),
        )
        if mine != theirs
    )
    if not changes:
        return _told(row, Fate.UNCHANGED, hazard=known.id, version=known.version)
    if known.state not in UNSETTLED:
        state = label(known.state, locale)
        said = speech.said(
            "即隐患 %(id)s 号（%(state)s），但措施或时限不同；请先在该隐患的页面上重新打开，或删去这一行",
            locale,
            id=known.id,
            state=state,
        )
        return _told(row, Fate.REFUSED, hazard=known.id, errors={"row": said})
    return _told(row, Fate.CHANGED, hazard=known.id, changes=changes, version=known.version)


def _differences(row: Row, other: Row) -> bool:
    return (row.offline_measures, row.online_measures, row.due) != (
        other.offline_measures,
        other.online_measures,
        other.due,
    )


def _known(session: Session, prints: Iterable[str]) -> dict[str, Hazard]:
    wanted = list(dict.fromkeys(prints))
    found: dict[str, Hazard] = {}
    for begin in range(0, len(wanted), _AT_ONCE):
        query = select(Hazard).where(Hazard.fingerprint.in_(wanted[begin : begin + _AT_ONCE]))
        found |= {hazard.fingerprint: hazard for hazard in session.scalars(query)}
    return found


def _held(session: Session, ids: Sequence[int]) -> Iterable[Hazard]:
    for begin in range(0, len(ids), _AT_ONCE):
        yield from session.scalars(
            select(Hazard)
            .where(Hazard.id.in_(ids[begin : begin + _AT_ONCE]))
            .order_by(Hazard.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )


def _made(session: Session, told: Sequence[RowTold], actor: str, now: datetime, settings: Settings) -> dict[int, int]:
    """Put new hazards on the register; return their numbers by row."""
    rows = {fingerprint(one.unit, one.content): one for one in told}
    values = [
        {
            "unit_id": one.unit,
            "content": one.content,
            "offline_measures": one.offline_measures,
            "online_measures": one.online_measures,
            "due_on": one.due,
            "topic": None,
            "risk": Risk.MEDIUM,
            "state": HazardState.OPEN,
            "version": 1,
            "fingerprint": print_,
            "reported_at": now,
            "reported_by": actor,
            "changed_at": now,
            "changed_by": actor,
        }
        for print_, one in rows.items()
    ]
    if not values:
        return {}
    made = session.execute(
        insert(Hazard).on_conflict_do_nothing().returning(Hazard.id, Hazard.fingerprint), values
    ).all()
    if len(made) != len(values):
        raise _differs(settings.speaks)  # somebody reported one of them by hand meanwhile
    numbers = {rows[print_].row: hazard_id for hazard_id, print_ in made}
    for one in told:
        is_now = hazard_in_hand.facts_of(_as_hazard(one, actor, now), None)
        audit.record(
            session,
            None,
            "hazard_reported",
            actor=actor,
            at=now,
            hazard=numbers[one.row],
            was=None,
            now=is_now,
            row=one.row,
        )
    return numbers


def _as_hazard(one: RowTold, actor: str, now: datetime) -> Hazard:
    return Hazard(
        unit_id=one.unit,
        content=one.content,
        offline_measures=one.offline_measures,
        online_measures=one.online_measures,
        due_on=one.due,
        topic=None,
        risk=Risk.MEDIUM,
        state=HazardState.OPEN,
        version=1,
        reported_at=now,
        reported_by=actor,
    )


def _put_right(
    session: Session, told: Sequence[RowTold], held: Mapping[int, Hazard], actor: str, now: datetime
) -> None:
    values = []
    for one in told:
        assert one.hazard is not None  # noqa: S101 - told so, and compared again
        hazard = held[one.hazard]
        was = hazard_in_hand.facts(session, hazard)
        after = {"offline_measures": one.offline_measures, "online_measures": one.online_measures}
        is_now = was | after | {"due": one.due.isoformat() if one.due else None, "version": hazard.version + 1}
        values.append(
            {
                "id": hazard.id,
                **after,
                "due_on": one.due,
                "version": hazard.version + 1,
                "changed_at": now,
                "changed_by": actor,
            }
        )
        audit.record(
            session, None, "hazard_imported", actor=actor, at=now, hazard=hazard.id, was=was, now=is_now, row=one.row
        )
    if values:
        session.execute(update(Hazard), values)


def _differs(locale: str) -> NotNow:
    return NotNow(
        speech.said(
            "这张表读入之后，有隐患被改动，部分行的处理结果与预览不同。没有导入任何一行；请重新核对预览后再确认。",
            locale,
        )
    )
