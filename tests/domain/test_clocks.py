from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.domain.calendar import WorkingCalendar
from yingda.domain.clocks import Span, due, lateness_label, span_label
from yingda.domain.errors import CalendarError
from yingda.domain.working_hours import Window

NOBODY_KNOWS = WorkingCalendar({}, [Window.parse("08:30-17:30")])


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("20s", Span(timedelta(seconds=20))),
        ("30m", Span(timedelta(minutes=30))),
        ("2h", Span(timedelta(hours=2))),
        ("48h", Span(timedelta(days=2))),
        ("5d", Span(timedelta(days=5))),
        ("5wd", Span(working_days=5)),
    ],
)
def test_a_span_reads_each_form_the_policy_may_use_and_writes_it_again(text, span):
    assert Span.parse(text) == span
    assert str(span) == text


@pytest.mark.parametrize(
    "text", ["2x", "", "h", "2", "2 h", "-2h", "1.5h", "2H", "2h\n", "２h", "1h30m", "5 wd", "five"]
)
def test_a_span_refuses_everything_else_and_names_what_is_allowed(text):
    with pytest.raises(ValueError, match=r"is not a duration\. Write 20s, 30m, 2h, 5d or 5wd\.") as refusal:
        Span.parse(text)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("text", ["0s", "0h", "0wd", "000d"])
def test_a_span_of_no_time_is_refused(text):
    with pytest.raises(ValueError, match="no time at all"):
        Span.parse(text)


@pytest.mark.parametrize("text", ["3651d", "3651wd", "999999999d", "999999999h"])
def test_a_span_that_would_leave_the_calendar_is_refused(text):
    with pytest.raises(ValueError, match="ten years"):
        Span.parse(text)


def test_a_span_is_elapsed_time_or_working_days_and_never_both_or_neither():
    for wrong in ({}, {"elapsed": timedelta(hours=1), "working_days": 1}, {"working_days": 0}):
        with pytest.raises(ValueError, match=r"span"):
            Span(**wrong)
    with pytest.raises(ValueError, match="no span"):
        Span(timedelta(0))


@given(st.integers(1, 3_650), st.sampled_from(["s", "m", "h", "d", "wd"]))
def test_what_a_span_writes_means_the_same_when_read_again(count, unit):
    span = Span.parse(f"{count}{unit}")
    assert Span.parse(str(span)) == span
    assert pickle.loads(pickle.dumps(span)) == span  # noqa: S301


def test_hours_run_through_nights_and_holidays_without_asking_the_calendar():
    started = datetime(2026, 2, 14, 15, 30, tzinfo=UTC)
    assert due(Span.parse("48h"), started, NOBODY_KNOWS) == datetime(2026, 2, 16, 15, 30, tzinfo=UTC)


def test_working_days_ask_the_calendar():
    with pytest.raises(CalendarError, match="2026"):
        due(Span.parse("1wd"), datetime(2026, 2, 14, tzinfo=UTC), NOBODY_KNOWS)


def test_a_clock_cannot_start_at_a_moment_without_time_zone():
    for text in ("2h", "2wd"):
        with pytest.raises(ValueError, match="no time zone"):
            due(Span.parse(text), datetime(2026, 2, 14), NOBODY_KNOWS)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("2h", "2 小时", "2 hours"),
        ("48h", "48 小时", "48 hours"),
        ("24h", "24 小时", "24 hours"),
        ("1h", "1 小时", "1 hour"),
        ("7d", "7 天", "7 days"),
        ("30m", "30 分钟", "30 minutes"),
        ("90m", "90 分钟", "90 minutes"),
        ("20s", "20 秒", "20 seconds"),
        ("5wd", "5 个工作日", "5 working days"),
        ("1wd", "1 个工作日", "1 working day"),
    ],
)
def test_a_span_is_put_in_words_as_the_rules_put_it(text, chinese, english):
    assert span_label(Span.parse(text), "zh_CN") == chinese
    assert span_label(Span.parse(text), "en") == english


@pytest.mark.parametrize(
    ("late", "chinese", "english"),
    [
        (timedelta(minutes=40), "40 分钟", "40 minutes"),
        (timedelta(hours=7), "7 小时", "7 hours"),
        (timedelta(hours=1, minutes=20, seconds=59), "1 小时 20 分钟", "1 hour 20 minutes"),
        (timedelta(days=2, hours=3, minutes=59), "2 天 3 小时", "2 days 3 hours"),
        (timedelta(days=1, minutes=5), "1 天", "1 day"),
        (timedelta(seconds=59), "不到 1 分钟", "less than a minute"),
        (timedelta(minutes=-5), "不到 1 分钟", "less than a minute"),
    ],
)
def test_lateness_is_put_in_words_with_no_more_precision_than_helps(late, chinese, english):
    assert lateness_label(late, "zh_CN") == chinese
    assert lateness_label(late, "en") == english
