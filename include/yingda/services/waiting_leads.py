"""Waiting leads: reported leads that nobody took up are reminded of, further up the longer they wait.

Each reminder is raised once, by its unique key; of several that came due while nobody looked only the latest is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.life import LeadState
from yingda.domain.policy import LeadReminder, LeadRule
from yingda.domain.severity import Severity
from yingda.services import telling
from yingda.services.case import SYSTEM
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import ReportedLead


def remind(session: Session, settings: Settings, now: datetime) -> int:
    """Owe the reminders that are due of leads that wait; return of how many leads.

    May run at any time, twice, and beside itself. A lead that somebody is settling just now is left alone.

    :param now: aware UTC
    """
    waiting = session.scalars(
        select(ReportedLead)
        .where(ReportedLead.state == LeadState.NEW)
        .order_by(ReportedLead.id)
        .with_for_update(skip_locked=True)
    )
    reminded = 0
    for lead in waiting:
        reminder = due(settings.policy.leads, lead.severity, lead.urgent, lead.reported_at, now)
        if reminder is not None and _raise(session, lead, reminder, settings, now):
            reminded += 1
    return reminded


def due(rule: LeadRule, severity: Severity, urgent: bool, reported_at: datetime, now: datetime) -> LeadReminder | None:
    """Return the latest reminder of a lead that is due, None where none is yet."""
    came = [
        one
        for one in _reminders(rule, severity, urgent)
        if one.after.elapsed is not None and reported_at + one.after.elapsed <= now
    ]
    return came[-1] if came else None


def waits_from(rule: LeadRule, severity: Severity, urgent: bool, reported_at: datetime) -> datetime | None:
    """Return the moment (UTC) of the first reminder of a lead, None where nobody is reminded."""
    spans = [one.after.elapsed for one in _reminders(rule, severity, urgent) if one.after.elapsed is not None]
    return reported_at + spans[0] if spans else None


def _reminders(rule: LeadRule, severity: Severity, urgent: bool) -> tuple[LeadReminder, ...]:
    return rule.remind[Severity.MAJOR if urgent and severity is Severity.GENERAL else severity]


def _raise(session: Session, lead: ReportedLead, reminder: LeadReminder, settings: Settings, now: datetime) -> bool:
    told = sorted(
        {
            person.officer.id
            for role in reminder.tell
            for person in settings.roster.reached(role, lead.unit_id, shanghai_date(now))
            if telling.lead_waits(session, lead, str(reminder.after), person, settings, now)
        }
    )
    if told:
        audit.record(
            session,
            None,
            "lead_reminded",
            actor=SYSTEM,
            at=now,
            lead=lead.public_id,
            after=str(reminder.after),
            to=told,
        )
    return bool(told)
