"""What is asked for in an address: filters and pages, checked; a wrong one is said, not passed over."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from yingda.desk.pages import say
from yingda.domain.errors import FieldsRefused
from yingda.domain.hazards import HazardState, Risk
from yingda.domain.life import Stage
from yingda.domain.severity import Severity, Topic
from yingda.services import hazard_desk
from yingda.services.viewing import Order, Sought
from yingda.settings import Settings

MOST = 200
"""Most records a page."""

EnumT = TypeVar("EnumT", bound=StrEnum)


def sought(
    house: Settings,
    stage: str,
    severity: str,
    unit: str,
    q: str,
    limit: str,
    offset: str,
    *,
    sort: str = "",
    board: bool = False,
) -> Sought:
    """Return which incidents are wanted; empty texts ask for nothing in particular.

    :param board: leave out closed ones unless `stage` is `all` or says otherwise; what is due first comes first
    :raises FieldsRefused: names each one that is wrong
    """
    wrong: dict[str, str] = {}
    everything = board and stage == "all"
    found = Sought(
        open_only=board and not everything,
        stage=None if everything else _member(Stage, "stage", stage, wrong),
        severity=_member(Severity, "severity", severity, wrong),
        unit=_unit(unit, house, wrong),
        q=q[:200].replace("\x00", ""),
        limit=_number("limit", limit, 50, 1, MOST, wrong),
        offset=_number("offset", offset, 0, 0, 10_000_000, wrong),
        order=_member(Order, "sort", sort, wrong) or (Order.DUE if board else Order.NEWEST),
    )
    if wrong:
        raise FieldsRefused(wrong)
    return found


def hazards_sought(
    house: Settings,
    state: str,
    unit: str,
    topic: str,
    risk: str,
    overdue: str,
    q: str,
    limit: str,
    offset: str,
    *,
    page: bool = False,
) -> hazard_desk.Sought:
    """Return which hazards are wanted; empty texts ask for nothing in particular.

    :param page: leave out settled ones unless `state` is `all` or says otherwise
    :raises FieldsRefused: names each one that is wrong
    """
    wrong: dict[str, str] = {}
    everything = page and state == "all"
    if overdue not in ("", "yes", "no"):
        wrong["overdue"] = say("只能是：yes, no")
    found = hazard_desk.Sought(
        state=None if everything else _member(HazardState, "state", state, wrong),
        unit=_unit(unit, house, wrong),
        topic=_member(Topic, "topic", topic, wrong),
        risk=_member(Risk, "risk", risk, wrong),
        overdue=None if not overdue else overdue == "yes",
        open_only=page and not state,
        q=q[:200].replace("\x00", ""),
        limit=_number("limit", limit, 50, 1, MOST, wrong),
        offset=_number("offset", offset, 0, 0, 10_000_000, wrong),
    )
    if wrong:
        raise FieldsRefused(wrong)
    return found


def one_of(kind: type[EnumT], name: str, value: str) -> EnumT | None:
    """Return the member that `value` names, None for an empty text.

    :raises FieldsRefused: it names none
    """
    wrong: dict[str, str] = {}
    found = _member(kind, name, value, wrong)
    if wrong:
        raise FieldsRefused(wrong)
    return found


def stretch(limit: str, offset: str) -> tuple[int, int]:
    """Return how many records are wanted, and how many to leave out before them.

    :raises FieldsRefused: names each one that is wrong
    """
    wrong: dict[str, str] = {}
    found = _number("limit", limit, 50, 1, MOST, wrong), _number("offset", offset, 0, 0, 10_000_000, wrong)
    if wrong:
        raise FieldsRefused(wrong)
    return found


def _member(kind: type[EnumT], name: str, value: str, wrong: dict[str, str]) -> EnumT | None:
    if not value:
        return None
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        wrong[name] = say("只能是：%(allowed)s", allowed=allowed)
        return None


def _unit(value: str, house: Settings, wrong: dict[str, str]) -> str | None:
    known = [unit.id for unit in house.roster.units]
    if value and value not in known:
        wrong["unit"] = say("没有这个单位，可选：%(known)s", known=", ".join(known))
    return value or None


def _number(name: str, value: str, default: int, least: int, most: int, wrong: dict[str, str]) -> int:
    if not value:
        return default
    if value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most:
        return int(value)
    wrong[name] = say("须为 %(least)s 到 %(most)s 的整数", least=least, most=most)
    return default
