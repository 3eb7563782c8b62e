"""Who is there: the office, its units and its officers, and who stands in for whom on which days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from .calendar import Day
from .errors import Fault, UnknownOfficer, UnknownUnit
from .roles import UNIT_ROLES, Role
from .second_channel import SecondChannel
from .severity import Topic

CORE_TEAM = range(5, 8)

# Without these no incident can be received, or no statement signed.
_INDISPENSABLE = (Role.DUTY_OFFICER, Role.OFFICE_DIRECTOR, Role.GROUP_LEADER, Role.SUPERIOR)

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _email(value: str) -> str:
    local = value.partition("@")[0]
    if not _EMAIL.fullmatch(value) or len(value) > 254 or local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError(f"{value!r} is not an e-mail address. Write one such as wang@example.org.")
    return value


def _id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise ValueError(f"{value!r} is not an id. Write letters, digits, '.', '-' or '_', such as wang_li.")
    return value


def _line(value: str) -> str:
    value = value.strip()
    if not value or len(value) > 200 or _CONTROL.search(value):
        raise ValueError(f"{value!r} is not a line of text. Write 1 to 200 characters without line breaks.")
    return value


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2,16}", value):
        raise ValueError(f"{value!r} cannot begin incident numbers. Write 2 to 16 capital letters: YQCZBG.")
    return value


Email = Annotated[str, AfterValidator(_email)]
Id = Annotated[str, AfterValidator(_id)]
# One line: names and numbers go into mail headers and forms.
Line = Annotated[str, AfterValidator(_line)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Office(_Entry):
    """The office itself, in whose name everything is answered.

    :param number_prefix: what incident numbers begin with, as in `YQCZBG-2026-001`
    :param email: the sender of every mail
    """

    name: Line
    name_en: Line
    number_prefix: Annotated[str, AfterValidator(_prefix)]
    phone: Line
    email: Email


class Unit(_Entry):
    """A section or village, the first responsible subject for its own matters.

    :param branch_leader: id of the officer who oversees it
    :param topics: what it answers for
    :param places: names which, found in a text, make the matter its own
    """

    id: Id
    name: Line
    name_en: Line
    kind: Literal["section", "village"]
    branch_leader: str
    topics: tuple[Topic, ...] = ()
    places: tuple[Annotated[Line, Field(min_length=2)], ...] = ()
    phone: Line


class Absence(_Entry):
    """Days on which a deputy answers for an officer; first and last day included, dates in Shanghai."""

    start: Day
    end: Day
    deputy: str

    def covers(self, on: date) -> bool:
        """Tell whether `on` is one of the days."""
        return self.start <= on <= self.end


class Officer(_Entry):
    """A person with an address and the roles they hold.

    :param unit: id of their unit; needed by section heads and information officers
    :param core: one of the core information officers
    :param second_channel: where codes go that confirm their signatures (policy key `second_factor`); None for nowhere
    """

    id: Id
    name: Line
    name_en: Line
    email: Email
    phone: Line
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    unit: str | None = None
    core: bool = False
    second_channel: SecondChannel | None = None
    absences: tuple[Absence, ...] = ()

    def absence(self, on: date) -> Absence | None:
        """Return the absence that covers `on`, a date in Shanghai."""
        return next((absence for absence in self.absences if absence.covers(on)), None)


@dataclass(frozen=True)
class Addressee:
    """Who is asked.

    :param deputy_for: the absent officer on whose behalf; None where the officer holds the role
    """

    officer: Officer
    deputy_for: Officer | None = None


_Place = tuple[str | int, ...]


class Roster(_Entry):
    """Everybody. A roster that does not hold together is refused as a whole."""

    office: Office
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    officers: Annotated[tuple[Officer, ...], Field(min_length=1)]

    @cached_property
    def _officers(self) -> dict[str, Officer]:
        return {officer.id: officer for officer in self.officers}

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return {unit.id: unit for unit in self.units}

    def officer(self, officer_id: str) -> Officer:
        """Return the officer with this id.

        :raises UnknownOfficer: there is none
        """
        try:
            return self._officers[officer_id]
        except KeyError:
            raise UnknownOfficer(
                f"The roster has no officer {officer_id!r}. Use one of: {', '.join(self._officers)}."
            ) from None

    def unit(self, unit_id: str) -> Unit:
        """Return the unit with this id.

        :raises UnknownUnit: there is none
        """
        try:
            return self._units[unit_id]
        except KeyError:
            raise UnknownUnit(f"The roster has no unit {unit_id!r}. Use one of: {', '.join(self._units)}.") from None

    def holders(self, role: Role, unit_id: str | None = None) -> tuple[Officer, ...]:
        """Return who holds a role, in the order of the roster.

        With `unit_id`, section heads and information officers are those of the unit and the branch leader is the one
        who oversees it; other roles belong to no unit. Absences do not matter here.

        :raises UnknownUnit: the roster has no such unit
        """
        role = Role(role)
        if unit_id is not None and role in UNIT_ROLES:
            unit = self.unit(unit_id)
            if role == Role.BRANCH_LEADER:
                return (self.officer(unit.branch_leader),)
            return tuple(one for one in self.officers if role in one.roles and one.unit == unit_id)
        return tuple(one for one in self.officers if role in one.roles)

    def stand_in(self, officer_id: str, on: date) -> Officer:
        """Return who answers for an officer on a date in Shanghai: themselves, or the deputy, or the deputy's deputy.

        :raises UnknownOfficer: the roster has no such officer
        """
        officer = self.officer(officer_id)
        # A roster with a circle of deputies was refused, so this ends.
        while absence := officer.absence(on):
            officer = self.officer(absence.deputy)
        return officer

    def reached(self, role: Role, unit_id: str | None, on: date) -> tuple[Addressee, ...]:
        """Return who is reached in a role for the matter of a unit: as `addressees`, but nobody where it has no unit.

        A unit that left the roster counts as none, so that what belonged to it is asked of whoever is left.
        """
        if role in UNIT_ROLES and unit_id not in self._units:
            return ()
        return self.addressees(role, unit_id, on)

    def addressees(self, role: Role, unit_id: str | None, on: date) -> tuple[Addressee, ...]:
        """Return who is asked in a role on a date in Shanghai, each person once.

        A person who holds the role and stands in for another holder is asked as themselves.
        """
        found: dict[str, Addressee] = {}
        for holder in self.holders(role, unit_id):
            officer = self.stand_in(holder.id, on)
            addressee = Addressee(officer, deputy_for=None if officer is holder else holder)
            if officer.id not in found or addressee.deputy_for is None:
                found[officer.id] = addressee
        return tuple(found.values())

    def unit_for(self, topic: Topic | None, text: str) -> Unit | None:
        """Return the unit responsible by rule, None where a person must decide.

        A place named in `text` decides first, if all places named belong to one unit; else the one unit that has
        `topic`. Where the name of one place is part of another's (石桥 in 新石桥), the longer is meant.
        """
        named = self._named(text)
        if len(named) == 1:
            return self.unit(named.pop())
        answering = [unit for unit in self.units if topic is not None and topic in unit.topics]
        return answering[0] if len(answering) == 1 else None

    def _named(self, text: str) -> set[str]:
        text = text.casefold()
        found: list[tuple[int, int, str]] = []
        for unit in self.units:
            for place in unit.places:
                found += [(m.start(), m.end(), unit.id) for m in re.finditer(re.escape(place.casefold()), text)]
        return {
            unit_id
            for start, end, unit_id in found
            if not any(a <= start and end <= b and (a, b) != (start, end) for a, b, _ in found)
        }

    def warnings(self, on: date | None = None) -> tuple[str, ...]:
        """Return what is allowed but probably not meant, a sentence each.

        :param on: today in Shanghai; with it, absences that are over are named
        """
        said: list[str] = []
        core = sum(officer.core for officer in self.officers)
        if core not in CORE_TEAM:
            said.append(
                f"The core team has {core} officers; it should have {CORE_TEAM.start} to {CORE_TEAM.stop - 1}."
                " Set `core: true` on the right ones."
            )
        for role in Role:
            if not self.holders(role):
                said.append(
                    f"Nobody has the role {role.value}; requests and reminders to it reach nobody. Name somebody."
                )
        for topic in Topic:
            units = [unit.id for unit in self.units if topic in unit.topics]
            if len(units) != 1:
                which = f"belongs to {', '.join(units)}" if units else "belongs to no unit"
                said.append(f"The topic {topic.value} {which}; without a place the duty officer is asked every time.")
        for officer in self.officers:
            if officer.core and Role.INFORMATION_OFFICER not in officer.roles:
                said.append(
                    f"{officer.id} is in the core team but is no information officer. Add the role or drop `core`."
                )
            for absence in officer.absences:
                if on is not None and absence.end < on:
                    said.append(f"The absence of {officer.id} ended on {absence.end}. It can be deleted.")
        return tuple(said)

    @model_validator(mode="after")
    def _holds_together(self) -> Roster:
        faults = [*self._doubles(), *self._strangers()]
        # Who is absent and who holds what can be told only once every id means one person.
        faults = faults or [*self._gaps(), *self._circles()]
        if faults:
            raise Fault(faults)
        return self

    def _doubles(self) -> Iterator[tuple[_Place, str]]:
        seen: dict[tuple[str, str], str] = {}

        def again(kind: str, value: str, whose: str) -> str | None:
            first = seen.setdefault((kind, value), whose)
            return None if first is whose else first

        for i, unit in enumerate(self.units):
            where = f"unit {i + 1}"
            if again("unit", unit.id, where):
                yield ("units", i, "id"), f"{unit.id!r} names two units. Give each its own id."
            for j, place in enumerate(unit.places):
                if (first := again("place", place.casefold(), unit.id)) is not None:
                    yield ("units", i, "places", j), f"{place!r} belongs to {first} already. Leave it to one unit."
        for i, officer in enumerate(self.officers):
            where = f"officer {i + 1}"
            if again("officer", officer.id, where):
                yield ("officers", i, "id"), f"{officer.id!r} names two officers. Give each their own id."
            if (first := again("email", officer.email.casefold(), f"officer {officer.id!r}")) is not None:
                yield (
                    ("officers", i, "email"),
                    f"{officer.email!r} belongs to {first} already. A link is for one person: give each their own.",
                )

    def _strangers(self) -> Iterator[tuple[_Place, str]]:
        officers = {officer.id for officer in self.officers}
        units = {unit.id for unit in self.units}
        for i, unit in enumerate(self.units):
            if unit.branch_leader not in officers:
                yield ("units", i, "branch_leader"), _no_such("officer", unit.branch_leader, officers)
        for i, officer in enumerate(self.officers):
            if officer.unit is not None and officer.unit not in units:
                yield ("officers", i, "unit"), _no_such("unit", officer.unit, units)
            for j, absence in enumerate(officer.absences):
                place: _Place = ("officers", i, "absences", j)
                if absence.deputy not in officers:
                    yield (*place, "deputy"), _no_such("officer", absence.deputy, officers)
                elif absence.deputy == officer.id:
                    yield (*place, "deputy"), f"{officer.id!r} cannot stand in for themselves. Name somebody else."
                if absence.end < absence.start:
                    yield (
                        (*place, "end"),
                        f"the absence ends on {absence.end}, before it starts on {absence.start}. Swap the two dates.",
                    )
                for earlier in officer.absences[:j]:
                    if absence.start <= earlier.end and earlier.start <= absence.end:
                        yield (
                            (*place, "start"),
                            f"the absence from {absence.start} overlaps the one from {earlier.start}. Keep them apart,"
                            " so that each day has one deputy.",
                        )

    def _gaps(self) -> Iterator[tuple[_Place, str]]:
        for role in _INDISPENSABLE:
            if not self.holders(role):
                yield ("officers",), f"nobody has the role {role.value}. Add it to an officer's `roles`."
        for i, officer in enumerate(self.officers):
            bound = sorted({Role.SECTION_HEAD, Role.INFORMATION_OFFICER} & set(officer.roles))
            if bound and officer.unit is None:
                yield ("officers", i), f"{officer.id!r} is {bound[0].value} of no unit. Set `unit`."
        for i, unit in enumerate(self.units):
            for role in (Role.INFORMATION_OFFICER, Role.SECTION_HEAD):
                if not self.holders(role, unit.id):
                    yield ("units", i), f"{unit.id!r} has no {role.value}. Add the role to an officer of this unit."
            if Role.BRANCH_LEADER not in self.officer(unit.branch_leader).roles:
                yield (
                    ("units", i, "branch_leader"),
                    f"{unit.branch_leader!r} does not have the role branch_leader. Add it to their `roles`.",
                )

    def _circles(self) -> Iterator[tuple[_Place, str]]:
        told: set[frozenset[str]] = set()
        for i, officer in enumerate(self.officers):
            for j, absence in enumerate(officer.absences):
                # Some absence begins last in every circle, and on its first day the circle is closed.
                chain = [officer.id]
                deputy = absence.deputy
                while deputy not in chain:
                    chain.append(deputy)
                    away = self.officer(deputy).absence(absence.start)
                    if away is None:
                        break
                    deputy = away.deputy
                else:
                    circle = chain[chain.index(deputy) :]
                    if frozenset(circle) not in told:
                        told.add(frozenset(circle))
                        yield (
                            ("officers", i, "absences", j, "deputy"),
                            f"on {absence.start} the deputies go round in a circle: {' → '.join([*circle, deputy])}."
                            " Name a deputy who is there.",
                        )


def _no_such(what: str, value: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(value, known, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(sorted(known))}."
    return f"the roster has no {what} {value!r}. {remedy}"
