"""The registers that were compiled: one folder a day below var/register/."""

from __future__ import annotations

import re
from pathlib import Path

from yingda.settings import Settings

FILES = {
    "register.html": "text/html; charset=utf-8",
    "register.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "register.json": "application/json",
}
"""What there is of each day, with its media type."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def days(house: Settings) -> list[tuple[str, list[str]]]:
    """Return the days compiled, latest first, each with the names of its files."""
    if not house.register.is_dir():
        return []
    found = [folder for folder in house.register.iterdir() if _DAY.fullmatch(folder.name) and folder.is_dir()]
    listed = [(folder.name, [name for name in FILES if (folder / name).is_file()]) for folder in found]
    return sorted(((day, names) for day, names in listed if names), reverse=True)


def file(house: Settings, day: str, name: str) -> Path | None:
    """Return a file of a day's register, None where there is none."""
    if not _DAY.fullmatch(day) or name not in FILES:
        return None
    path = house.register / day / name
    return path if path.is_file() else None
