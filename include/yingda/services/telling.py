"""Telling: what is owed to whom by mail. Writes outbox messages with ids and facts; links and words come at sending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.life import RequestKind
from yingda.domain.roles import Role
from yingda.domain.roster import Addressee as Person
from yingda.services import speaking
from yingda.services.case import Case
from yingda.settings import Settings
from yingda.store import outbox
from yingda.store.models import Clock, Decision, ReportedLead, Request, Revision


def mail_domain(settings: Settings) -> str:
    """Return the right side of our Message-IDs: the office's own mail domain."""
    return settings.roster.office.email.rpartition("@")[2]


def _owe(case: Case, key: str, template: str, officer_id: str, **values: Any) -> bool:
    return outbox.owe(
        case.session,
        case.incident,
        key=key,
        template=template,
        officer_id=officer_id,
        at=case.now,
        domain=mail_domain(case.settings),
        **values,
    )


def asked(case: Case, request: Request, person: Person) -> None:
    """Owe the mail that asks: one a request and person."""
    _owe(
        case,
        f"request:{request.public_id}:{person.officer.id}",
        "request",
        person.officer.id,
        request_id=request.id,
        deputy_for=person.deputy_for.id if person.deputy_for else None,
    )


def rung(
    case: Case, clock: Clock, key: str, moment: datetime, person: Person, *, told_as: str, request: Request | None
) -> None:
    """Owe the reminder of a rung: one a clock, rung and person.

    :param key: names the rung in its clock
    :param moment: when the clock came to the rung (UTC), which may be well before anybody looked
    :param told_as: `asked` or the role by which the ladder names the person
    :param request: what this person can answer, if they were asked
    """
    _owe(
        case,
        f"rung:{clock.id}:{key}:{person.officer.id}",
        "ladder",
        person.officer.id,
        request_id=request.id if request else None,
        deputy_for=person.deputy_for.id if person.deputy_for else None,
        clock_id=clock.id,
        told_as=told_as,
        rung=key,
        moment=moment.isoformat(),
        raised_at=case.now.isoformat(),
    )


def nobody_may_answer(
    case: Case, kind: RequestKind, roles: Sequence[Role], revision: Revision | None, subject: str = ""
) -> None:
    """Tell the duty officers, once, that a request finds nobody who may answer it."""
    about = subject or (revision.sha256[:16] if revision else case.incident.unit_id or "-")
    if notice(
        case,
        "nobody_may_answer",
        f"{kind.value}:{roles[0].value}:{about}",
        request_kind=kind.value,
        role=roles[0].value,
    ):
        case.record("nobody_may_answer", request_kind=kind.value, role=roles[0].value)


def notice(case: Case, about: str, key: str, **values: Any) -> bool:
    """Tell the duty officers of a problem that needs a person, once by `key`; True if this is the first time."""
    first = False
    for person in case.settings.roster.addressees(Role.DUTY_OFFICER, None, shanghai_date(case.now)):
        first |= _owe(
            case,
            f"notice:{case.incident.id}:{about}:{key}:{person.officer.id}",
            "notice",
            person.officer.id,
            about=about,
            **values,
        )
    return first


def lead_came_in(session: Session, lead: ReportedLead, settings: Settings, now: datetime) -> None:
    """Tell the duty officers, once each, that a lead waits for them."""
    for person in settings.roster.addressees(Role.DUTY_OFFICER, None, shanghai_date(now)):
        outbox.owe(
            session,
            None,
            key=f"lead:{lead.public_id}:{person.officer.id}",
            template="notice",
            officer_id=person.officer.id,
            at=now,
            domain=mail_domain(settings),
            about="lead_reported",
            lead=lead.public_id,
        )


def lead_waits(
    session: Session, lead: ReportedLead, rung: str, person: Person, settings: Settings, now: datetime
) -> bool:
    """Owe the reminder that a lead still waits: one a lead, rung and person; True if this is the first time.

    :param rung: names the reminder, by how long after the report it is due
    """
    return outbox.owe(
        session,
        None,
        key=f"lead_waits:{lead.public_id}:{rung}:{person.officer.id}",
        template="notice",
        officer_id=person.officer.id,
        at=now,
        domain=mail_domain(settings),
        about="lead_waits",
        lead=lead.public_id,
        raised_at=now.isoformat(),
    )


def wording(case: Case, revision: Revision) -> None:
    """Owe the agreed wording, and who may speak, to the officers concerned: those of the unit and those who speak."""
    policy, roster = case.settings.policy, case.settings.roster
    roles: Iterable[Role] = (
        Role.INFORMATION_OFFICER,
        Role.SECTION_HEAD,
        Role.BRANCH_LEADER,
        Role.DUTY_OFFICER,
        Role.MEDIA_LIAISON,
        Role.OFFICE_DIRECTOR,
        Role.OFFICE_DEPUTY,
        *policy.spokesperson[case.incident.severity],
        *policy.interviewee[case.incident.severity],
    )
    for role in roles:
        for person in roster.reached(role, case.incident.unit_id, shanghai_date(case.now)):
            _owe(
                case,
                f"wording:{revision.id}:{person.officer.id}",
                "wording",
                person.officer.id,
                revision_id=revision.id,
            )
    named = speaking.designated(case.incident, case.settings)
    if named is not None:
        there = speaking.standing_in(named, case.settings, case.now).officer
        _owe(case, f"wording:{revision.id}:{there.id}", "wording", there.id, revision_id=revision.id)


def emergency_plan(case: Case, decision: Decision, people: Iterable[Person]) -> None:
    """Owe the mail that the group leader decided on the emergency plan: one a decision and person."""
    for person in people:
        _owe(
            case,
            f"emergency_plan:{decision.id}:{person.officer.id}",
            "emergency",
            person.officer.id,
            decision_id=decision.id,
            deputy_for=person.deputy_for.id if person.deputy_for else None,
        )
