"""Speaking: who speaks first and who gives interviews, by the incident's present severity or by name.

Everything here only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import UnknownOfficer, UnknownUnit
from yingda.domain.life import Outcome
from yingda.domain.roles import UNIT_ROLES, Role
from yingda.domain.roster import Addressee, Officer
from yingda.services import naming
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store.models import Incident, Merge

AS_TYPED = timedelta(minutes=1)
"""How exactly people say when something was: a minute typed without seconds means all of it."""


def interviewees(incident: Incident, house: Settings) -> list[str]:
    """Return the names of those who give interviews: the officer who was named for it, else as policy says."""
    named = designated(incident, house)
    if named is not None:
        return [naming.officer(named.id, house).name]
    held = _holders(house.policy.interviewee[incident.severity], incident, house)
    return [naming.officer(one.id, house).name for one in held]


def spokespersons(incident: Incident, house: Settings) -> list[str]:
    """Return the names of those who may speak first at the incident's present severity."""
    held = _holders(house.policy.spokesperson[incident.severity], incident, house)
    return [naming.officer(one.id, house).name for one in held]


def designated(incident: Incident, house: Settings) -> Officer | None:
    """Return the officer who was named to give interviews; None where nobody was, or they left the roster."""
    if incident.interviewee_id is None:
        return None
    try:
        return house.roster.officer(incident.interviewee_id)
    except UnknownOfficer:
        return None


def asked_for_interviews(incident: Incident, house: Settings, now: datetime) -> list[Addressee]:
    """Return those who give interviews as they can be asked now: whoever is away is stood in for."""
    named = designated(incident, house)
    if named is not None:
        return [standing_in(named, house, now)]
    return people(house.policy.interviewee[incident.severity], incident, house, now)


def standing_in(officer: Officer, house: Settings, now: datetime) -> Addressee:
    """Return who answers for an officer now."""
    there = house.roster.stand_in(officer.id, shanghai_date(now))
    return Addressee(there, deputy_for=None if there.id == officer.id else officer)


def people(roles: Iterable[Role], incident: Incident, house: Settings, now: datetime) -> list[Addressee]:
    """Return who is reached in any of these roles now, each person once; those of a unit in the incident's unit."""
    found: dict[str, Addressee] = {}
    for role in roles:
        for person in house.roster.reached(role, incident.unit_id, shanghai_date(now)):
            found.setdefault(person.officer.id, person)
    return list(found.values())


def _holders(roles: Sequence[Role], incident: Incident, house: Settings) -> list[Officer]:
    found: dict[str, Officer] = {}
    for role in roles:
        if role in UNIT_ROLES and not _has_unit(incident, house):
            continue
        for officer in house.roster.holders(role, incident.unit_id):
            found.setdefault(officer.id, officer)
    return list(found.values())


def _has_unit(incident: Incident, house: Settings) -> bool:
    """Tell whether the incident has a unit that the roster still knows."""
    if incident.unit_id is None:
        return False
    try:
        house.roster.unit(incident.unit_id)
    except UnknownUnit:
        return False
    return True


def refuse_if_merged(case: Case) -> None:
    """Refuse to speak outside about an incident that goes on as part of another.

    :raises NotNow: names the other one
    """
    if case.incident.outcome is not Outcome.MERGED:
        return
    into = case.session.scalar(
        select(Incident.number)
        .join(Merge, Merge.into_id == Incident.id)
        .where(Merge.incident_id == case.incident.id, Merge.undone_at.is_(None))
    )
    number = case.incident.number
    if into is None:
        raise case.not_now(
            "%(number)s 已并入其他事件。请在并入的事件中办理，或先撤销并入。",
            number=number,
        )
    raise case.not_now(
        "%(number)s 已并入 %(into)s。请在并入的事件中办理，或先撤销并入。",
        number=number,
        into=into,
    )
