"""Deadlines through an incident's life, over holidays and the weekends worked for them, worked out by hand.

The rules here count in working days of seven hours, 08:30-12:00 and 14:00-17:30. All moments are Shanghai time; the
days are those of the State Council's notices for 2025 and 2026 (see tests/domain/test_deadlines.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from yingda.domain.calendar import SHANGHAI, WorkingCalendar, YearArrangement
from yingda.domain.errors import CalendarError
from yingda.domain.policy import ClockRule
from yingda.domain.severity import Severity
from yingda.services import regrading

IN_WORKING_DAYS = {
    "brief_reply": {"general": None, "major": "1h", "critical": "30m"},
    "verification": {"general": "2wd", "major": "1wd", "critical": "2h"},
    "public_word": {"general": "3wd", "major": "1wd", "critical": "5h"},
    "press_conference": {"general": None, "major": "2wd", "critical": "24h"},
    "review": {"general": "5wd", "major": "5wd", "critical": "7d"},
    "further_word": {"general": "24h", "major": "5h", "critical": "5h"},
}
NOBODY_S = {"unit": None, "title": "什么也没说清"}
"""A lead that no rule gives to a unit."""


@pytest.fixture
def office(office: Any) -> Any:
    """An office whose rules count in working days."""
    rules = {kind: ClockRule.model_validate(IN_WORKING_DAYS[kind]) for kind in office.house.policy.clocks}
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"clocks": rules}))
    return office


def at(text: str) -> datetime:
    """A UTC moment from Shanghai wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def be(office: Any, text: str) -> Any:
    """Let it be this moment."""
    office.now = at(text)
    return office


def owed(office: Any, number: str) -> dict[str, str | None]:
    """When each clock that runs is due."""
    return {
        kind: local(clock.due_at)
        for kind, clock in office.clocks(number).items()
        if clock.met_at is None and clock.cancelled_at is None
    }


def missed(office: Any, number: str, kind: str) -> str | None:
    return local(office.clocks(number)[kind].missed_at)


def rungs(office: Any, number: str, kind: str) -> list[tuple[str, str | None]]:
    """Which rungs of a clock's ladder were raised, and for which moment."""
    raised = [event.data for event in office.events(number, "rung_raised")]
    return [(one["rung"], local(datetime.fromisoformat(one["moment"]))) for one in raised if one["clock"] == kind]


def regrade(office: Any, number: str, severity: str) -> None:
    with office.case(number) as case:
        regrading.regrade(case, Severity(severity), "转载明显增多", "xia_mengjie")


# --- opened


@pytest.mark.parametrize(
    ("opened", "severity", "clocks"),
    [
        # Friday before Spring Festival, half an hour left; Saturday 14 is worked; Tuesday 24 is the next day.
        # 14 h: 0.5 + 7 + 6.5 (the morning and 3 h). 21 h: 0.5 + 7 + 7 + 6.5.
        ("2026-02-13 17:00", "general", {"verification": "2026-02-24 17:00", "public_word": "2026-02-25 17:00"}),
        # The same Friday after closing: Saturday and Tuesday whole; Wednesday too.
        ("2026-02-13 21:00", "general", {"verification": "2026-02-24 17:30", "public_word": "2026-02-25 17:30"}),
        # The eve of New Year: 1.5 h, then Sunday 4 January and Monday 5. 7 h: 1.5 + 5.5. 14 h: 1.5 + 7 + 5.5.
        (
            "2025-12-31 16:00",
            "major",
            {
                "brief_reply": "2025-12-31 17:00",
                "verification": "2026-01-04 16:00",
                "public_word": "2026-01-04 16:00",
                "press_conference": "2026-01-05 16:00",
            },
        ),
        # What is counted in hours runs through the holiday and over midnight.
        (
            "2026-10-01 22:00",
            "critical",
            {
                "brief_reply": "2026-10-01 22:30",
                "verification": "2026-10-02 00:00",
                "public_word": "2026-10-02 03:00",
                "press_conference": "2026-10-02 22:00",
            },
        ),
        # Within National Day: Thursday 8, Friday 9; and the worked Saturday 10.
        ("2026-10-03 11:00", "general", {"verification": "2026-10-09 17:30", "public_word": "2026-10-10 17:30"}),
        # The lunch break of the worked Sunday 20 September: 3.5 h, then Monday's and half of Tuesday's 7 h.
        ("2026-09-20 13:00", "general", {"verification": "2026-09-22 12:00", "public_word": "2026-09-23 12:00"}),
    ],
)
def test_what_is_owed_from_the_opening(office, opened, severity, clocks):
    be(office, opened)
    assert owed(office, office.open(severity=severity)) == clocks


