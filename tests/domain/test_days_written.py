"""Days as people write them: any notation comes back, garbage is refused, nothing is misread."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yingda.domain import days_written
from yingda.domain.days_written import EARLIEST, LATEST, NotADay

TODAY = date(2026, 11, 23)
FULL_WIDTH = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")

days = st.dates(EARLIEST, LATEST)
NOTATIONS = {
    "iso": lambda d: d.isoformat(),
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "dots": lambda d: f"{d.year}.{d.month:02}.{d.day}",
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "chinese with blanks": lambda d: f" {d.year} 年 {d.month} 月 {d.day} 日 ",
    "colloquial": lambda d: f"{d.year}年{d.month:02}月{d.day:02}号",
    "before": lambda d: f"{d.year}年{d.month}月{d.day}日前",
    "eight digits": lambda d: f"{d:%Y%m%d}",
    "full width": lambda d: f"{d.year}年{d.month}月{d.day}日".translate(FULL_WIDTH),
    "full width dashes": lambda d: d.isoformat().translate(FULL_WIDTH),
    "with midnight": lambda d: f"{d.isoformat()} 00:00:00",
    "serial as text": lambda d: str((d - days_written.EXCEL_EPOCH).days),
    "serial": lambda d: (d - days_written.EXCEL_EPOCH).days,
    "serial as float": lambda d: float((d - days_written.EXCEL_EPOCH).days),
    "eight digits as number": lambda d: d.year * 10_000 + d.month * 100 + d.day,
    "date": lambda d: d,
    "moment": lambda d: datetime.combine(d, time(9, 30)),
}


@given(day=days, notation=st.sampled_from(sorted(NOTATIONS)))
def test_any_day_in_any_notation_comes_back(day: date, notation: str):
    assert days_written.read(NOTATIONS[notation](day), TODAY) == day


@given(day=days, today=st.dates(EARLIEST, date(2180, 1, 1)))
@example(day=date(2000, 2, 29), today=date(2096, 3, 1))
def test_a_day_without_a_year_is_the_next_such_day_today_included(day: date, today: date):
    read = days_written.read(f"{day.month}月{day.day}日", today)
    assert read is not None
    assert (read.month, read.day) == (day.month, day.day)
    assert read >= today
    between = (today + timedelta(days=n) for n in range((read - today).days))
    assert not any((one.month, one.day) == (day.month, day.day) for one in between)


def test_today_itself_is_the_next_such_day():
    assert days_written.read("11月23日", TODAY) == TODAY
    assert days_written.read("11月22日", TODAY) == date(2027, 11, 22)
    assert days_written.read("１１月３０日", TODAY) == date(2026, 11, 30)


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_workbook_may_count_its_serial_numbers_from_1904(day: date):
    epoch = date(1904, 1, 1)
    assert days_written.read((day - epoch).days, TODAY, epoch=epoch) == day


@pytest.mark.parametrize("none", [None, "", "  ", "无", "长期", "长期坚持", " 无 ", "—", "-", "N/A", "Ongoing"])
def test_what_says_that_there_is_no_day_is_no_day(none: str | None):
    assert days_written.read(none, TODAY) is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("下周五", "notation"),
        ("年底前", "notation"),
        ("2026年11月", "notation"),
        ("11/30", "notation"),
        ("11.30", "notation"),
        ("30/11/2026", "notation"),
        ("11/30/2026", "notation"),
        ("26-11-30", "notation"),
        ("2026-11/30", "notation"),
        ("2026-11-30 14:00", "notation"),
        ("2026-11-30至2026-12-30", "notation"),
        ("2026-11-30或12-30", "notation"),
        ("12", "notation"),
        ("1130", "notation"),
        ("无限期2026", "notation"),
        ("二〇二六年十一月三十日", "notation"),
        (True, "notation"),
        (time(9, 0), "notation"),
        (timedelta(days=1), "notation"),
        (float("nan"), "notation"),
        (float("inf"), "notation"),
        (20261130.5, "notation"),
        ("2026-02-30", "no_such_day"),
        ("2026年13月1日", "no_such_day"),
        ("20260231", "no_such_day"),
        (20261301, "no_such_day"),
        ("2月30日", "no_such_day"),
        ("0月1日", "no_such_day"),
        ("1926-11-30", "far_away"),
        ("2926-11-30", "far_away"),
        (1, "far_away"),
        (-5, "far_away"),
        (999_999, "far_away"),
        (date(1999, 12, 31), "far_away"),
    ],
)
def test_what_is_no_day_for_certain_is_refused_with_the_reason(value: object, why: str):
    with pytest.raises(NotADay) as refused:
        days_written.read(value, TODAY)
    assert refused.value.why == why
    assert days_written.said(why, "en") != days_written.said(why, "zh_CN")


def test_where_no_today_is_given_the_year_must_be_written():
    with pytest.raises(NotADay) as refused:
        days_written.read("11月30日", None)
    assert refused.value.why == "no_year"


@given(st.text(max_size=20) | st.text(alphabet="0123456789年月日-/. :", max_size=14) | st.integers() | st.floats())
def test_garbage_is_refused_or_read_as_a_day_within_reach_and_nothing_else_happens(value: object):
    try:
        read = days_written.read(value, TODAY)
    except NotADay:
        return
    assert read is None or EARLIEST <= read <= LATEST


@given(st.text(alphabet="0123456789年月日-/.", min_size=1, max_size=12))
def test_what_is_read_has_the_digits_of_the_day(value: str):
    """A day that is read out of a text is written in it: its digits in order, or as a serial number."""
    try:
        read = days_written.read(value, TODAY)
    except NotADay:
        return
    if read is None:
        return
    digits = "".join(sign for sign in value if sign.isdigit())
    serial = str((read - days_written.EXCEL_EPOCH).days)
    forms = {
        f"{y}{m}{d}"
        for y in (str(read.year), "")
        for m in (str(read.month), f"{read.month:02}")
        for d in (str(read.day), f"{read.day:02}")
    }
    assert digits in forms | {serial, "0" + serial}
