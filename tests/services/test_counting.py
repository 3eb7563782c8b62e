"""How punctual the office was: what counts, against which date, and that a drill changes no figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from yingda.domain.clocks import ClockKind
from yingda.domain.life import DocumentKind
from yingda.domain.severity import Severity
from yingda.services import counting, merging, regrading
from yingda.services.counting import Rounds, Split, Statistics, Tally

DAYS = timedelta(days=1)


def counted(office: Any, *, since: timedelta = -30 * DAYS, until: timedelta = 30 * DAYS, **wanted: Any) -> Statistics:
    """The figures from `since` to `until` of now."""
    with office.transaction() as session:
        return counting.statistics(session, office.now + since, office.now + until, office.now, **wanted)


def figure(found: Statistics, kind: str) -> tuple[int, Tally, Tally]:
    """Owed, against the original date, against the present one."""
    [one] = [one for one in found.on_time if one.kind is ClockKind(kind)]
    return one.owed, one.by_original_due, one.by_due


def a_busy_week(office: Any, *, drill: bool) -> None:
    """One of everything: in time, late, never, extended, handed back, returned, dismissed, regraded."""
    begun = office.now
    office.bring_to("statement", drill=drill)
    late = office.open(drill=drill)
    slow = office.open(drill=drill, unit="nantang", title="南塘水质")
    back = office.open(drill=drill, title="退了又退")
    office.answer(back, "report", "hand_back", reason="不归我们")
    office.answer(back, "assign_unit", "assign", unit="urban_management")
    given_up = office.open(drill=drill, title="与本街道无关")
    office.answer(given_up, "report", "hand_back", reason="不归我们")
    office.answer(given_up, "assign_unit", "dismiss", reason="不属本街道")
    grave = office.open(drill=drill, severity="critical", title="桥面塌陷")
    office.answer(grave, "brief_reply", "submit", reply="已到现场")
    office.answer(slow, "report", "request_extension", reason="化验", until=(begun + timedelta(hours=9)).isoformat())
    office.answer(slow, "extension", "grant")
    office.later(hours=3)
    office.carry_on(late, "report_approval")
    office.answer(late, "approve_report", "return", comment="写清原因")
    office.later(hours=3)
    office.carry_on(late, "publication")
    office.publish(late)
    office.carry_on(slow, "publication")
    office.publish(slow)
    office.later(hours=20)


def test_an_office_where_nothing_happened_has_empty_figures(office):
    found = counted(office)
    assert found.is_empty
    assert [one.kind for one in found.on_time] == list(ClockKind)
    assert found.first_word_median is None
    assert figure(found, "review") == (0, Tally(0, 0, 0, 0), Tally(0, 0, 0, 0))
    assert found.on_time[0].by_due.rate is None


def test_what_is_done_late_or_not_at_all_is_told_apart(office):
    a_busy_week(office, drill=False)
    found = counted(office)
    # In time, late, extended, handed back and never reported, critical and never reported; not the dismissed one.
    owed, original, present = figure(found, "verification")
    assert owed == 5
    assert original == Tally(in_time=1, late=2, missed=2, running=0)
    assert present == Tally(in_time=2, late=1, missed=2, running=0)
    assert figure(found, "brief_reply")[1:] == (Tally(1, 0, 0, 0),) * 2
    assert figure(found, "public_word")[1:] == (Tally(in_time=2, late=0, missed=1, running=2),) * 2
    assert figure(found, "press_conference")[1:] == (Tally(0, 0, 1, 0),) * 2
    assert found.hand_backs == 2
    assert found.rounds == (Rounds(DocumentKind.REPORT, 3, 4), Rounds(DocumentKind.STATEMENT, 2, 2))
    assert (found.first_word_count, found.first_word_median) == (2, timedelta(hours=6))
    assert original.rate == pytest.approx(0.2)


def test_drills_beside_real_incidents_change_no_figure(office):
    begun = office.now
    a_busy_week(office, drill=False)
    narrowed: list[dict[str, Any]] = [{}, {"unit": "liuxi"}, {"unit": "nantang"}, {"severity": Severity.CRITICAL}]
    alone = [counted(office, **wanted) for wanted in narrowed]
    assert not any(one.is_empty for one in alone)

    office.now = begun
    a_busy_week(office, drill=True)

    assert [counted(office, **wanted) for wanted in narrowed] == alone


def test_drills_alone_leave_everything_empty(office):
    a_busy_week(office, drill=True)
    assert counted(office).is_empty


def test_an_extension_makes_nothing_punctual_against_the_first_date(office):
    number = office.open()
    until = office.now + timedelta(hours=5)
    office.answer(number, "report", "request_extension", reason="等供电所", until=until.isoformat())
    office.answer(number, "extension", "grant")

    office.later(hours=3)
    assert figure(counted(office), "verification") == (1, Tally(0, 0, 1, 0), Tally(0, 0, 0, 1))

    office.carry_on(number, "report_approval")
    assert figure(counted(office), "verification") == (1, Tally(0, 1, 0, 0), Tally(1, 0, 0, 0))


def test_an_extension_granted_after_the_time_ran_out_leaves_it_late(office):
    number = office.open()
    until = office.now + timedelta(hours=5)
    office.answer(number, "report", "request_extension", reason="等供电所", until=until.isoformat())
    office.later(hours=3)
    office.answer(number, "extension", "grant")
    assert figure(counted(office), "verification")[1:] == (Tally(0, 0, 1, 0),) * 2

    office.later(hours=1)
    office.carry_on(number, "report_approval")

    assert office.clocks(number)["verification"].missed_at is not None
    assert figure(counted(office), "verification")[1:] == (Tally(0, 1, 0, 0),) * 2


def test_done_at_the_very_moment_is_in_time_and_a_moment_later_is_not(office):
    first, second = office.open(), office.open(title="另一件")
    office.later(hours=2)
    assert figure(counted(office), "verification")[1] == Tally(0, 0, 0, 2)
    office.carry_on(first, "report_approval")
    office.later(seconds=1)
    assert figure(counted(office), "verification")[1] == Tally(1, 0, 1, 0)
    office.carry_on(second, "report_approval")
    assert figure(counted(office), "verification")[1:] == (Tally(1, 1, 0, 0),) * 2


def test_what_a_dismissal_drops_counts_only_if_it_was_missed_by_then(office):
    for hours in (0, 3):
        number = office.open()
        office.answer(number, "report", "hand_back", reason="不归我们")
        office.later(hours=hours)
        office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.later(days=3)
    found = counted(office)
    assert figure(found, "verification") == (1, Tally(0, 0, 1, 0), Tally(0, 0, 1, 0))
    assert figure(found, "public_word")[0] == 0


def test_what_a_merge_drops_counts_only_if_it_was_missed_by_then_and_counts_again_once_undone(office):
    target, early = office.open(title="留下的"), office.open(title="很快并入")
    late = office.open(title="超时后并入")
    _merge(office, early, target)
    office.later(hours=3)
    _merge(office, late, target)
    office.later(days=3)
    found = counted(office)
    assert figure(found, "verification") == (2, Tally(0, 0, 2, 0), Tally(0, 0, 2, 0))
    assert figure(found, "public_word") == (1, Tally(0, 0, 1, 0), Tally(0, 0, 1, 0))

    with office.transaction() as session:
        merging.unmerge(session, early, "", "account:duty", office.house, office.now)

    found = counted(office)
    assert figure(found, "verification") == (3, Tally(0, 0, 3, 0), Tally(0, 0, 3, 0))
    assert figure(found, "public_word") == (2, Tally(0, 0, 2, 0), Tally(0, 0, 2, 0))


def _merge(office: Any, number: str, into: str) -> None:
    with office.transaction() as session:
        merging.merge(session, number, into, "同一件事", "account:duty", office.house, office.now)


def test_a_promise_made_anew_is_owed_once_and_one_answered_is_done(office):
    number = office.bring_to("statement")
    promise = {"text": "公布结果", "unit": "liuxi", "due": (office.now + 2 * DAYS).isoformat()}
    body = {"kind": "holding", "title": "阶段性说明", "body": "正在检测。"}
    office.answer(number, "draft_statement", "submit", **body, commitments=[promise])
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    office.later(days=1)
    office.reopen(number, "statement")
    anew = {**promise, "due": (office.now + 3 * DAYS).isoformat()}
    office.answer(number, "draft_statement", "submit", **body, commitments=[anew])
    office.answer(number, "sign_statement", "approve")
    office.publish(number)
    assert figure(counted(office), "commitment") == (1, Tally(0, 0, 0, 1), Tally(0, 0, 0, 1))

    office.answer(number, "commitment", "submit", answer="已公布", evidence=[])
    assert figure(counted(office), "commitment") == (1, Tally(1, 0, 0, 0), Tally(1, 0, 0, 0))


def test_a_regrade_moves_the_present_date_and_not_the_first(office):
    number = office.open()
    office.later(hours=6)
    with office.case(number) as case:
        regrading.regrade(case, Severity.MAJOR, "媒体转载", "account:duty")
    found = counted(office)
    assert figure(found, "public_word") == (1, Tally(0, 0, 0, 1), Tally(0, 0, 1, 0))
    assert figure(counted(office, severity=Severity.GENERAL), "public_word")[0] == 0
    assert figure(counted(office, severity=Severity.MAJOR), "public_word")[0] == 1


def test_a_stretch_begins_with_its_first_moment_and_ends_before_its_last(office):
    number = office.bring_to("publication")
    due = office.clocks(number)["verification"].original_due_at
    office.publish(number)
    at = office.publications(number)[0].confirmed_at
    second = timedelta(microseconds=1)

    def owed(since: Any, until: Any) -> int:
        with office.transaction() as session:
            return next(
                one.owed
                for one in counting.on_time(session, since, until, office.now)
                if one.kind is ClockKind.VERIFICATION
            )

    def words(since: Any, until: Any) -> int:
        with office.transaction() as session:
            return counting.first_word(session, since, until)[0]

    def texts(since: Any, until: Any) -> int:
        with office.transaction() as session:
            return sum(one.revisions for one in counting.back_and_forth(session, since, until)[1])

    for moment, count, all_of_them in ((due, owed, 1), (at, words, 1), (at, texts, 2)):
        assert count(moment, moment + second) == all_of_them
        assert count(moment - second, moment) == 0
        assert count(moment + second, moment + DAYS) == 0
        assert count(moment, moment) == 0


def test_the_first_word_is_the_first_whatever_follows_and_the_middle_one_is_told(office):
    begun = office.now
    numbers = [office.open(title=f"第 {place} 件") for place in range(4)]
    for place, hours in ((0, 1), (1, 2), (2, 30)):
        office.now = begun + timedelta(hours=hours)
        office.carry_on(numbers[place], "publication")
        office.publish(numbers[place])
    found = counted(office)
    assert (found.first_word_count, found.first_word_median) == (3, timedelta(hours=2))

    office.later(days=2)
    office.reopen(numbers[0], "statement")
    office.carry_on(numbers[0], "publication")
    office.publish(numbers[0])

    assert counted(office).first_word_median == timedelta(hours=2)
    assert counted(office, since=-timedelta(hours=1)).first_word_count == 0
    two = counted(office, until=begun + timedelta(hours=3) - office.now)
    assert (two.first_word_count, two.first_word_median) == (2, timedelta(hours=1.5))


def test_a_hand_back_counts_for_who_handed_back_and_a_promise_for_who_promised(office):
    number = office.open()
    office.answer(number, "report", "hand_back", reason="不归我们")
    office.answer(number, "assign_unit", "assign", unit="urban_management")
    office.carry_on(number, "statement")
    promise = {"text": "清运完毕", "unit": "nantang", "due": (office.now + 2 * DAYS).isoformat()}
    body = {"kind": "holding", "title": "阶段性说明", "body": "正在清运。", "commitments": [promise]}
    office.answer(number, "draft_statement", "submit", **body)
    office.answer(number, "sign_statement", "approve")
    office.publish(number)

    assert [counted(office, unit=unit).hand_backs for unit in ("liuxi", "urban_management", "nantang")] == [1, 0, 0]
    owed = {
        unit: {one.kind.value for one in counted(office, unit=unit).on_time if one.owed}
        for unit in ("liuxi", "urban_management", "nantang")
    }
    assert owed == {"liuxi": set(), "urban_management": {"verification", "public_word"}, "nantang": {"commitment"}}
    assert figure(counted(office), "commitment") == (1, Tally(0, 0, 0, 1), Tally(0, 0, 0, 1))


def test_the_number_of_queries_does_not_grow_with_the_incidents(office):
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    def queries() -> int:
        seen.clear()
        event.listen(office.engine, "before_cursor_execute", note)
        counted(office, unit="liuxi")
        event.remove(office.engine, "before_cursor_execute", note)
        return len(seen)

    few = queries()
    assert few == 3
    for place in range(4):
        office.bring_to("statement", title=f"第 {place} 件")
    assert queries() == few


def test_a_moment_without_a_zone_is_refused(office):
    naive = office.now.replace(tzinfo=None)
    with office.transaction() as session, pytest.raises(Exception, match="time zone"):
        counting.on_time(session, naive, office.now, office.now)


def apart(office: Any, split: str, **wanted: Any) -> dict[str, dict[str, tuple[int, Tally]]]:
    """By part and clock: how many were owed, and what became of them against the present date."""
    with office.transaction() as session:
        found = counting.parts(
            session, office.now - 60 * DAYS, office.now + 60 * DAYS, office.now, Split(split), **wanted
        )
    return {part.key: {one.kind.value: (one.owed, one.by_due) for one in part.on_time if one.owed} for part in found}


def test_figures_told_apart_add_up_to_the_whole(office):
    a_busy_week(office, drill=False)
    a_busy_week(office, drill=True)
    whole = {one.kind.value: one.owed for one in counted(office, since=-60 * DAYS, until=60 * DAYS).on_time if one.owed}
    for split in ("unit", "severity", "month"):
        found = apart(office, split)
        summed = {kind: sum(part.get(kind, (0, None))[0] for part in found.values()) for kind in whole}
        assert summed == whole, split
    units = apart(office, "unit")
    assert units["nantang"]["verification"] == (1, Tally(in_time=1, late=0, missed=0, running=0))
    assert units["urban_management"]["verification"] == (1, Tally(in_time=0, late=0, missed=1, running=0))
    severities = apart(office, "severity")
    assert list(severities) == ["general", "critical"]
    assert severities["critical"]["press_conference"] == (1, Tally(0, 0, 1, 0))
    assert set(apart(office, "severity", unit="nantang")) == {"general"}


def test_a_month_is_the_one_in_shanghai(office):
    # Due on 30 November at 23:30 and on 1 December at 00:30 in Shanghai: the same day in UTC.
    office.now = office.now.replace(month=11, day=30, hour=13, minute=30)
    office.open(title="月底")
    office.later(hours=1)
    office.open(title="月初")
    office.later(hours=30)
    found = apart(office, "month")
    assert {month: kinds["verification"][0] for month, kinds in found.items() if "verification" in kinds} == {
        "2026-11": 1,
        "2026-12": 1,
    }


def test_a_month_between_in_which_nothing_was_due_is_shown_as_such(office):
    office.now = office.now.replace(year=2026, month=11, day=24, hour=3)
    office.open()
    office.now = office.now.replace(year=2027, month=2, day=8, hour=3)
    office.open()
    with office.transaction() as session:
        since, until = office.now.replace(year=2026, month=1), office.now.replace(month=3)
        found = counting.parts(session, since, until, office.now, counting.Split.MONTH)
    assert [part.key for part in found] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert [sum(one.owed for one in part.on_time) for part in found] == [2, 0, 0, 2]


@pytest.mark.parametrize("split", list(Split))
def test_telling_apart_is_one_query_however_many_parts_there_are(office, split):
    for unit in ("liuxi", "sanitation", "economy"):
        office.open(unit=unit)
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(office.engine, "before_cursor_execute", heard)
    with office.transaction() as session:
        found = counting.parts(session, office.now - DAYS, office.now + 3 * DAYS, office.now, split)
    event.remove(office.engine, "before_cursor_execute", heard)
    assert found
    assert len(asked) == 1