def test_an_incident_whose_limit_lies_in_an_unknown_year_is_not_opened_by_halves(office):
    be(office, "2026-12-31 09:00")
    with pytest.raises(CalendarError, match="2027"):
        office.open()

    # Nothing of it was stored, and its number was not used up; what is counted in hours needs no notice.
    number = office.open(severity="critical", **NOBODY_S)
    assert number.endswith("-2026-001")
    assert owed(office, number) == {"public_word": "2026-12-31 14:00", "press_conference": "2027-01-01 09:00"}


# --- handed back


def test_handing_back_over_a_holiday_moves_no_limit(office):
    # 21 h from Wednesday 16:00: 1.5, then 7 on Thursday 8, 7 on Friday 9, 5.5 on the worked Saturday 10.
    number = be(office, "2026-09-30 16:00").open(**NOBODY_S)
    assert owed(office, number) == {"public_word": "2026-10-10 16:00"}

    # The unit is told on the holiday, so its two days are Thursday 8 and Friday 9.
    be(office, "2026-10-01 10:00").answer(number, "assign_unit", "assign", unit="liuxi")
    limits = {"public_word": "2026-10-10 16:00", "verification": "2026-10-09 17:30"}
    assert owed(office, number) == limits

    be(office, "2026-10-08 11:00").answer(number, "report", "hand_back", reason="不属本村")
    assert owed(office, number) == limits
    be(office, "2026-10-08 16:00").answer(number, "assign_unit", "assign", unit="shiqiao")
    assert owed(office, number) == limits
    assert local(office.asked(number, "report").due_at) == "2026-10-09 17:30"

    # The second time it passes the limit: missed for good, and not counted anew for the unit that is ruled upon.
    be(office, "2026-10-09 17:00").answer(number, "report", "hand_back", reason="也不属本村")
    be(office, "2026-10-10 09:00").answer(number, "assign_unit", "assign", unit="nantang")
    office.attend(number)
    assert owed(office, number) == limits
    assert missed(office, number, "verification") == "2026-10-09 17:30"
    assert missed(office, number, "public_word") is None


def test_exactly_at_its_limit_an_answer_is_in_time_and_a_second_later_it_is_late(office):
    late, in_time = (be(office, "2026-09-30 16:00").open() for _ in range(2))
    # 14 h: 1.5 + 7 on Thursday 8 + 5.5 on Friday 9.
    assert owed(office, late)["verification"] == "2026-10-09 16:00"

    be(office, "2026-10-09 16:00:00").carry_on(in_time, "report_approval")
    be(office, "2026-10-09 16:00:01").carry_on(late, "report_approval")
    assert missed(office, in_time, "verification") is None
    assert missed(office, late, "verification") == "2026-10-09 16:00"


# --- regraded


def test_regrading_counts_every_limit_from_the_original_start(office):
    number = be(office, "2026-02-13 17:00").open()

    # On the worked Saturday. One working day from Friday 17:00: 0.5 + 6.5 h; two: 7 more minus 0.5 on Tuesday 24.
    be(office, "2026-02-14 09:00")
    regrade(office, number, "major")
    assert owed(office, number) == {
        "brief_reply": "2026-02-13 18:00",
        "verification": "2026-02-14 17:00",
        "public_word": "2026-02-14 17:00",
        "press_conference": "2026-02-24 17:00",
    }
    assert missed(office, number, "brief_reply") == "2026-02-13 18:00"

    # Five hours from Friday 17:00 were over before anybody regraded, so they count as missed at once.
    be(office, "2026-02-14 09:30")
    regrade(office, number, "critical")
    assert owed(office, number) == {
        "brief_reply": "2026-02-13 17:30",
        "verification": "2026-02-13 19:00",
        "public_word": "2026-02-13 22:00",
        "press_conference": "2026-02-14 17:00",
    }
    assert missed(office, number, "public_word") == "2026-02-13 22:00"
    assert missed(office, number, "press_conference") is None

    # Back down after the festival: the first limits again, what was missed stays missed.
    be(office, "2026-02-24 09:00")
    regrade(office, number, "general")
    assert owed(office, number) == {"verification": "2026-02-24 17:00", "public_word": "2026-02-25 17:00"}
    assert missed(office, number, "public_word") == "2026-02-13 22:00"
    assert missed(office, number, "press_conference") == "2026-02-14 17:00"


