"""Naming: ids of officers, units and accounts as people read them; what left the roster keeps its id."""

from __future__ import annotations

from dataclasses import dataclass

from yingda.domain.errors import UnknownOfficer, UnknownUnit
from yingda.settings import Settings


@dataclass(frozen=True)
class Named:
    """An officer or a unit by id and by name in the office's language."""

    id: str
    name: str


def officer(officer_id: str, house: Settings) -> Named:
    """Return an officer by name; one who left the roster goes by their id."""
    try:
        found = house.roster.officer(officer_id)
    except UnknownOfficer:
        return Named(officer_id, officer_id)
    return Named(officer_id, found.name_en if house.speaks == "en" else found.name)


def unit(unit_id: str, house: Settings) -> Named:
    """Return a unit by name; one that left the roster goes by its id."""
    try:
        found = house.roster.unit(unit_id)
    except UnknownUnit:
        return Named(unit_id, unit_id)
    return Named(unit_id, found.name_en if house.speaks == "en" else found.name)


def units(house: Settings) -> tuple[Named, ...]:
    """Return the units of the roster, in its order."""
    return tuple(unit(each.id, house) for each in house.roster.units)


def actor(who: str, house: Settings) -> Named | None:
    """Return who an event or a record names: an officer, somebody logged in, or None for the system itself."""
    if who.startswith("account:"):
        return Named(who, who.removeprefix("account:"))
    return None if who == "system" else officer(who, house)
