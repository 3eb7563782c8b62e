"""The deadline engine against a table worked out by hand from the State Council's notices for 2025 and 2026.

The working hours are those shipped: 08:30-12:00 and 14:00-17:30, seven hours a day. All moments are Shanghai time.
The rows were written down before the program was asked; where one fails, check the notice first and the row second.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingda import settings as office_settings
from yingda.domain.calendar import SHANGHAI, Arrangements, WorkingCalendar
from yingda.domain.clocks import Span, due
from yingda.domain.errors import CalendarError
from yingda.domain.working_hours import Window, length_of_day
from yingda.settings import yaml_files

SHIPPED = office_settings.load({}).calendar
YEARS = yaml_files.validate(
    Arrangements, [yaml_files.read(office_settings.CONFIG / "calendar.yaml", "calendar.yaml")]
).years

BY_HAND = [
    # --- an ordinary week: Monday 23 to Sunday 29 November 2026
    # Monday holds 2 h until noon and 3.5 h after it; the other 1.5 h end on Tuesday at 10:00.
    ("2026-11-23 10:00", "1wd", "2026-11-24 10:00"),
    # From opening on, the day's seven hours end exactly at closing, not at Tuesday's opening.
    ("2026-11-23 08:30", "1wd", "2026-11-23 17:30"),
    # And fourteen at Tuesday's closing.
    ("2026-11-23 08:30", "2wd", "2026-11-24 17:30"),
    # Before opening nothing counts.
    ("2026-11-23 06:00", "1wd", "2026-11-23 17:30"),
    ("2026-11-23 08:29:59", "1wd", "2026-11-23 17:30"),
    # One second into the morning is lacking at closing and is made up on Tuesday.
    ("2026-11-23 08:30:01", "1wd", "2026-11-24 08:30:01"),
    # Midnight belongs to the day that begins: all of Monday is ahead.
    ("2026-11-23 00:00", "1wd", "2026-11-23 17:30"),
    # A second earlier it is still Sunday, and that makes no difference.
    ("2026-11-22 23:59:59", "1wd", "2026-11-23 17:30"),
    # As the lunch break begins: the afternoon's 3.5 h, then Tuesday's 3.5 h up to noon, not up to 14:00.
    ("2026-11-23 12:00", "1wd", "2026-11-24 12:00"),
    # In the break, to its very end: the same.
    ("2026-11-23 12:30", "1wd", "2026-11-24 12:00"),
    ("2026-11-23 14:00", "1wd", "2026-11-24 12:00"),
    # A second after the break: one second is left over at Tuesday's noon and runs after the break.
    ("2026-11-23 14:00:01", "1wd", "2026-11-24 14:00:01"),
    # A second before the break: it counts, so a second before Tuesday's break is enough.
    ("2026-11-23 11:59:59", "1wd", "2026-11-24 11:59:59"),
    # At closing nothing of Monday is left.
    ("2026-11-23 17:30", "1wd", "2026-11-24 17:30"),
    # A second before closing counts.
    ("2026-11-23 17:29:59", "1wd", "2026-11-24 17:29:59"),
    # After closing, until midnight: as at closing.
    ("2026-11-23 17:30:01", "1wd", "2026-11-24 17:30"),
    ("2026-11-23 23:59", "1wd", "2026-11-24 17:30"),
    # Over the weekend, from within Friday and from after it.
    ("2026-11-27 10:00", "1wd", "2026-11-30 10:00"),
    ("2026-11-27 20:00", "1wd", "2026-11-30 17:30"),
    ("2026-11-28 10:00", "1wd", "2026-11-30 17:30"),
    ("2026-11-29 23:59", "2wd", "2026-12-01 17:30"),
    # Five working days are a week.
    ("2026-11-25 16:00", "5wd", "2026-12-02 16:00"),
    # Ten are two, and five whole days from Monday's opening end on Friday's closing.
    ("2026-11-25 16:00", "10wd", "2026-12-09 16:00"),
    ("2026-11-23 08:30", "5wd", "2026-11-27 17:30"),
    # --- New Year 2025: Wednesday 1 January off, nothing in exchange
    # Tuesday has 0.5 h left; Thursday's 6.5 h end at 17:00. (2024 is known from the package.)
    ("2024-12-31 17:00", "1wd", "2025-01-02 17:00"),
    ("2025-01-01 09:00", "1wd", "2025-01-02 17:30"),
    # --- New Year 2026: Thursday 1 to Saturday 3 January off, Sunday 4 worked
    # Used up within the old year, so the new one is not touched.
    ("2025-12-31 08:30", "1wd", "2025-12-31 17:30"),
    # Wednesday has 1.5 h left; Sunday's 5.5 h are the morning and 2 h more.
    ("2025-12-31 16:00", "1wd", "2026-01-04 16:00"),
    ("2025-12-31 18:00", "1wd", "2026-01-04 17:30"),
    # Sunday, then Monday.
    ("2025-12-31 18:00", "2wd", "2026-01-05 17:30"),
    ("2026-01-01 00:00", "1wd", "2026-01-04 17:30"),
    # Sunday 4, Monday 5, Tuesday 6.
    ("2026-01-02 09:00", "3wd", "2026-01-06 17:30"),
    # 21 h: 2.5 on Tuesday, 7 on Wednesday, 7 on Sunday, 4.5 on Monday: the morning and one hour.
    ("2025-12-30 15:00", "3wd", "2026-01-05 15:00"),
    # From the worked Sunday into the week.
    ("2026-01-04 10:00", "1wd", "2026-01-05 10:00"),
    # --- Spring Festival 2025: Tuesday 28 January to Tuesday 4 February off; Sunday 26 January and Saturday 8 February
    # worked
    # Friday has 4.5 h; Saturday 25 is off; Sunday's 2.5 h end at 11:00.
    ("2025-01-24 11:00", "1wd", "2025-01-26 11:00"),
    # Sunday 26, Monday 27, Wednesday 5 February.
    ("2025-01-24 20:00", "3wd", "2025-02-05 17:30"),
    # One hour on the last Monday, six on the first Wednesday: the morning and 2.5 h.
    ("2025-01-27 16:30", "1wd", "2025-02-05 16:30"),
    # 5, 6, 7, the Saturday 8, and Monday 10 February.
    ("2025-01-30 09:00", "5wd", "2025-02-10 17:30"),
    ("2025-02-07 15:00", "1wd", "2025-02-08 15:00"),
    # The Sunday after the worked Saturday is off.
    ("2025-02-08 17:30", "1wd", "2025-02-10 17:30"),
    # --- Spring Festival 2026: Sunday 15 to Monday 23 February off; Saturdays 14 and 28 worked
    # 0.5 h on Friday, 6.5 h on the worked Saturday.
    ("2026-02-13 17:00", "1wd", "2026-02-14 17:00"),
    # 5.5 h on the worked Saturday, then 1.5 h on Tuesday 24.
    ("2026-02-14 10:00", "1wd", "2026-02-24 10:00"),
    ("2026-02-14 17:30", "1wd", "2026-02-24 17:30"),
    ("2026-02-22 03:00", "1wd", "2026-02-24 17:30"),
    # Each day at 10:00: 14, 24, 25, 26, 27, and the Saturday 28.
    ("2026-02-13 10:00", "6wd", "2026-02-28 10:00"),
    # The afternoon of the worked Saturday, then Monday's morning, which ends at noon.
    ("2026-02-28 14:00", "1wd", "2026-03-02 12:00"),
    ("2026-02-28 19:00", "1wd", "2026-03-02 17:30"),
    # --- Qingming: Friday 4 to Sunday 6 April 2025; Saturday 4 to Monday 6 April 2026
    ("2025-04-03 16:00", "1wd", "2025-04-07 16:00"),
    ("2026-04-03 11:00", "1wd", "2026-04-07 11:00"),
    ("2026-04-06 11:00", "1wd", "2026-04-07 17:30"),
    # --- Labour Day 2025: Thursday 1 to Monday 5 May off, Sunday 27 April worked
    ("2025-04-26 12:00", "1wd", "2025-04-27 17:30"),
    # 2 h on Wednesday; 5 h on Tuesday: the morning and 1.5 h.
    ("2025-04-30 15:30", "1wd", "2025-05-06 15:30"),
    # --- Labour Day 2026: Friday 1 to Tuesday 5 May off, Saturday 9 worked
    ("2026-04-30 18:00", "3wd", "2026-05-08 17:30"),
    # The fourth day is the worked Saturday.
    ("2026-04-30 18:00", "4wd", "2026-05-09 17:30"),
    ("2026-05-08 18:00", "1wd", "2026-05-09 17:30"),
    # 2.5 h on the worked Saturday; on Monday the morning and one hour more.
    ("2026-05-09 15:00", "1wd", "2026-05-11 15:00"),
    # --- Dragon Boat: Saturday 31 May to Monday 2 June 2025; Friday 19 to Sunday 21 June 2026
    ("2025-05-30 16:00", "1wd", "2025-06-03 16:00"),
    # One ends on Monday 22 at 09:30, the second a day later.
    ("2026-06-18 09:30", "2wd", "2026-06-23 09:30"),
    # --- National Day 2025: Wednesday 1 to Wednesday 8 October off; Sunday 28 September, Saturday 11 October worked
    ("2025-09-26 18:00", "1wd", "2025-09-28 17:30"),
    # Tuesday's afternoon, then Thursday's morning.
    ("2025-09-30 12:00", "1wd", "2025-10-09 12:00"),
    # 9, 10, and the Saturday 11.
    ("2025-10-01 00:00", "3wd", "2025-10-11 17:30"),
    # 0.5 h on the worked Saturday, 6.5 h on Monday 13.
    ("2025-10-11 17:00", "1wd", "2025-10-13 17:00"),
    # --- autumn 2026: 25 to 27 September and 1 to 7 October off; Sunday 20 September, Saturday 10 October worked
    # Saturday 19 is off and Sunday 20 is not.
    ("2026-09-18 17:30", "1wd", "2026-09-20 17:30"),
    ("2026-09-19 09:00", "1wd", "2026-09-20 17:30"),
    # 3 h on Thursday; on Monday 28 the morning and half an hour.
    ("2026-09-24 14:30", "1wd", "2026-09-28 14:30"),
    # 28, 29, 30 September, 8 and 9 October.
    ("2026-09-24 17:30", "5wd", "2026-10-09 17:30"),
    # 14 h: 5.5 on Wednesday, 7 on Thursday 8, 1.5 on Friday 9.
    ("2026-09-30 10:00", "2wd", "2026-10-09 10:00"),
    # Thursday 8, Friday 9, and the Saturday 10.
    ("2026-09-30 17:30", "3wd", "2026-10-10 17:30"),
    # The worked Saturday from before its opening, then Monday 12.
    ("2026-10-10 08:00", "2wd", "2026-10-12 17:30"),
    # --- the end of what is known: the last day can be used up, to the second
    ("2026-12-30 18:00", "1wd", "2026-12-31 17:30"),
    ("2026-12-31 08:30", "1wd", "2026-12-31 17:30"),
    # --- where others change their clocks, Shanghai does not: 8 and 29 March 2026
    ("2026-03-06 16:00", "1wd", "2026-03-09 16:00"),
    ("2026-03-27 16:00", "1wd", "2026-03-30 16:00"),
    ("2026-03-28 20:00", "48h", "2026-03-30 20:00"),
    # --- time that runs day and night
    # Over midnight.
    ("2026-11-23 23:30", "2h", "2026-11-24 01:30"),
    ("2026-11-23 23:59:50", "20s", "2026-11-24 00:00:10"),
    # Over the end of a year.
    ("2025-12-31 23:45", "30m", "2026-01-01 00:15"),
    ("2025-12-28 09:00", "7d", "2026-01-04 09:00"),
    ("2025-12-31 20:00", "5h", "2026-01-01 01:00"),
    # On the eve of Spring Festival and on National Day, as on any other day.
    ("2026-02-14 15:30", "48h", "2026-02-16 15:30"),
    ("2026-10-01 22:00", "5h", "2026-10-02 03:00"),
    ("2026-10-01 22:00", "24h", "2026-10-02 22:00"),
    # February has 28 days in 2026, and 29 in 2028, which need not be known for this.
    ("2026-02-28 12:00", "24h", "2026-03-01 12:00"),
    ("2028-02-28 12:00", "24h", "2028-02-29 12:00"),
    # Nor need 2027.
    ("2026-12-31 23:00", "5h", "2027-01-01 04:00"),
    ("2027-02-10 09:00", "7d", "2027-02-17 09:00"),
]

REFUSED = [
    # 1.5 h would be owed in January 2027, whose notice nobody has seen.
    ("2026-12-31 10:00", "1wd"),
    # At closing, so that all of it lies there.
    ("2026-12-31 17:30", "1wd"),
    # A second is lacking at closing.
    ("2026-12-31 08:30:01", "1wd"),
    ("2026-12-31 08:30", "2wd"),
    # Much of it is known, the end is not.
    ("2026-10-08 09:00", "100wd"),
    # From within.
    ("2027-01-05 10:00", "1wd"),
    # Outside working hours on a day that need not be worked at all.
    ("2027-01-01 00:00", "1wd"),
]


def at(text: str) -> datetime:
    """A UTC moment from Shanghai wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(("started", "span", "ends"), BY_HAND)
