"""The windows of a working day: read, checked, measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from yingda.domain.working_hours import Window, WorkingHours, length_of_day

HOURS = TypeAdapter(WorkingHours)


@pytest.mark.parametrize("text", ["08:30-12:00", "00:00-24:00", "23:59-24:00", "00:00-00:01"])
def test_a_window_is_read_and_written_as_the_policy_writes_it(text):
    assert str(Window.parse(text)) == text


def test_a_window_measures_from_midnight():
    window = Window.parse("08:30-12:00")
    assert (window.opens, window.closes) == (timedelta(hours=8.5), timedelta(hours=12))
    assert window.length == timedelta(hours=3.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8:30-12:00", "no window of working hours. Write 08:30-12:00"),
        ("08:30", "no window"),
        ("08:30 - 12:00", "no window"),
        ("08:30–12:00", "no window"),
        ("08：30-12：00", "no window"),
        ("08:60-12:00", "no window"),
        ("０8:30-12:00", "no window"),
        ("08:30-12:00\n", "no window"),
        ("", "no window"),
        (None, "no window"),
        (830, "no window"),
        ("12:00-08:30", "ends before it has begun"),
        ("22:00-06:00", "ends before it has begun"),
        ("08:30-08:30", "ends before it has begun"),
        ("24:00-24:00", "ends before it has begun"),
        ("20:00-24:01", "leaves the day. Stay within 00:00-24:00"),
        ("25:00-26:00", "leaves the day"),
    ],
)
def test_what_is_no_window_is_refused_with_the_value_and_the_remedy(text, said):
    with pytest.raises(ValueError, match=r"Write|Stay") as refused:
        Window.parse(text)
    assert repr(text) in str(refused.value)
    assert said in str(refused.value)


def test_windows_stand_in_order_and_may_touch():
    hours = HOURS.validate_python(["08:30-12:00", "12:00-13:00", "14:00-17:30"])
    assert length_of_day(hours) == timedelta(hours=8)


@pytest.mark.parametrize(
    ("windows", "place"),
    [
        (["14:00-17:30", "08:30-12:00"], "1"),
        (["08:30-12:00", "11:59-17:30"], "1"),
        (["08:30-12:00", "08:30-12:00"], "1"),
        (["08:00-18:00", "09:00-10:00"], "1"),
        (["08:30-12:00", "14:00-17:30", "17:00-19:00"], "2"),
    ],
)
def test_windows_out_of_order_or_overlapping_are_refused_where_they_stand(windows, place):
    with pytest.raises(ValidationError, match=rf"{place}: .*begins before .* has ended"):
        HOURS.validate_python(windows)


def test_no_window_at_all_is_refused():
    with pytest.raises(ValidationError, match="at least 1"):
        HOURS.validate_python([])
