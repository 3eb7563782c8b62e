"""Each watched site is ticked off once a day, by whoever looked first; the list may change, what was done stays."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.errors import FieldsRefused
from yingda.domain.fields import check
from yingda.domain.leads import CheckSite
from yingda.domain.policy import Site
from yingda.services import watching
from yingda.store.models import Event, SiteRound

TODAY = date(2026, 11, 23)


def look_at(office: Any, site: str, who: str = "account:wang", **fields: str) -> bool:
    form = check(CheckSite, {"site": site, **fields}, office.house.locale)
    with office.transaction() as session:
        return watching.look_at(session, form, who, office.house, office.now)


def round_of(office: Any, day: date = TODAY) -> watching.Round:
    with office.transaction() as session:
        return watching.round_of(session, day, office.house, office.now)


def rows(office: Any) -> list[SiteRound]:
    with office.transaction() as session:
        return list(session.scalars(select(SiteRound).order_by(SiteRound.id)))


def checked(office: Any) -> list[Event]:
    with office.transaction() as session:
        return list(session.scalars(select(Event).where(Event.kind == "site_checked").order_by(Event.id)))


def watch(office: Any, *ids: str) -> None:
    sites = tuple(Site(id=one, name=f"名 {one}", name_en=one, url=f"https://{one}.example/") for one in ids)
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"watched_sites": sites}))


def test_the_list_of_the_day_says_what_is_missing(office: Any) -> None:
    watch(office, "forum", "board")
    assert round_of(office).missing == ("forum", "board")

    assert look_at(office, "board", note="两条新帖")

    found = round_of(office)
    assert (found.today, found.owed, found.missing) == (True, True, ("forum",))
    assert [(one.id, one.checked_at, one.note) for one in found.sites] == [
        ("forum", None, ""),
        ("board", office.now, "两条新帖"),
    ]
    [event] = checked(office)
    assert (event.actor, event.incident_id) == ("account:wang", None)
    assert event.data == {"site": "board", "day": "2026-11-23"}


def test_the_second_tick_changes_nothing(office: Any) -> None:
    watch(office, "forum")
    assert look_at(office, "forum", note="第一")
    at = office.now
    office.later(hours=1)

    assert not look_at(office, "forum", who="account:li", note="第二")

    [row] = rows(office)
    assert (row.actor, row.at, row.note) == ("account:wang", at, "第一")
    assert len(checked(office)) == 1


def test_of_many_who_tick_at_once_one_is_first(office: Any) -> None:
    watch(office, "forum")
    start, came = threading.Barrier(6), []

    def tick(n: int) -> None:
        start.wait()
        came.append(look_at(office, "forum", who=f"account:{n}"))

    threads = [threading.Thread(target=tick, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(came) == [False] * 5 + [True]
    assert (len(rows(office)), len(checked(office))) == (1, 1)


def test_an_unknown_site_is_refused_with_the_list_and_another_day_with_today(office: Any) -> None:
    watch(office, "forum", "board")
    for site in ("nowhere", "FORUM", "' or 1=1"):
        with pytest.raises(FieldsRefused) as refused:
            look_at(office, site)
        assert "forum, board" in refused.value.fields["site"]
    for day in ("2026-11-22", "2026-11-24", "昨天"):
        with pytest.raises(FieldsRefused) as refused:
            look_at(office, "forum", day=day)
        assert "2026-11-23" in refused.value.fields["day"]
    assert rows(office) == []
    assert look_at(office, "forum", day="2026-11-23")


def test_the_day_is_that_of_shanghai(office: Any) -> None:
    watch(office, "forum")
    office.now = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    assert look_at(office, "forum")
    office.later(minutes=1)
    assert look_at(office, "forum")

    assert [row.day for row in rows(office)] == [date(2026, 11, 23), date(2026, 11, 24)]


def test_what_left_the_list_stays_readable_and_is_missed_by_nobody(office: Any) -> None:
    watch(office, "forum", "board")
    look_at(office, "forum", note="旧")
    watch(office, "board", "fresh")

    found = round_of(office)

    assert [(one.id, one.listed, one.note) for one in found.sites] == [
        ("board", True, ""),
        ("fresh", True, ""),
        ("forum", False, "旧"),
    ]
    assert found.missing == ("board", "fresh")
    with pytest.raises(FieldsRefused):
        look_at(office, "forum")


def test_an_empty_list_owes_nothing(office: Any) -> None:
    watch(office)

    assert (round_of(office).sites, round_of(office).missing) == ((), ())
    with pytest.raises(FieldsRefused):
        look_at(office, "forum")


@pytest.mark.parametrize(
    ("day", "owed"),
    [
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 10), True),  # Saturday worked in exchange
        (date(2026, 11, 23), True),
        (date(2999, 1, 1), None),
    ],
)
def test_a_round_is_owed_on_working_days_and_nobody_guesses(office: Any, day: date, owed: bool | None) -> None:
    assert round_of(office, day).owed is owed


def test_ticking_is_allowed_on_days_off_and_in_unknown_years(office: Any) -> None:
    watch(office, "forum")
    for now in (datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2035, 5, 1, 6, tzinfo=UTC)):
        office.now = now
        assert look_at(office, "forum")
    assert round_of(office, date(2035, 5, 1)).owed is None
