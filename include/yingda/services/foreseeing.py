"""Foreseeing: what the office must see to before it stops the counting of its deadlines."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from yingda.domain.calendar import shanghai_date
from yingda.domain.roles import Role
from yingda.services.telling import mail_domain
from yingda.settings import Settings
from yingda.store import outbox


def missing_year(settings: Settings, today: date) -> int | None:
    """Return the first year that calendar.yaml should know on `today` and does not; None where nothing is missing.

    Without that year's arrangement no working day in it can be counted: whatever policy measures in working days is
    refused there. From 1 November on the year to come counts as missing too, since its notice is published then.

    :param today: a date in Shanghai
    """
    return next(iter(settings.calendar.missing_years(today)), None)


def warn(session: Session, settings: Settings, now: datetime) -> bool:
    """Tell the duty officers once a week of a year that the calendar lacks; True if this is news.

    :param now: aware UTC
    """
    today = shanghai_date(now)
    year = missing_year(settings, today)
    if year is None:
        return False
    week = today.isocalendar()
    news = False
    for person in settings.roster.addressees(Role.DUTY_OFFICER, None, today):
        news |= outbox.owe(
            session,
            None,
            key=f"calendar:{year}:{week.year}-{week.week}:{person.officer.id}",
            template="notice",
            officer_id=person.officer.id,
            at=now,
            domain=mail_domain(settings),
            about="calendar_missing",
            year=year,
        )
    return news