def test_regrading_counts_from_the_first_notice_to_a_unit_whoever_holds_it_now(office):
    # Saturday 9 May is worked. 7 h from Friday 16:00: 1.5 + 5.5, so Saturday 16:00.
    number = be(office, "2026-05-08 16:00").open()
    be(office, "2026-05-09 10:00").answer(number, "report", "hand_back", reason="不属本村")
    be(office, "2026-05-11 09:00").answer(number, "assign_unit", "assign", unit="shiqiao")

    regrade(office, number, "major")

    assert owed(office, number)["verification"] == "2026-05-09 16:00"
    assert owed(office, number)["brief_reply"] == "2026-05-08 17:00"
    assert missed(office, number, "verification") == "2026-05-09 16:00"


def test_a_regrade_whose_limit_lies_in_an_unknown_year_changes_nothing(office):
    number = be(office, "2026-12-30 09:00").open(severity="critical", **NOBODY_S)
    be(office, "2026-12-30 09:30")
    before = owed(office, number)
    # Three working days from Wednesday 30: one lies in January 2027.
    with pytest.raises(CalendarError, match="2027"):
        regrade(office, number, "general")

    assert office.incident(number).severity is Severity.CRITICAL
    assert owed(office, number) == before
    assert office.events(number, "regraded") == []


# --- extended


def test_an_extension_holds_over_the_weekend_and_the_first_limit_stays_on_record(office):
    # 14 h from Friday 16:00: 1.5 + 7 on the worked Saturday + 5.5 on Monday 11.
    number = be(office, "2026-05-08 16:00").open()
    assert owed(office, number)["verification"] == "2026-05-11 16:00"
    be(office, "2026-05-09 10:00").answer(
        number, "report", "request_extension", reason="等检测结果", until="2026-05-12T10:00:00+08:00"
    )
    assert owed(office, number)["verification"] == "2026-05-11 16:00"

    be(office, "2026-05-09 11:00").answer(number, "extension", "grant")
    assert owed(office, number)["verification"] == "2026-05-12 10:00"
    clock = office.clocks(number)["verification"]
    assert (local(clock.started_at), local(clock.original_due_at)) == ("2026-05-08 16:00", "2026-05-11 16:00")
    assert local(office.asked(number, "report").due_at) == "2026-05-12 10:00"

    # The ladder follows: 60% of the 90 h from Friday 16:00 are 54 h, which is Sunday at 22:00.
    be(office, "2026-05-10 21:59").attend(number)
    assert rungs(office, number, "verification") == []
    be(office, "2026-05-10 22:00").attend(number)
    assert rungs(office, number, "verification") == [("60%", "2026-05-10 22:00")]

    be(office, "2026-05-12 10:00").carry_on(number, "report_approval")
    assert missed(office, number, "verification") is None


def test_an_extension_granted_too_late_does_not_undo_what_was_missed(office):
    number = be(office, "2026-05-08 16:00").open()
    be(office, "2026-05-11 15:00").answer(
        number, "report", "request_extension", reason="等检测结果", until="2026-05-13T10:00:00+08:00"
    )
    be(office, "2026-05-11 16:30").answer(number, "extension", "grant")

    assert owed(office, number)["verification"] == "2026-05-13 10:00"
    assert missed(office, number, "verification") == "2026-05-11 16:00"


def test_a_refused_extension_leaves_the_limit_and_it_runs_out(office):
    number = be(office, "2026-02-13 17:00").open()
    be(office, "2026-02-14 15:00").answer(
        number, "report", "request_extension", reason="节后再办", until="2026-03-02T10:00:00+08:00"
    )
    be(office, "2026-02-24 08:00").answer(number, "extension", "refuse", reason="按时办结")

    be(office, "2026-02-24 17:00").attend(number)
    assert missed(office, number, "verification") is None
    be(office, "2026-02-24 17:01").attend(number)
    assert missed(office, number, "verification") == "2026-02-24 17:00"


def test_a_regrade_that_leaves_a_limit_as_it_was_leaves_the_time_that_was_granted(office):
    rules = dict(office.house.policy.clocks)
    rules["verification"] = ClockRule.model_validate({"general": "1wd", "major": "1wd", "critical": "1wd"})
    office.house = replace(office.house, policy=office.house.policy.model_copy(update={"clocks": rules}))
    number = be(office, "2026-05-08 16:00").open()
    be(office, "2026-05-09 10:00").answer(
        number, "report", "request_extension", reason="等检测结果", until="2026-05-12T10:00:00+08:00"
    )
    be(office, "2026-05-09 11:00").answer(number, "extension", "grant")

    be(office, "2026-05-11 09:00")
    regrade(office, number, "major")

    assert owed(office, number)["verification"] == "2026-05-12 10:00"
    assert missed(office, number, "verification") is None


