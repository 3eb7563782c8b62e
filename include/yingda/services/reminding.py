"""The morning mails: a digest for each officer who owes something overdue, and for the leaders of those who do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.roles import Role
from yingda.services import linking
from yingda.services.telling import mail_domain
from yingda.settings import Settings
from yingda.store import outbox
from yingda.store.models import OutboxMessage, RegisterDay, Request


def owe_digests(session: Session, row: RegisterDay, settings: Settings, now: datetime) -> int:
    """Owe the digests of a compiled day, one an officer and day; return how many are new. Nobody owing: no mail."""
    return sum(
        outbox.owe(
            session,
            None,
            key=f"digest:{row.day}:{officer_id}",
            template="digest",
            officer_id=officer_id,
            at=now,
            domain=mail_domain(settings),
            day=row.day.isoformat(),
        )
        for officer_id in _who(row, settings)
    )


def digest_values(session: Session, message: OutboxMessage, settings: Settings) -> dict[str, Any]:
    """Return what the digest of one officer says, from the row of its day."""
    day = date.fromisoformat(message.values["day"])
    row = session.get_one(RegisterDay, day)
    officer_id = message.mailed_to
    by_unit: dict[str | None, list[dict[str, Any]]] = {}
    for one in row.data["overdue"]:
        if officer_id not in one["officers"] and one["unit"] in _units_led(officer_id, day, settings):
            by_unit.setdefault(one["unit_name"], []).append(_item(one, None))

    def mine(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_item(one, _link(session, one, officer_id, settings)) for one in items if officer_id in one["officers"]]

    return {
        "date": day,
        "overdue": mine(row.data["overdue"]),
        "due_today": mine(row.data["due_today"]),
        "owed_by_units": list(by_unit.items()),
    }


def _who(row: RegisterDay, settings: Settings) -> list[str]:
    owing = [officer_id for one in row.data["overdue"] for officer_id in one["officers"]]
    units = {one["unit"] for one in row.data["overdue"]}
    standing_in = [
        settings.roster.stand_in(officer.id, row.day).id
        for role in (Role.BRANCH_LEADER, Role.OFFICE_DIRECTOR)
        for officer in settings.roster.holders(role)
    ]
    leaders = [officer_id for officer_id in standing_in if units & _units_led(officer_id, row.day, settings)]
    return list(dict.fromkeys([*owing, *leaders]))


def _units_led(officer_id: str, day: date, settings: Settings) -> set[str | None]:
    """Return the units whose debts an officer hears of, also as somebody's deputy; the director hears of all."""
    roster = settings.roster
    if any(person.officer.id == officer_id for person in roster.addressees(Role.OFFICE_DIRECTOR, None, day)):
        return {None, *(unit.id for unit in roster.units)}
    return {unit.id for unit in roster.units if roster.stand_in(unit.branch_leader, day).id == officer_id}


def _item(one: dict[str, Any], link: str | None) -> dict[str, Any]:
    return {
        "incident_no": one["number"],
        "title": one["title"],
        "what": one["what"],
        "due_at": datetime.fromisoformat(one["due_at"]),
        "late": one.get("late"),
        "link": link,
    }


def _link(session: Session, one: dict[str, Any], officer_id: str, settings: Settings) -> str | None:
    request = session.scalars(select(Request).where(Request.public_id == one["request"])).one()
    return linking.link(settings, request, officer_id)