def test_a_deadline_is_the_one_worked_out_by_hand(started, span, ends):
    found = due(Span.parse(span), at(started), SHIPPED)

    assert found == at(ends), found.astimezone(SHANGHAI)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(("started", "span"), REFUSED)
def test_a_deadline_that_needs_an_unknown_year_is_refused_and_the_year_named(started, span):
    with pytest.raises(CalendarError, match=r"no data for 2027.*calendar\.yaml"):
        due(Span.parse(span), at(started), SHIPPED)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"])
@pytest.mark.parametrize(("started", "span", "ends"), BY_HAND[::8])
def test_it_does_not_matter_in_which_time_zone_a_start_is_told(zone, started, span, ends):
    assert due(Span.parse(span), at(started).astimezone(ZoneInfo(zone)), SHIPPED) == at(ends)


@pytest.mark.parametrize(
    ("hours", "started", "span", "ends"),
    [
        # One window: no lunch break.
        (["09:00-17:00"], "2026-11-23 12:30", "1wd", "2026-11-24 12:30"),
        # A day that ends at midnight is used up at midnight, which is written as the next day's beginning.
        (["16:00-24:00"], "2026-11-23 10:00", "1wd", "2026-11-24 00:00"),
        (["16:00-24:00"], "2026-11-27 20:00", "1wd", "2026-11-30 20:00"),
        # Round the clock: a working day is 24 h, weekends still do not count.
        (["00:00-24:00"], "2026-11-23 10:00", "1wd", "2026-11-24 10:00"),
        (["00:00-24:00"], "2026-11-27 10:00", "1wd", "2026-11-30 10:00"),
        (["00:00-24:00"], "2026-11-28 10:00", "1wd", "2026-12-01 00:00"),
        # Windows that touch are one: noon is nothing special.
        (["08:00-12:00", "12:00-16:00"], "2026-11-23 12:00", "1wd", "2026-11-24 12:00"),
        # Three windows: 1 h is left in the second, 1 h in the third; the other two end with Tuesday's second.
        (["08:00-09:00", "10:00-12:00", "20:00-21:00"], "2026-11-23 11:00", "1wd", "2026-11-24 11:00"),
        (["08:00-09:00", "10:00-12:00", "20:00-21:00"], "2026-11-23 12:00", "1wd", "2026-11-24 12:00"),
    ],
)
def test_other_working_hours_give_the_deadlines_worked_out_by_hand(hours, started, span, ends):
    calendar = WorkingCalendar(YEARS, [Window.parse(text) for text in hours])

    assert due(Span.parse(span), at(started), calendar) == at(ends)


