from datetime import UTC, datetime, timedelta

from yingda.domain.calendar import WorkingCalendar, YearArrangement
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.policy import ClockRule
from yingda.domain.severity import Severity
from yingda.domain.shares import OwedByOne, Share, gravest, is_graver, together
from yingda.domain.working_hours import Window

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in Shanghai
HOUR = timedelta(hours=1)
WORD = ClockKind.PUBLIC_WORD
RULE = ClockRule(general="48h", major="5h", critical="5h")
CALENDAR = WorkingCalendar({2026: YearArrangement(holidays=())}, [Window.parse("08:30-17:30")])


def a_share(severity: str, started_at: datetime, hours: int, **clock: datetime) -> Share:
    return Share(Severity(severity), False, {WORD: OwedByOne(started_at, started_at + hours * HOUR, **clock)})


def due(share: Share, severity: str) -> datetime:
    return share.due(WORD, RULE, Severity(severity), False, CALENDAR)


def test_the_gravest_counts_and_those_that_a_person_overruled_do_not():
    shares = [a_share("general", NINE, 48), a_share("major", NINE, 5)]
    assert gravest(shares) is Severity.MAJOR
    overruled = Share(Severity.CRITICAL, False, {}, counts=False)
    assert gravest([*shares, overruled]) is Severity.MAJOR
    assert is_graver(Severity.CRITICAL, Severity.MAJOR)
    assert not is_graver(Severity.MAJOR, Severity.MAJOR)


def test_another_severity_counts_from_the_clocks_own_start():
    share = a_share("general", NINE, 48)
    assert due(share, "general") == NINE + 48 * HOUR
    assert due(share, "critical") == NINE + 5 * HOUR


def test_more_time_stays_granted_where_the_severity_asks_for_the_same():
    share = a_share("major", NINE, 9)
    assert due(share, "critical") == NINE + 9 * HOUR
    assert due(share, "general") == NINE + 48 * HOUR


def test_more_time_granted_to_all_holds_at_every_severity_until_it_is_taken_away():
    share = a_share("major", NINE, 5, extended_to=NINE + 7 * HOUR)
    assert due(share, "general") == due(share, "major") == NINE + 7 * HOUR


def test_together_they_owe_by_the_earliest_of_each():
    early, late = a_share("general", NINE, 48), a_share("major", NINE + 2 * HOUR, 5)
    owed = together(WORD, [early, late], RULE, Severity.MAJOR, False, CALENDAR)
    assert owed == (NINE, NINE + 5 * HOUR)
    more_time = a_share("major", NINE, 20)
    owed = together(WORD, [more_time, late], RULE, Severity.MAJOR, False, CALENDAR)
    assert owed == (NINE, NINE + 7 * HOUR)


def test_working_days_are_counted_from_each_ones_own_start():
    rule = ClockRule(general="1wd", major=Span.parse("5h"), critical="5h")
    share = a_share("major", NINE, 5)
    assert share.due(WORD, rule, Severity.GENERAL, False, CALENDAR) == NINE + 24 * HOUR


def test_what_is_written_down_is_read_again():
    share = Share(
        Severity.MAJOR,
        True,
        {WORD: OwedByOne(NINE, NINE + HOUR, NINE + HOUR, None, NINE + 3 * HOUR)},
        counts=False,
    )
    assert Share.from_record(share.as_record()) == share
