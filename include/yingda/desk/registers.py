"""The registers that were compiled: a row each, and one folder a day below var/register/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from yingda.desk.pages import say
from yingda.domain.errors import FieldsRefused
from yingda.services import register_desk
from yingda.services.register_desk import Compared, Kept
from yingda.settings import Settings

FILES = {
    "register.html": "text/html; charset=utf-8",
    "register.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "register.json": "application/json",
}
"""What there is of each day, with its media type."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Listed:
    """A day: what the record keeps of it, None where only files are there, and the names of its files."""

    day: str
    kept: Kept | None
    names: list[str]


def listed(session: Session, house: Settings) -> list[Listed]:
    """Return the days compiled, latest first."""
    kept = {one.day.isoformat(): one for one in register_desk.kept(session)}
    found = dict(_on_disk(house))
    return [Listed(day, kept.get(day), found.get(day, [])) for day in sorted({*kept, *found}, reverse=True)]


def compared(session: Session, since: str, until: str, house: Settings) -> Compared:
    """Return what is different between two days as they were typed.

    :raises FieldsRefused: `from` or `to` is no day of which a register is kept
    """
    wrong: dict[str, str] = {}
    days: dict[str, date] = {}
    for name, text in (("from", since), ("to", until)):
        if not _DAY.fullmatch(text):
            wrong[name] = say("“%(text)s”不是日期，应写成 2026-11-23", text=text)
            continue
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            wrong[name] = say("“%(text)s”不是日期，应写成 2026-11-23", text=text)
            continue
        if not register_desk.is_kept(session, days[name]):
            wrong[name] = say("没有 %(day)s 的汇总表", day=text)
    if wrong:
        raise FieldsRefused(wrong)
    return register_desk.compare(session, days["from"], days["to"], house)


def _on_disk(house: Settings) -> list[tuple[str, list[str]]]:
    if not house.register.is_dir():
        return []
    found = [folder for folder in house.register.iterdir() if _DAY.fullmatch(folder.name) and folder.is_dir()]
    listed = [(folder.name, [name for name in FILES if (folder / name).is_file()]) for folder in found]
    return [(day, names) for day, names in listed if names]


def file(house: Settings, day: str, name: str) -> Path | None:
    """Return a file of a day's register, None where there is none."""
    if not _DAY.fullmatch(day) or name not in FILES:
        return None
    path = house.register / day / name
    return path if path.is_file() else None
