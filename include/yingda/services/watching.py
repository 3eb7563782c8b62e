"""Watching (巡查): once a day somebody looks at each site of the policy's list and says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from yingda.domain import speech
from yingda.domain.calendar import shanghai_date
from yingda.domain.errors import CalendarError, FieldsRefused
from yingda.domain.leads import CheckSite
from yingda.services.naming import Named
from yingda.services.naming import actor as named
from yingda.settings import Settings
from yingda.store import audit
from yingda.store.models import SiteRound


@dataclass(frozen=True)
class SiteSeen:
    """A site on a day: who looked first, and when; nobody yet where these are None.

    :param listed: it stands on the policy's list today; what was ticked off earlier stays readable without it
    """

    id: str
    name: str
    url: str | None
    listed: bool
    checked_by: Named | None
    checked_at: datetime | None
    note: str


@dataclass(frozen=True)
class Round:
    """The round of a day, a date in Shanghai.

    :param owed: whether it is a working day; None where the working calendar does not know the year
    :param missing: ids of the sites on the list that nobody looked at
    """

    day: date
    today: bool
    owed: bool | None
    sites: tuple[SiteSeen, ...]
    missing: tuple[str, ...]


def look_at(session: Session, given: CheckSite, actor: str, settings: Settings, now: datetime) -> bool:
    """Tick a site off for today, once a day; True if this is the first time. Later ones change nothing.

    :raises FieldsRefused: the site is not on the list, or another day than today is meant
    """
    today = shanghai_date(now)
    wrong: dict[str, str] = {}
    known = [site.id for site in settings.policy.watched_sites]
    if given.site not in known:
        listed = ", ".join(known) or "–"
        wrong["site"] = speech.said("不在巡查清单上，可选：%(listed)s", settings.speaks, listed=listed)
    if given.day and given.day != today.isoformat():
        wrong["day"] = speech.said("只能登记今天（%(today)s）的巡查", settings.speaks, today=today)
    if wrong:
        raise FieldsRefused(wrong)
    row = insert(SiteRound).values(day=today, site=given.site, actor=actor, at=now, note=given.note)
    first = session.execute(row.on_conflict_do_nothing()).rowcount == 1  # type: ignore[attr-defined]
    if first:
        audit.record(session, None, "site_checked", actor=actor, at=now, site=given.site, day=today.isoformat())
    return first


def round_of(session: Session, day: date, settings: Settings, now: datetime) -> Round:
    """Return who looked at what on a day, and what is missing of the list as it is today."""
    rows = {row.site: row for row in session.scalars(select(SiteRound).where(SiteRound.day == day))}
    listed = {site.id: site for site in settings.policy.watched_sites}
    gone = [row for row in rows.values() if row.site not in listed]
    sites = [
        _seen(site.id, site.label(settings.speaks), site.url, rows.get(site.id), settings) for site in listed.values()
    ]
    sites += [_seen(row.site, row.site, None, row, settings) for row in sorted(gone, key=lambda row: row.id)]
    return Round(
        day=day,
        today=day == shanghai_date(now),
        owed=_owed(day, settings),
        sites=tuple(sites),
        missing=tuple(site for site in listed if site not in rows),
    )


def _owed(day: date, settings: Settings) -> bool | None:
    try:
        return settings.calendar.is_working_day(day)
    except CalendarError:
        return None


def _seen(site: str, name: str, url: str | None, row: SiteRound | None, settings: Settings) -> SiteSeen:
    return SiteSeen(
        id=site,
        name=name,
        url=url,
        listed=url is not None,
        checked_by=named(row.actor, settings) if row else None,
        checked_at=row.at if row else None,
        note=row.note if row else "",
    )
