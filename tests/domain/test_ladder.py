from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from yingda.domain.calendar import WorkingCalendar, YearArrangement
from yingda.domain.clocks import Span
from yingda.domain.ladder import Rung, climb, parse_at
from yingda.domain.working_hours import Window

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in Shanghai
DUE = START + timedelta(hours=2)
CALENDAR = WorkingCalendar({2026: YearArrangement(holidays=())}, [Window.parse("08:30-17:30")])


def test_a_share_divides_the_clock_and_all_of_it_is_exactly_the_due_time():
    assert Rung(Fraction(60, 100), ("asked",)).moment(START, DUE, CALENDAR) == START + timedelta(minutes=72)
    assert Rung(Fraction(1), ("asked",)).moment(START, DUE, CALENDAR) == DUE
    assert Rung(Fraction(2), ("group_leader",)).moment(START, DUE, CALENDAR) == START + timedelta(hours=4)


def test_shares_of_odd_clocks_do_not_drift():
    odd = START + timedelta(seconds=7, microseconds=1)
    assert Rung(Fraction(1), ("asked",)).moment(START, odd, CALENDAR) == odd


def test_a_span_counts_from_the_start_whatever_is_due():
    assert Rung(Span.parse("30m"), ("asked",)).moment(START, DUE, CALENDAR) == START + timedelta(minutes=30)
    assert Rung(Span.parse("1wd"), ("asked",)).moment(START, DUE, CALENDAR) == START + timedelta(days=3)


@pytest.mark.parametrize("text", ["60%", "100%", "1%", "2000%", "30m", "48h", "5wd"])
def test_a_rung_is_named_as_the_policy_writes_it(text):
    assert Rung(parse_at(text), ("asked",)).key == text


@pytest.mark.parametrize("text", ["0%", "2001%", "-5%", "6.5%", "half", "60 %", "", "0m", None, 60])
def test_a_place_that_is_neither_share_nor_span_is_refused_with_the_forms_allowed(text):
    with pytest.raises(ValueError, match=r"no place on a ladder\. Write a share"):
        parse_at(text)


def test_climbing_orders_the_rungs_by_when_this_clock_reaches_them():
    rungs = (Rung(Fraction(1), ("asked",)), Rung(Span.parse("90m"), ("asked",)), Rung(Fraction(1, 2), ("asked",)))
    assert [rung.key for _, rung in climb(rungs, START, DUE, CALENDAR)] == ["50%", "90m", "100%"]
    short = START + timedelta(minutes=10)
    assert [rung.key for _, rung in climb(rungs, START, short, CALENDAR)] == ["50%", "100%", "90m"]
