"""The office's page: who is there, who stands in for whom, and the rules in force, each with the file it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Request
from fastapi.responses import Response

from yingda import wiring
from yingda.desk import access, viewer
from yingda.desk.pages import page
from yingda.domain.calendar import shanghai_date
from yingda.domain.roster import CORE_TEAM, Officer
from yingda.settings import Settings


@dataclass(frozen=True)
class Rule:
    """One rule as the office wrote it.

    :param key: its place in policy.yaml, `clocks.verification.general`
    :param value: what stands there, in the notation of the file
    :param file: the file it comes from
    :param own: it is not the default: another file was laid over that
    """

    key: str
    value: str
    file: str
    own: bool


def show(request: Request, user: BaseUser) -> Response:
    """Show the roster and the rules. Addresses and numbers of people are shown to those who may act on incidents."""
    house = viewer.house()
    today = shanghai_date(wiring.utcnow())
    standing_in: dict[str, Officer] = {
        one.id: house.roster.stand_in(one.id, today) for one in house.roster.officers if one.absence(today)
    }
    core = [one for one in house.roster.officers if one.core]
    return page(
        request,
        "office",
        roster=house.roster,
        standing_in=standing_in,
        today=today,
        core=len(core),
        core_is_right=len(core) in CORE_TEAM,
        reachable=access.can_act(user),
        rules=tuple(rules(house)),
        files={name: [file.shown for file in files] for name, files in house.written.items()},
    )


def rules(house: Settings) -> Iterator[Rule]:
    """Yield every rule in force, by key, in the order of the files."""
    files = house.written["policy"]
    found: dict[str, Rule] = {}
    for place, file in enumerate(files):
        for key, value in _leaves("", file.value):
            found[key] = Rule(key, value, file.shown, own=place > 0)
    yield from found.values()


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, below in value.items():
            yield from _leaves(f"{key}.{name}" if key else str(name), below)
    else:
        yield key, _written(value)


def _written(value: Any) -> str:
    """Return a value as one would write it in the file, lists by line where their entries are more than a word."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_written(below)}" for name, below in value.items())
    if isinstance(value, list):
        if any(isinstance(entry, (Mapping, list)) for entry in value):
            return "\n".join(_written(entry) for entry in value)
        return "[" + ", ".join(_written(entry) for entry in value) + "]"
    return str(value)