# --- whatever the hours, the start and the length are


@st.composite
def calendars(draw) -> WorkingCalendar:
    """The shipped days under any working hours."""
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    hours = [Window(timedelta(minutes=opens), timedelta(minutes=closes)) for opens, closes in pairs]
    return WorkingCalendar(YEARS, hours)


starts = st.datetimes(datetime(2025, 1, 1), datetime(2026, 10, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001
lengths = st.integers(1, 30)


def windows_from(calendar: WorkingCalendar, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every window of working time that ends after `moment`, told one by one and without any of the program's sums."""
    day: date = moment.astimezone(SHANGHAI).date()
    while True:
        if calendar.is_working_day(day):
            for window in calendar.hours:
                begins, ends = (
                    datetime.combine(day, time(), SHANGHAI) + part for part in (window.opens, window.closes)
                )
                if ends > moment:
                    yield begins, ends
        day += timedelta(days=1)


def worked_between(calendar: WorkingCalendar, moment: datetime, until: datetime) -> timedelta:
    """How much working time lies between two moments."""
    worked = timedelta()
    for begins, ends in windows_from(calendar, moment):
        if begins >= until:
            return worked
        worked += min(ends, until) - max(begins, moment)
    raise AssertionError("working time ended")


@given(calendars(), starts, lengths)
def test_exactly_the_working_time_asked_for_lies_before_the_deadline_and_less_before_any_earlier_moment(
    calendar, started, days
):
    ends = calendar.add_working_days(started, days)

    owed = days * length_of_day(calendar.hours)
    assert worked_between(calendar, started, ends) == owed
    assert worked_between(calendar, started, ends - timedelta(microseconds=1)) < owed


@given(calendars(), starts, lengths)
def test_a_deadline_lies_in_working_time_or_at_its_end_and_never_before_the_start(calendar, started, days):
    ends = calendar.add_working_days(started, days)

    assert ends > started
    midnight = datetime.combine(started.date(), time(), SHANGHAI)
    containing = next(pair for pair in windows_from(calendar, midnight) if pair[1] >= ends)
    assert containing[0] < ends <= containing[1]


@given(calendars(), starts, lengths, st.timedeltas(timedelta(), timedelta(days=20)))
def test_who_starts_later_is_never_due_earlier(calendar, started, days, later):
    assert calendar.add_working_days(started, days) <= calendar.add_working_days(started + later, days)


@given(calendars(), starts, lengths)
def test_one_day_more_is_due_later(calendar, started, days):
    assert calendar.add_working_days(started, days) < calendar.add_working_days(started, days + 1)


@given(calendars(), starts, lengths, lengths)
def test_days_can_be_added_at_once_or_in_two_parts(calendar, started, some, more):
    at_once = calendar.add_working_days(started, some + more)

    assert at_once == calendar.add_working_days(calendar.add_working_days(started, some), more)


@given(starts, lengths)
def test_a_start_within_working_hours_is_due_at_its_own_time_of_day(started, days):
    clock = started.time()
    inside = time(8, 30) < clock < time(12) or time(14) < clock < time(17, 30)
    if not inside or not SHIPPED.is_working_day(started.date()):
        return
    ends = SHIPPED.add_working_days(started, days).astimezone(SHANGHAI)
    assert ends.time() == clock
    worked = sum(SHIPPED.is_working_day(started.date() + timedelta(n)) for n in range((ends - started).days))
    assert worked == days  # the first day counts for the last one, of which as much is used


@settings(max_examples=30)
@given(starts, st.integers(1, 30 * 86_400))
def test_time_that_runs_day_and_night_asks_no_calendar(started, seconds):
    nobody_knows = WorkingCalendar({}, SHIPPED.hours)
    assert due(Span(timedelta(seconds=seconds)), started, nobody_knows) - started == timedelta(seconds=seconds)
