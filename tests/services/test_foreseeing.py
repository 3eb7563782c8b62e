"""The year whose working days cannot be counted yet is named in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import select

from yingda.domain.calendar import WorkingCalendar, YearArrangement
from yingda.domain.clocks import Span
from yingda.domain.ladder import Rung, climb
from yingda.services.composing import compose
from yingda.services.foreseeing import missing_year, warn
from yingda.store.models import OutboxMessage


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2027, 12, 1), 2027),
    ],
)
def test_the_first_year_that_is_missing_is_named(office, today, missing):
    known = WorkingCalendar({2026: YearArrangement(holidays=())}, office.house.policy.working_hours)
    assert missing_year(replace(office.house, calendar=known), today) == missing


def test_nothing_is_missing_once_the_notice_was_added(office):
    years = {year: YearArrangement(holidays=()) for year in (2026, 2027)}
    known = WorkingCalendar(years, office.house.policy.working_hours)
    assert missing_year(replace(office.house, calendar=known), date(2026, 12, 1)) is None


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_duty_officers_are_told_once_a_week_and_the_mail_says_what_to_do(office, locale):
    office.house = replace(office.house, locale=locale)
    for _ in range(2):
        with office.transaction() as session:
            warn(session, office.house, office.now)
    office.later(days=7)
    with office.transaction() as session:
        assert warn(session, office.house, office.now)
        owed = list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
        assert [message.officer_id for message in owed] == ["ding_yifan", "xia_mengjie"] * 2
        letter = compose(session, owed[0], office.house)
    assert "2027" in letter.text
    assert "calendar.yaml" in letter.text
    assert letter.subject


def test_a_rung_in_a_year_that_nobody_knows_holds_up_no_other(office):
    number = office.open()
    clock = office.clocks(number)["public_word"]
    rungs = (Rung(at=Span.parse("200wd"), tell=("asked",)), Rung(at=Fraction(3, 5), tell=("asked",)))
    climbed = climb(rungs, clock.started_at, clock.due_at, office.house.calendar)
    assert [rung.key for _, rung in climbed] == ["60%"]