# --- reopened


def test_reopening_takes_limits_up_from_where_they_started(office):
    # 21 h from Tuesday 15:00: 2.5, 7 on Wednesday 31, 7 on the worked Sunday 4 January, 4.5 on Monday 5.
    number = be(office, "2025-12-30 15:00").open(**NOBODY_S)
    assert owed(office, number) == {"public_word": "2026-01-05 15:00"}
    be(office, "2025-12-31 10:00").answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.answer(number, "close", "close", result="不予受理")
    assert owed(office, number) == {}

    be(office, "2026-01-02 10:00").reopen(number, "assign_unit")
    assert owed(office, number) == {"public_word": "2026-01-05 15:00"}
    assert missed(office, number, "public_word") is None

    # The unit's time begins with the first notice, on the worked Sunday: 6.5 h + 7 on Monday + 0.5 on Tuesday.
    be(office, "2026-01-04 09:00").answer(number, "assign_unit", "assign", unit="liuxi")
    assert owed(office, number) == {"public_word": "2026-01-05 15:00", "verification": "2026-01-06 09:00"}


def test_what_ran_out_while_it_was_closed_is_missed_when_it_is_reopened(office):
    number = be(office, "2025-09-26 18:00").open(**NOBODY_S)
    # Sunday 28 is worked, Monday 29, Tuesday 30: the three days end on the eve of National Day.
    assert owed(office, number) == {"public_word": "2025-09-30 17:30"}
    be(office, "2025-09-28 09:00").answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.answer(number, "close", "close", result="不予受理")

    be(office, "2025-10-09 09:00").reopen(number, "assign_unit")
    office.attend(number)
    assert owed(office, number) == {"public_word": "2025-09-30 17:30"}
    assert missed(office, number, "public_word") == "2025-09-30 17:30"


def test_reopening_does_not_owe_again_what_was_met_in_time(office):
    number = be(office, "2026-02-13 09:00").open()
    be(office, "2026-02-13 15:00").carry_on(number, "publication")
    be(office, "2026-02-14 16:00").publish(number)
    be(office, "2026-02-14 16:30").answer(number, "close", "close", result="已办结")

    be(office, "2026-02-25 09:00").reopen(number, "verification")
    office.attend(number)
    clocks = office.clocks(number)
    assert (local(clocks["verification"].met_at), clocks["verification"].missed_at) == ("2026-02-13 15:00", None)
    assert local(clocks["public_word"].met_at) == "2026-02-14 16:00"
    assert "public_word" not in owed(office, number)


# --- closed, and a review owed


def closing_on(office: Any, text: str) -> str:
    """An incident that only waits to be closed."""
    number: str = be(office, text).bring_to("publication")
    office.publish(number)
    return number


def test_the_review_is_owed_in_working_days_from_the_closing(office):
    # 35 h: 1.5 on Thursday 24 + 7 on Friday, Monday, Tuesday and Wednesday + 5.5 on Thursday 31.
    number = closing_on(office, "2026-12-24 16:00")
    office.answer(number, "close", "close", result="已办结")
    assert owed(office, number) == {"review": "2026-12-31 16:00"}


def test_closing_waits_for_the_notice_of_the_year_that_the_review_falls_in(office):
    number = closing_on(office, "2026-12-25 16:00")
    # One day later the last 5.5 h lie in January.
    with pytest.raises(CalendarError, match="2027"):
        office.answer(number, "close", "close", result="已办结")
    assert office.incident(number).closed_at is None
    assert office.asked(number, "close").state == "open"

    # Once the notice stands in calendar.yaml: Friday 1 January off, Monday 4 is the day.
    holiday = {"name": "元旦", "first": "2027-01-01", "last": "2027-01-03"}
    notice = YearArrangement.model_validate({"holidays": [holiday]})
    years = {2026: YearArrangement(holidays=()), 2027: notice}
    office.house = replace(office.house, calendar=WorkingCalendar(years, office.house.policy.working_hours))
    office.answer(number, "close", "close", result="已办结")
    assert owed(office, number) == {"review": "2027-01-04 16:00"}


# --- merged: rows about merging and unmerging over holidays follow here
