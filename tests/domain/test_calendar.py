from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from yingda import settings
from yingda.domain.calendar import (
    SHANGHAI,
    Arrangements,
    WorkingCalendar,
    YearArrangement,
    published_arrangement,
    shanghai_date,
)
from yingda.domain.errors import CalendarError
from yingda.domain.working_hours import Window

HOURS = (Window.parse("08:30-12:00"), Window.parse("14:00-17:30"))


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return settings.load({}).calendar


def at(text: str) -> datetime:
    """A UTC moment from Shanghai wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def test_an_ordinary_week_has_five_working_days(calendar):
    monday = date(2026, 11, 23)
    worked = [calendar.is_working_day(monday + timedelta(days=n)) for n in range(7)]
    assert worked == [True] * 5 + [False] * 2


def test_a_holiday_on_a_weekday_is_off_and_its_make_up_weekend_day_is_worked(calendar):
    assert not calendar.is_working_day(date(2026, 2, 17))
    assert calendar.is_working_day(date(2026, 2, 14))
    assert not calendar.is_working_day(date(2025, 10, 8))
    assert calendar.is_working_day(date(2025, 10, 11))


def test_working_days_step_over_the_spring_festival_and_count_the_make_up_days(calendar):
    friday = at("2026-02-13T10:00")
    assert calendar.add_working_days(friday, 1) == at("2026-02-14T10:00")
    assert calendar.add_working_days(friday, 2) == at("2026-02-24T10:00")
    assert calendar.add_working_days(friday, 6) == at("2026-02-28T10:00")


def test_days_are_those_of_shanghai_and_not_of_utc(calendar):
    late_on_friday_in_utc = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # Saturday 01:00 in Shanghai
    assert shanghai_date(late_on_friday_in_utc) == date(2026, 11, 21)
    moment = calendar.add_working_days(late_on_friday_in_utc, 1)
    assert moment == at("2026-11-23T17:30")
    assert moment.tzinfo is UTC


def test_no_working_days_is_the_moment_itself_and_fewer_are_refused(calendar):
    assert calendar.add_working_days(at("2026-02-17T10:00"), 0) == at("2026-02-17T10:00")
    with pytest.raises(ValueError, match="-1"):
        calendar.add_working_days(at("2026-02-17T10:00"), -1)
    with pytest.raises(ValueError, match="no time zone"):
        calendar.add_working_days(datetime(2026, 2, 17), 1)  # noqa: DTZ001


def test_a_calendar_without_working_hours_or_with_hours_out_of_order_is_refused():
    with pytest.raises(ValueError, match="one window at least"):
        WorkingCalendar({}, [])
    with pytest.raises(ValueError, match="begins before"):
        WorkingCalendar({}, [Window.parse("14:00-17:30"), Window.parse("08:30-12:00")])


def test_a_year_that_nobody_has_arranged_is_refused_with_the_year_and_the_remedy(calendar):
    with pytest.raises(CalendarError, match=r"2031.*calendar\.yaml.*YINGDA_CALENDAR"):
        calendar.is_working_day(date(2031, 1, 4))


def test_a_count_that_runs_into_an_unknown_year_is_refused_too():
    only_2026 = WorkingCalendar({2026: YearArrangement(holidays=())}, HOURS)
    assert only_2026.add_working_days(at("2026-12-30T10:00"), 1) == at("2026-12-31T10:00")
    with pytest.raises(CalendarError, match="2027"):
        only_2026.add_working_days(at("2026-12-30T10:00"), 2)


def test_days_of_a_new_years_holiday_that_lie_in_the_old_year_count():
    calendar = WorkingCalendar(
        Arrangements.model_validate(
            {
                "years": {
                    "2022": {"holidays": []},
                    "2023": {"holidays": [{"name": "元旦", "first": "2022-12-30", "last": "2023-01-02"}]},
                }
            }
        ).years,
        HOURS,
    )
    assert not calendar.is_working_day(date(2022, 12, 30))


@pytest.mark.parametrize("year", [2025, 2026])
def test_our_own_data_agree_with_the_published_notice_on_every_day(calendar, year):
    published = WorkingCalendar({}, HOURS, published_arrangement)
    day = date(year, 1, 1)
    while day.year == year:
        assert calendar.is_working_day(day) == published.is_working_day(day), day
        day += timedelta(days=1)


def test_the_package_is_not_believed_about_a_year_whose_notice_it_has_not_seen():
    assert published_arrangement(2024) is not None
    assert published_arrangement(2099) is None


def test_the_file_wins_over_the_package():
    calendar = WorkingCalendar({2024: YearArrangement(holidays=())}, HOURS, published_arrangement)
    assert calendar.is_working_day(date(2024, 10, 1))


@pytest.mark.parametrize(
    ("arrangement", "said"),
    [
        ({"holidays": [{"name": "元旦", "first": "2026-01-03", "last": "2026-01-01"}]}, "Swap"),
        ({"holidays": [{"name": "元旦", "first": "2026-01-01", "last": "2027-01-01"}]}, "longer than a month"),
        ({"holidays": [{"name": "元旦", "first": "1月1日", "last": "2026-01-01"}]}, "is not a date"),
        ({"holidays": [], "working": ["2026-11-23"]}, "no Saturday or Sunday"),
        (
            {"holidays": [{"name": "国庆", "first": "2026-10-01", "last": "2026-10-07"}], "working": ["2026-10-03"]},
            "Keep it in one place",
        ),
        ({"holidays": [{"name": "元旦", "first": "2025-01-01", "last": "2025-01-01"}]}, "not in 2026"),
        ({"holidays": [], "working": ["2027-01-02"]}, "not in 2026"),
    ],
)
def test_an_arrangement_that_cannot_be_is_refused(arrangement, said):
    with pytest.raises(ValidationError, match=said):
        Arrangements.model_validate({"years": {"2026": arrangement}})


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 10, 31), ()),
        (date(2026, 11, 1), (2027,)),
        (date(2026, 12, 31), (2027,)),
        (date(2027, 1, 1), (2027,)),
        (date(2027, 11, 1), (2027, 2028)),
        (date(2025, 11, 30), ()),
    ],
)
def test_the_coming_year_is_missed_from_november_on_and_the_present_one_always(today, missing):
    known = WorkingCalendar({year: YearArrangement(holidays=()) for year in (2025, 2026)}, HOURS)
    assert known.missing_years(today) == missing


def test_a_year_that_the_package_has_the_notice_of_is_not_missing():
    assert WorkingCalendar({}, HOURS, published_arrangement).missing_years(date(2025, 11, 5)) == ()
