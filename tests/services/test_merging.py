"""Incidents that go on as one and come apart again: clocks worked out by hand, records that are equal afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import select, text

from yingda.domain.errors import ConfRefused, FieldsRefused, IncidentNotFound, NotNow, RequestEnded
from yingda.domain.life import Outcome, SendState, Stage
from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.services import attending, linking, merging, moving, opening, passing, publishing, regrading
from yingda.services.answering import Claims, look
from yingda.services.passing import RunState
from yingda.settings import CONFIG
from yingda.store.models import Base, Merge, OutboxMessage, Pass, SourceLink

SHANGHAI = ZoneInfo("Asia/Shanghai")
ACTOR = "account:duty"
LINK = "https://forum.example.org/thread/7"
OTHER_LINK = "https://forum.example.org/thread/8"
STAGES = ("assign_unit", "brief_reply", "verification", "report_approval", "statement", "statement_approval")


def merge(office: Any, number: str, into: str, reason: str = "同一件事") -> None:
    with office.transaction() as session:
        merging.merge(session, number, into, reason, ACTOR, office.house, office.now)


def unmerge(office: Any, number: str, reason: str = "并非同一件事") -> None:
    with office.transaction() as session:
        merging.unmerge(session, number, reason, ACTOR, office.house, office.now)


def regrade(office: Any, number: str, severity: str) -> None:
    with office.case(number) as case:
        regrading.regrade(case, Severity(severity), "关注上升", "xia_mengjie")


def at(office: Any, clock_time: str, day: int = 23) -> Any:
    """Let it be this time of a day of November 2026 in Shanghai; the 23rd is a Monday."""
    hour, minute = map(int, clock_time.split(":"))
    office.now = datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)
    return office


def local(moment: datetime | None) -> str | None:
    return moment.astimezone(SHANGHAI).strftime("%d %H:%M") if moment else None


def with_policy(office: Any, **clocks: dict[str, str]) -> None:
    """Let the office change how long some clocks run."""
    plain = yaml.safe_load((CONFIG / "policy.yaml").read_text("utf-8"))
    plain["clocks"].update(clocks)
    office.house = replace(office.house, policy=Policy.model_validate(plain))


def dues(office: Any, number: str) -> dict[str, str | None]:
    """What is still owed by when, in Shanghai."""
    return {
        kind: local(clock.due_at)
        for kind, clock in office.clocks(number).items()
        if clock.met_at is None and clock.cancelled_at is None
    }


def starts(office: Any, number: str) -> dict[str, str | None]:
    return {kind: local(clock.started_at) for kind, clock in office.clocks(number).items()}


def records(office: Any) -> dict[str, list[Any]]:
    """Every row of every table as PostgreSQL writes it, without the events and what counts them."""
    told = {"event", "chain_head", "merge"}
    kept: dict[str, list[Any]] = {}
    with office.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in told:
                continue
            rows = connection.execute(text(f'SELECT to_jsonb(one) AS row FROM "{table.name}" AS one')).scalars()  # noqa: S608
            # The run that drove the source ends with the merge; another one is started once it is undone.
            left_out = {"seq", "ended_at"} if table.name == "pass" else {"seq"}
            plain = [{key: value for key, value in row.items() if key not in left_out} for row in rows]
            kept[table.name] = sorted(plain, key=repr)
    return kept


def assert_equal_records(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> None:
    for table, rows in before.items():
        assert after[table] == rows, table


def running(*_: Any) -> RunState:
    return RunState.ENDED


def owed(office: Any, number: str) -> Any:
    with office.transaction() as session:
        return passing.owed(session, number, office.house, office.now, running)


# ── What becomes of the source


def test_the_source_ends_as_merged_and_asks_nobody_any_more(office):
    source, target = office.open(source_url=LINK), office.open(title="柳溪村停电", source_url=OTHER_LINK)
    office.later(minutes=5)
    merge(office, source, target)

    incident = office.incident(source)
    assert (incident.stage, incident.outcome, incident.closed_at) == (Stage.CLOSED, Outcome.MERGED, office.now)
    assert office.open_requests(source) == []
    assert {request.ended_why for request in office.requests(source)} == {"merged"}
    assert dues(office, source) == {}
    assert {event.data["reason"] for event in office.events(source, "clock_cancelled")} == {"merged"}
    [told] = office.events(source, "merged")
    assert (told.actor, told.data["other"], told.data["reason"]) == (ACTOR, target, "同一件事")
    [told] = office.events(target, "took_in")
    assert (told.actor, told.data["other"]) == (ACTOR, source)
    assert office.stage(target) is Stage.VERIFICATION


def test_its_mails_that_were_not_sent_are_not_sent(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    merge(office, source, target)
    assert {mail.state for mail in office.mails(source)} == {SendState.VOID}


def test_its_links_lead_to_the_target_and_back_again(office):
    source, target = office.open(source_url=LINK), office.open(title="柳溪村停电", source_url=OTHER_LINK)
    merge(office, source, target)
    assert [link.url for link in office.rows(SourceLink, target)] == [LINK, OTHER_LINK]
    assert office.open(title="又一条", source_url=LINK) == target

    unmerge(office, source)
    assert [link.url for link in office.rows(SourceLink, source)] == [LINK]
    assert office.open(title="第三条", source_url=LINK) == source
    assert office.open(title="第四条", source_url=OTHER_LINK) == target


def test_an_officer_of_the_source_is_told_that_nothing_is_wanted_and_their_link_works_again_afterwards(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    request = office.asked(source, "report")
    token = linking.token(office.house, request, request.addressees[0].officer_id)
    merge(office, source, target)
    with office.transaction() as session, pytest.raises(RequestEnded) as ended:
        look(session, linking.read(office.house, token, office.now), office.now)
    assert ended.value.why == "merged"
    with pytest.raises(RequestEnded):
        office.send_in(office.claims(request), {"action": "submit", "cause": "x", "measures": "x"})

    unmerge(office, source)
    with office.transaction() as session:
        assert look(session, linking.read(office.house, token, office.now), office.now).request.id == request.id
    office.carry_on(source, "report_approval")
    assert office.requests(source, "report")[0].state == "answered"


def test_nobody_attends_to_a_merged_incident_and_no_run_is_started_for_it(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    merge(office, source, target)
    seq = office.incident(source).seq
    assert owed(office, source) is None
    report = attending.attend_all(office.transaction, office.house, lambda: office.later(hours=3).now, running)
    assert report.problems == []
    assert {start.conf["incident_no"] for start in report.starts} == {target}
    assert office.incident(source).seq == seq

    unmerge(office, source)
    start = owed(office, source)
    assert start is not None
    assert start.run_id == f"{source}-pass-2"
    with office.transaction() as session:
        opening.open_incident(session, start.conf, start.run_id, office.house, office.now)
    assert [row.started_at is not None for row in office.rows(Pass, source)] == [True, True]


def test_a_merged_incident_owes_no_review_and_is_not_closed_again(office):
    source, target = office.bring_to("statement_approval", severity="critical"), office.open(severity="critical")
    merge(office, source, target)
    with office.case(source) as case:
        moving.advance(case)
    assert "review" not in office.clocks(source)
    assert office.open_requests(source) == []


def test_a_merged_incident_is_not_reopened_but_unmerged(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    merge(office, source, target)
    with pytest.raises(NotNow) as refused:
        office.reopen(source, "verification")
    assert target in str(refused.value)
    assert "撤销并入" in str(refused.value)
    with pytest.raises(NotNow, match=target):
        regrade(office, source, "major")
    given = {"incident_no": source, "stage": "verification", "reason": "又有反映"}
    with office.transaction() as session, pytest.raises(ConfRefused) as conf:
        opening.open_incident(session, given, "run__2", office.house, office.now)
    assert conf.value.field == "incident_no"
    assert target in conf.value.message


def test_what_was_promised_to_an_outlet_stays_asked_for_under_its_own_number(office):
    from yingda.domain.acts import Enquire
    from yingda.services import enquiring

    source, target = office.open(), office.open(title="柳溪村停电")
    with office.case(source) as case:
        enquiring.record(case, Enquire(outlet="晨报", question="何时修好"), ACTOR)
    merge(office, source, target)
    assert [request.kind for request in office.open_requests(source)] == ["enquiry"]


# ── What cannot be merged


def test_an_unknown_or_the_same_number_is_refused_with_the_value_and_what_to_do(office):
    number = office.open()
    for into in ("YQCZBG-1999-001", "", "../etc", number):
        with pytest.raises(FieldsRefused) as refused:
            merge(office, number, into)
        assert list(refused.value.fields) == ["into"]
        assert into in refused.value.fields["into"]
    with pytest.raises(IncidentNotFound):
        merge(office, "YQCZBG-1999-001", number)
    with pytest.raises(IncidentNotFound):
        unmerge(office, "YQCZBG-1999-001")
    assert office.events(number, "merged") == []


def closed(office: Any, **conf: Any) -> str:
    number = office.open(unit=None, title="某处有情况", topic=None, **conf)
    office.answer(number, "assign_unit", "dismiss", reason="重复")
    office.answer(number, "close", "close", result="不予受理")
    return number


def test_neither_a_closed_nor_a_merged_incident_is_merged_again(office):
    one, two, three = office.open(), office.open(title="柳溪村停电"), office.open(title="石桥菜场积水", unit="shiqiao")
    over = closed(office)
    with pytest.raises(NotNow, match="已办结"):
        merge(office, over, one)
    with pytest.raises(NotNow, match=f"请先重新办理 {over}"):
        merge(office, one, over)
    merge(office, one, two)
    with pytest.raises(NotNow, match=f"已并入 {two}"):
        merge(office, one, two)
    with pytest.raises(NotNow, match=f"已并入 {two}"):
        merge(office, one, three)
    with pytest.raises(NotNow, match=f"请直接并入 {two}"):
        merge(office, three, one)
    with pytest.raises(NotNow, match=f"请直接并入 {two}"):
        merge(office, two, one)
    assert len(office.rows(Merge, one)) == 1


def test_what_was_dismissed_takes_no_other_in_since_what_the_other_owes_would_be_lost(office):
    number = office.open()
    over = office.open(unit=None, title="某处有情况", topic=None)
    office.answer(over, "assign_unit", "dismiss", reason="重复")
    silent = office.bring_to("statement_approval")
    office.answer(silent, "sign_statement", "no_publication", comment="已当面答复")
    for into in (over, silent):
        with pytest.raises(NotNow, match="请先重新办理"):
            merge(office, number, into)
    merge(office, over, number)
    assert office.incident(over).outcome is Outcome.MERGED
    unmerge(office, over)
    incident = office.incident(over)
    assert (incident.stage, incident.outcome) == (Stage.CLOSING, Outcome.DISMISSED)
    assert office.asked(over, "close").round == 1


def test_a_published_incident_stays_under_its_number_but_takes_others_in(office):
    published, other = office.bring_to("publication"), office.open(title="柳溪村停电")
    with pytest.raises(NotNow, match="保留原编号"):
        merge(office, published, other)
    merge(office, other, published)
    assert office.stage(published) is Stage.PUBLICATION


def test_a_drill_is_not_merged_with_what_is_real(office):
    real, drill = office.open(), office.open(title="演练", drill=True)
    with pytest.raises(NotNow, match="演练"):
        merge(office, real, drill)
    with pytest.raises(NotNow, match="演练"):
        merge(office, drill, real)
    merge(office, drill, office.open(title="演练二", drill=True))


def test_undoing_what_is_not_merged_or_twice_is_refused(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    with pytest.raises(NotNow, match="没有并入"):
        unmerge(office, source)
    merge(office, source, target)
    with pytest.raises(NotNow, match="没有并入"):
        unmerge(office, target)
    unmerge(office, source)
    with pytest.raises(NotNow, match="没有并入"):
        unmerge(office, source)
    merge(office, source, target)
    assert [row.undone_at is None for row in office.rows(Merge, source)] == [False, True]


def test_the_merge_of_the_target_is_undone_first(office):
    one, two, three = (office.open(title=f"第 {turn} 件") for turn in range(3))
    before = records(office)
    merge(office, one, two)
    merge(office, two, three)
    with pytest.raises(NotNow, match=f"{two} 又已并入 {three}"):
        unmerge(office, one)
    unmerge(office, two)
    unmerge(office, one)
    assert_equal_records(before, records(office))


# ── Clocks by hand

GENERAL, MAJOR, CRITICAL, URGENT = (
    {"severity": "general"},
    {"severity": "major"},
    {"severity": "critical"},
    {"severity": "general", "urgent": True},
)

BY_HAND: list[tuple[str, tuple[str, dict[str, Any]], tuple[str, dict[str, Any]], str, dict[str, str]]] = [
    # what, (source opened at, as), (target opened at, as), merged at, what the target then owes by when
    (
        "two general ones: the earlier in all",
        ("09:00", GENERAL),
        ("10:30", GENERAL),
        "10:40",
        {"verification": "23 11:00", "public_word": "25 09:00"},
    ),
    (
        "the target is the earlier: nothing changes",
        ("10:30", GENERAL),
        ("09:00", GENERAL),
        "10:40",
        {"verification": "23 11:00", "public_word": "25 09:00"},
    ),
    (
        "a major one into an earlier general one: as if that had been regraded",
        ("10:30", MAJOR),
        ("09:00", GENERAL),
        "10:40",
        {
            "brief_reply": "23 09:30",
            "verification": "23 11:00",
            "public_word": "23 14:00",
            "press_conference": "24 09:00",
        },
    ),
    (
        "an earlier general one into a major one: the other way round it is the same",
        ("09:00", GENERAL),
        ("10:30", MAJOR),
        "10:40",
        # Nobody owed a brief reply before 10:30.
        {
            "brief_reply": "23 11:00",
            "verification": "23 11:00",
            "public_word": "23 14:00",
            "press_conference": "24 10:30",
        },
    ),
    (
        "a critical one into a later major one: the source's clocks",
        ("09:00", CRITICAL),
        ("09:20", MAJOR),
        "09:25",
        {
            "brief_reply": "23 09:30",
            "verification": "23 11:00",
            "public_word": "23 14:00",
            "press_conference": "24 09:00",
        },
    ),
    (
        "an urgent one into one that is not: the brief reply is still owed",
        ("09:00", URGENT),
        ("09:10", GENERAL),
        "09:20",
        {"brief_reply": "23 09:30", "verification": "23 11:00", "public_word": "25 09:00"},
    ),
    (
        "into one without a unit: what the source's unit owed runs on",
        ("09:00", GENERAL),
        ("10:00", {"unit": None, "title": "某处有情况"}),
        "10:30",
        {"verification": "23 11:00", "public_word": "25 09:00"},
    ),
    (
        "one without a unit into one that has one",
        ("09:00", {"unit": None, "title": "某处有情况"}),
        ("10:00", GENERAL),
        "10:30",
        {"verification": "23 12:00", "public_word": "25 09:00"},
    ),
    (
        "what was missed already is late at once",
        ("09:00", GENERAL),
        ("11:30", GENERAL),
        "12:00",
        {"verification": "23 11:00", "public_word": "25 09:00"},
    ),
]


@pytest.mark.parametrize(
    ("source", "target", "merged", "expected"), [row[1:] for row in BY_HAND], ids=[row[0] for row in BY_HAND]
)
def test_of_each_clock_the_earliest_wins(office, source, target, merged, expected):
    numbers = {}
    for opened, name, conf in sorted([(source[0], "source", source[1]), (target[0], "target", target[1])]):
        numbers[name] = at(office, opened).open(**conf)
    at(office, merged)
    before = {name: dues(office, number) for name, number in numbers.items()}
    merge(office, numbers["source"], numbers["target"])
    assert dues(office, numbers["target"]) == expected

    unmerge(office, numbers["source"])
    assert {name: dues(office, number) for name, number in numbers.items()} == before


def test_the_board_shows_the_original_start_of_the_earlier_one(office):
    source = at(office, "09:00").open()
    target = at(office, "10:30").open(severity="major")
    merge(office, source, target)
    found = starts(office, target)
    assert found["public_word"] == found["verification"] == "23 09:00"
    assert found["press_conference"] == "23 10:30"

    regrade(office, target, "general")
    assert dues(office, target)["public_word"] == "25 09:00"
    regrade(office, target, "critical")
    assert dues(office, target)["public_word"] == "23 14:00"


def test_those_asked_by_the_target_see_the_earlier_time(office):
    source = at(office, "09:00").open()
    target = at(office, "10:30").open()
    assert local(office.asked(target, "report").due_at) == "23 12:30"
    merge(office, source, target)
    assert local(office.asked(target, "report").due_at) == "23 11:00"
    unmerge(office, source)
    assert local(office.asked(target, "report").due_at) == "23 12:30"


def test_the_unit_that_is_found_later_answers_to_the_clock_that_ran_before(office):
    source = at(office, "09:00").open()
    target = at(office, "10:00").open(unit=None, title="某处有情况")
    merge(office, source, target)
    at(office, "10:30").answer(target, "assign_unit", "assign", unit="liuxi")
    assert local(office.asked(target, "report").due_at) == "23 11:00"

    unmerge(office, source)
    assert dues(office, target) == {"verification": "23 12:30", "public_word": "25 10:00"}
    assert local(office.asked(target, "report").due_at) == "23 12:30"
    assert dues(office, source) == {"verification": "23 11:00", "public_word": "25 09:00"}


def test_a_clock_that_only_the_merge_brought_goes_and_the_targets_own_begins_when_its_unit_is_told(office):
    source = at(office, "09:00").open()
    target = at(office, "10:00").open(unit=None, title="某处有情况")
    merge(office, source, target)
    at(office, "11:30").attend(target)
    assert "100%" in {event.data["rung"] for event in office.events(target, "rung_raised")}

    unmerge(office, source)
    assert dues(office, target) == {"public_word": "25 10:00"}
    pending = [mail for mail in office.mails(target, "ladder") if mail.state is SendState.PENDING]
    assert pending == []
    at(office, "12:00").answer(target, "assign_unit", "assign", unit="liuxi")
    assert dues(office, target)["verification"] == "23 14:00"
    assert office.clocks(target)["verification"].missed_at is None


def test_what_the_target_has_met_answers_for_both(office):
    target = at(office, "10:00").open()
    office.carry_on(target, "report_approval")
    source = at(office, "09:00").open(title="柳溪村停电")
    merge(office, source, target)
    clock = office.clocks(target)["verification"]
    assert (local(clock.due_at), local(clock.met_at)) == ("23 12:00", "23 10:00")
    assert dues(office, target) == {"public_word": "25 09:00"}
    unmerge(office, source)
    assert local(office.clocks(target)["verification"].met_at) == "23 10:00"
    assert dues(office, source)["verification"] == "23 11:00"


def test_what_was_met_together_stays_met_by_the_target_and_is_owed_again_by_the_source(office):
    source = at(office, "09:00").open()
    target = at(office, "10:30").open()
    merge(office, source, target)
    at(office, "11:30").carry_on(target, "report_approval")
    clock = office.clocks(target)["verification"]
    assert local(clock.missed_at) == "23 11:00"

    at(office, "11:40")
    unmerge(office, source)
    clock = office.clocks(target)["verification"]
    assert (local(clock.due_at), local(clock.met_at), clock.missed_at) == ("23 12:30", "23 11:30", None)
    clock = office.clocks(source)["verification"]
    assert (clock.met_at, local(clock.missed_at)) == (None, "23 11:00")


def test_a_limit_missed_before_the_merge_stays_missed_by_the_source(office):
    source = at(office, "09:00").open()
    at(office, "11:30").attend(source)
    target = office.open()
    merge(office, source, target)
    assert local(office.clocks(source)["verification"].missed_at) == "23 11:00"
    assert local(office.clocks(target)["verification"].missed_at) == "23 11:00"
    unmerge(office, source)
    assert local(office.clocks(source)["verification"].missed_at) == "23 11:00"
    assert office.clocks(target)["verification"].missed_at is None


# ── Severity


def test_a_graver_source_makes_the_target_as_grave_and_the_reason_names_it(office):
    source, target = office.open(severity="critical"), office.open(title="柳溪村停电")
    merge(office, source, target)
    assert office.incident(target).severity is Severity.CRITICAL
    [event] = office.events(target, "regraded")
    assert (event.actor, event.data["was"]) == (ACTOR, "general")
    assert source in event.data["reason"]

    unmerge(office, source)
    assert office.incident(target).severity is Severity.GENERAL
    assert office.events(target, "regraded")[-1].data["severity"] == "general"


def test_a_graver_source_sends_a_signed_statement_back_to_be_signed_and_the_undoing_lets_it_go(office):
    target = office.bring_to("publication")
    source = office.open(severity="critical", title="柳溪村停电")
    merge(office, source, target)
    assert office.stage(target) is Stage.STATEMENT_APPROVAL
    assert office.asked(target, "sign_statement").role == "group_leader"
    with office.case(target) as case:
        assert publishing.claim_due(case) == []
    unmerge(office, source)
    assert office.stage(target) is Stage.PUBLICATION
    assert {request.kind for request in office.open_requests(target)} == set()


def test_what_a_person_decided_on_the_severity_since_stands(office):
    source, target = office.open(severity="major"), office.open(title="柳溪村停电")
    merge(office, source, target)
    regrade(office, target, "critical")
    unmerge(office, source)
    assert office.incident(target).severity is Severity.CRITICAL


def test_a_person_may_lower_the_severity_of_the_whole_for_good(office):
    one = at(office, "09:00").open(severity="critical")
    two = at(office, "09:10").open(severity="major")
    target = at(office, "09:20").open()
    merge(office, one, target)
    merge(office, two, target)
    regrade(office, target, "general")
    unmerge(office, two)
    assert office.incident(target).severity is Severity.GENERAL
    assert dues(office, target) == {"verification": "23 11:00", "public_word": "25 09:00"}
    unmerge(office, one)
    assert office.incident(target).severity is Severity.GENERAL
    assert dues(office, target) == {"verification": "23 11:20", "public_word": "25 09:20"}


def test_a_regrade_to_the_same_severity_and_back_is_a_persons_word_too(office):
    source, target = office.open(severity="major"), office.open(title="柳溪村停电")
    merge(office, source, target)
    regrade(office, target, "general")
    regrade(office, target, "major")
    unmerge(office, source)
    assert office.incident(target).severity is Severity.MAJOR


def test_after_a_regrade_of_the_whole_the_target_owes_its_own_clocks_at_that_severity(office):
    source = at(office, "09:00").open()
    target = at(office, "10:30").open(title="柳溪村停电")
    merge(office, source, target)
    regrade(office, target, "major")
    assert dues(office, target)["public_word"] == "23 14:00"
    unmerge(office, source)
    assert dues(office, target) == {
        "brief_reply": "23 11:00",
        "verification": "23 12:30",
        "public_word": "23 15:30",
        "press_conference": "24 10:30",
    }
    assert dues(office, source) == {"verification": "23 11:00", "public_word": "25 09:00"}


# ── Extensions


def extend(office: Any, number: str, until: str) -> None:
    hour, minute = map(int, until.split(":"))
    moment = datetime(2026, 11, 23, hour, minute, tzinfo=SHANGHAI)
    office.answer(number, "report", "request_extension", until=moment.isoformat(), reason="需外出核实")
    office.answer(number, "extension", "grant")


def test_more_time_granted_to_the_source_is_not_more_time_for_the_target_nor_lost_by_undoing(office):
    source = at(office, "09:00").open()
    extend(office, source, "16:00")
    target = at(office, "10:00").open()
    merge(office, source, target)
    assert dues(office, target)["verification"] == "23 12:00"
    at(office, "13:00")
    unmerge(office, source)
    assert dues(office, source)["verification"] == "23 16:00"
    assert office.clocks(source)["verification"].missed_at is None


def test_more_time_granted_to_the_target_before_comes_back_with_the_undoing(office):
    target = at(office, "09:00").open()
    extend(office, target, "16:00")
    source = at(office, "10:00").open(severity="major")
    at(office, "12:00").attend(source)
    before = records(office)
    merge(office, source, target)
    unmerge(office, source)
    assert dues(office, target)["verification"] == "23 16:00"
    assert office.clocks(target)["verification"].missed_at is None
    assert_equal_records(before, records(office))


def test_more_time_granted_to_the_whole_stays_with_the_target(office):
    one = at(office, "09:00").open()
    two = at(office, "09:30").open(title="第二件")
    target = at(office, "10:00").open(title="第三件")
    merge(office, one, target)
    extend(office, target, "17:00")
    assert dues(office, target)["verification"] == "23 17:00"
    merge(office, two, target)
    assert dues(office, target)["verification"] == "23 11:30"
    unmerge(office, two)
    assert dues(office, target)["verification"] == "23 17:00"
    unmerge(office, one)
    assert dues(office, target)["verification"] == "23 17:00"
    assert dues(office, one)["verification"] == "23 11:00"


# ── Undoing restores equal records


def assert_undone(office: Any, source: str, target: str) -> None:
    # That a time has run out is noted by whoever looks first; a merge looks, too.
    office.attend(source)
    office.attend(target)
    before = records(office)
    merge(office, source, target)
    assert records(office) != before
    unmerge(office, source)
    assert_equal_records(before, records(office))


@pytest.mark.parametrize("severity", ["general", "major"])
@pytest.mark.parametrize("grade_of_target", ["general", "major"])
@pytest.mark.parametrize("stage", STAGES)
def test_undoing_restores_equal_records_wherever_the_source_stood(office, stage, severity, grade_of_target):
    conf = {"unit": None, "title": "某处有情况"} if stage == "assign_unit" else {}
    if stage == "brief_reply":
        conf = {"urgent": True}
    source = office.bring_to(stage, severity=severity, source_url=LINK, **conf)
    office.later(minutes=17)
    target = office.open(severity=grade_of_target, title="柳溪村停电", source_url=OTHER_LINK)
    office.later(minutes=3)
    assert_undone(office, source, target)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("severity", ["general", "major"])
def test_undoing_restores_equal_records_wherever_the_target_stood(office, stage, severity):
    source = office.open(severity="major", title="柳溪村停电")
    office.later(minutes=17)
    conf = {"unit": None, "title": "某处有情况"} if stage == "assign_unit" else {}
    if stage == "brief_reply":
        conf = {"urgent": True}
    target = office.bring_to(stage, severity=severity, **conf)
    office.later(minutes=3)
    assert_undone(office, source, target)


def test_undoing_restores_equal_records_where_all_was_missed_and_noted(office):
    source, target = office.open(severity="major"), office.open(title="柳溪村停电")
    office.later(days=3)
    office.attend(source)
    office.attend(target)
    assert_undone(office, source, target)


def test_undoing_restores_equal_records_where_the_merge_made_the_target_late(office):
    source = office.open()
    office.later(days=3)
    office.attend(source)
    target = office.open(title="柳溪村停电")
    assert_undone(office, source, target)


def test_undoing_restores_equal_records_with_an_extension_asked_for(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    until = (office.now + timedelta(hours=5)).isoformat()
    office.answer(source, "report", "request_extension", until=until, reason="需外出核实")
    assert {request.kind for request in office.open_requests(source)} == {"report", "extension"}
    assert_undone(office, source, target)
    office.answer(source, "extension", "grant")
    assert office.asked(source, "report").due_at == office.now + timedelta(hours=5)


def test_undoing_restores_equal_records_of_one_handed_back_and_one_reopened(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    office.answer(source, "report", "hand_back", reason="不属本村")
    over = office.bring_to("statement_approval", severity="major", title="第三件")
    office.answer(over, "sign_statement", "no_publication", comment="暂不发布")
    office.answer(over, "close", "close", result="内部处理")
    office.later(hours=1).reopen(over, "statement")
    assert "review" in dues(office, over)
    assert_undone(office, source, target)
    assert_undone(office, over, target)
    assert_undone(office, target, over)


def test_undoing_restores_equal_records_of_a_target_that_was_regraded_down_before(office):
    source = office.open(severity="major")
    target = office.open(severity="critical", title="柳溪村停电")
    office.later(minutes=40)
    regrade(office, target, "general")
    assert office.clocks(target)["press_conference"].cancelled_at is not None
    assert_undone(office, source, target)


def test_undoing_restores_equal_records_after_mails_went_out(office, delivered):
    source, target = office.open(), office.open(title="柳溪村停电")
    delivered(source)
    assert_undone(office, source, target)


def test_a_mail_in_a_couriers_hand_is_left_to_it(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    with office.transaction() as session:
        mail = session.scalars(select(OutboxMessage).where(OutboxMessage.incident_id == office.incident(source).id))
        taken = next(iter(mail))
        taken.lease = "held"
    merge(office, source, target)
    with office.transaction() as session:
        session.get_one(OutboxMessage, taken.id).state = SendState.SENT
    unmerge(office, source)
    states = {mail.id: mail.state for mail in office.mails(source)}
    assert states.pop(taken.id) is SendState.SENT
    assert set(states.values()) <= {SendState.PENDING}


def test_undoing_and_merging_again_as_often_as_wanted(office):
    source, target = office.open(severity="major"), office.open(title="柳溪村停电")
    before = records(office)
    for _ in range(3):
        merge(office, source, target)
        unmerge(office, source)
    assert_equal_records(before, records(office))
    merge(office, target, source)
    unmerge(office, target)
    assert_equal_records(before, records(office))


def test_a_request_whose_link_expired_meanwhile_is_asked_anew(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    merge(office, source, target)
    office.later(days=40)
    unmerge(office, source)
    [first, second] = office.requests(source, "report")
    assert (first.state, first.ended_why) == ("withdrawn", "merged")
    assert (second.state, second.round) == ("open", 2)
    assert {mail.state for mail in office.mails(source) if mail.request_id == first.id} == {SendState.VOID}


# ── Several into one


def three(office: Any) -> tuple[str, str, str]:
    one = at(office, "09:00").open(severity="critical", title="第一件", source_url=LINK)
    two = at(office, "09:30").open(severity="major", title="第二件", source_url=OTHER_LINK)
    target = at(office, "10:00").open(title="第三件")
    at(office, "10:10")
    return one, two, target


def state_of(office: Any, *numbers: str) -> list[Any]:
    return [
        (office.incident(number).severity.value, dues(office, number), starts(office, number)) for number in numbers
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("undone", [(0, 1), (1, 0)])
def test_two_into_one_come_apart_in_either_order(office, order, undone):
    numbers = three(office)
    target = numbers[2]
    before = state_of(office, *numbers)
    for place in order:
        merge(office, numbers[place], target)
    assert office.incident(target).severity is Severity.CRITICAL
    assert dues(office, target) == {
        "brief_reply": "23 09:30",
        "verification": "23 11:00",
        "public_word": "23 14:00",
        "press_conference": "24 09:00",
    }
    first, second = undone
    unmerge(office, numbers[first])
    earliest = "09:30" if first == 0 else "09:00"
    assert office.incident(target).severity.value == ("major" if first == 0 else "critical")
    assert set(starts(office, target).values()) == {f"23 {earliest}"}
    assert dues(office, target)["public_word"] == ("23 14:30" if first == 0 else "23 14:00")
    unmerge(office, numbers[second])
    assert state_of(office, *numbers) == before


@pytest.mark.parametrize("undone", [(0, 1), (1, 0)])
def test_two_of_the_same_severity_come_apart_with_equal_records(office, undone):
    one = at(office, "09:00").open(title="第一件", source_url=LINK)
    two = at(office, "09:30").open(title="第二件", severity="major")
    target = at(office, "10:00").open(title="第三件", severity="major", source_url=OTHER_LINK)
    at(office, "10:10").attend(two)
    before = records(office)
    merge(office, one, target)
    merge(office, two, target)
    for place in undone:
        unmerge(office, (one, two)[place])
    assert_equal_records(before, records(office))


def test_a_merge_after_one_was_undone_out_of_order_starts_from_what_is_owed_then(office):
    one, two, target = three(office)
    before = state_of(office, target)
    merge(office, one, target)
    merge(office, two, target)
    unmerge(office, one)
    merge(office, one, target)
    unmerge(office, two)
    assert office.incident(target).severity is Severity.CRITICAL
    assert dues(office, target)["public_word"] == "23 14:00"
    unmerge(office, one)
    assert state_of(office, target) == before


def test_a_chain_of_merges_carries_the_earliest_on(office):
    one, two, target = three(office)
    merge(office, one, two)
    merge(office, two, target)
    assert dues(office, target)["public_word"] == "23 14:00"
    assert [link.url for link in office.rows(SourceLink, target)] == [LINK, OTHER_LINK]
    unmerge(office, two)
    assert dues(office, two)["public_word"] == "23 14:00"
    assert [link.url for link in office.rows(SourceLink, two)] == [LINK, OTHER_LINK]
    unmerge(office, one)
    assert dues(office, two)["public_word"] == "23 14:30"
    assert dues(office, target) == {"verification": "23 12:00", "public_word": "25 10:00"}


# ── What happened to the target meanwhile


def test_the_target_was_closed_meanwhile(office):
    target = office.bring_to("statement_approval", severity="major")
    source = office.open(title="柳溪村停电", source_url=LINK)
    merge(office, source, target)
    office.answer(target, "sign_statement", "no_publication", comment="已当面答复")
    office.answer(target, "close", "close", result="已办")
    before = office.incident(target)
    office.later(hours=1)

    unmerge(office, source)

    after = office.incident(target)
    assert (after.stage, after.outcome, after.closed_at, after.result, after.severity) == (
        before.stage,
        before.outcome,
        before.closed_at,
        before.result,
        before.severity,
    )
    assert office.stage(source) is Stage.VERIFICATION
    assert office.asked(source, "report").round == 1
    [link] = office.rows(SourceLink, source)
    assert link.active
    assert office.open(title="又一条", source_url=LINK) == source


def test_another_incident_has_the_address_since_the_target_closed(office):
    target = office.bring_to("statement_approval")
    source = office.open(title="柳溪村停电", source_url=LINK)
    merge(office, source, target)
    office.answer(target, "sign_statement", "no_publication", comment="已当面答复")
    office.answer(target, "close", "close", result="已办")
    newer = office.open(title="新的一件", source_url=LINK)
    assert newer not in (source, target)
    unmerge(office, source)
    assert [link.active for link in office.rows(SourceLink, source)] == [False]
    assert office.open(title="再一条", source_url=LINK) == newer


def test_the_target_was_dismissed_meanwhile_and_owes_nothing_after_the_undoing(office):
    source = office.open(severity="major")
    target = office.open(unit=None, title="某处有情况")
    merge(office, source, target)
    office.answer(target, "assign_unit", "dismiss", reason="重复")
    unmerge(office, source)
    assert dues(office, target) == {}
    assert office.stage(target) is Stage.CLOSING
    assert office.incident(target).severity is Severity.GENERAL
    assert set(dues(office, source)) == {"brief_reply", "verification", "public_word", "press_conference"}


def test_a_brief_reply_that_only_the_source_made_owed_is_not_asked_for_any_more(office):
    source = at(office, "09:00").open(urgent=True)
    target = at(office, "09:05").open(unit=None, title="某处有情况")
    merge(office, source, target)
    assert office.incident(target).urgent
    office.answer(target, "assign_unit", "assign", unit="liuxi")
    assert local(office.asked(target, "brief_reply").due_at) == "23 09:30"

    at(office, "09:40")
    unmerge(office, source)

    assert not office.incident(target).urgent
    assert office.stage(target) is Stage.VERIFICATION
    assert [request.kind for request in office.open_requests(target)] == ["report"]
    clock = office.clocks(target)["brief_reply"]
    assert clock.cancelled_at is not None
    assert clock.missed_at is None
    regrade(office, target, "major")
    assert local(office.clocks(target)["brief_reply"].due_at) == "23 09:35"


def test_a_press_conference_that_was_held_meanwhile_stays_held(office):
    target = office.bring_to("publication")
    source = office.open(severity="major", title="柳溪村停电")
    merge(office, source, target)
    office.answer(target, "sign_statement", "approve")
    office.answer(target, "press_conference", "held", when=office.now.isoformat(), where="会议室", who="王主任")
    unmerge(office, source)
    assert office.clocks(target)["press_conference"].met_at == office.now


def test_one_asked_of_the_target_for_the_source_alone_is_taken_back(office):
    target = office.bring_to("publication")
    source = office.open(severity="major", title="柳溪村停电")
    merge(office, source, target)
    office.answer(target, "sign_statement", "approve")
    asked = office.asked(target, "press_conference")
    unmerge(office, source)
    [request] = office.requests(target, "press_conference")
    assert (request.id, request.state, request.ended_why) == (asked.id, "withdrawn", "unmerged")
    assert office.clocks(target)["press_conference"].cancelled_at is not None


def test_a_policy_that_changed_meanwhile_makes_nothing_owed_that_was_not_owed_before(office):
    target, source = office.open(title="柳溪村停电"), office.open(severity="critical")
    before = dues(office, target)
    with_policy(office, press_conference={"general": "12h", "major": "24h", "critical": "24h"})
    merge(office, source, target)
    assert "press_conference" in dues(office, target)
    unmerge(office, source)
    assert dues(office, target) == before


# ── The emergency plan


def test_the_group_leader_is_asked_by_the_target_and_again_by_the_source_after_the_undoing(office):
    source, target = office.open(severity="critical"), office.open(title="柳溪村停电")
    asked = office.asked(source, "emergency_plan")
    merge(office, source, target)
    assert [request.kind for request in office.open_requests(source)] == []
    assert office.asked(target, "emergency_plan").round == 1
    unmerge(office, source)
    assert office.asked(source, "emergency_plan").id == asked.id
    [taken_back] = office.requests(target, "emergency_plan")
    assert taken_back.state == "withdrawn"


# ── At once


@contextmanager
def together(*jobs: Any) -> Iterator[list[BaseException | None]]:
    came: list[BaseException | None] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def do(place: int, job: Any) -> None:
        start.wait()
        try:
            job()
        except BaseException as problem:
            came[place] = problem

    threads = [threading.Thread(target=do, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    yield came


def test_of_two_merges_that_cross_each_other_one_wins_and_none_hangs(office):
    for turn in range(8):
        one, two = office.open(title=f"甲{turn}"), office.open(title=f"乙{turn}")
        with together(
            lambda one=one, two=two: merge(office, one, two), lambda one=one, two=two: merge(office, two, one)
        ) as came:
            assert sorted(type(problem) for problem in came if problem) == [NotNow], came
        merged = [number for number in (one, two) if office.incident(number).outcome is Outcome.MERGED]
        assert len(merged) == 1


def test_of_two_undoings_at_once_one_is_told_that_it_was_done(office):
    source, target = office.open(), office.open(title="柳溪村停电")
    before = records(office)
    for _ in range(5):
        merge(office, source, target)
        with together(lambda: unmerge(office, source), lambda: unmerge(office, source)) as came:
            assert sorted(type(problem) for problem in came if problem) == [NotNow], came
    assert_equal_records(before, records(office))


def test_leads_of_an_address_that_moves_at_that_moment_join_one_incident_or_the_other(office):
    source, target = office.open(source_url=LINK), office.open(title="柳溪村停电")
    for turn in range(6):
        with together(
            lambda: merge(office, source, target), lambda turn=turn: office.open(title=f"线索{turn}", source_url=LINK)
        ) as came:
            assert came == [None, None]
        with together(
            lambda: unmerge(office, source), lambda turn=turn: office.open(title=f"再{turn}", source_url=LINK)
        ) as came:
            assert came == [None, None]
    with office.transaction() as session:
        assert len(session.scalars(select(SourceLink)).all()) == 1


def test_an_answer_and_a_merge_at_the_same_moment_leave_nobody_asked_for_nothing(office):
    for turn in range(6):
        source, target = office.open(title=f"甲{turn}"), office.open(title=f"乙{turn}")
        request = office.asked(source, "report")
        claims = Claims(request.public_id, request.addressees[0].officer_id, None)
        report = {"cause": "线路老化", "measures": "更换", "wording": "已修复", "result": "恢复", "evidence": ["照片"]}
        with together(
            lambda source=source, target=target: merge(office, source, target),
            lambda claims=claims, report=report: office.send_in(claims, {"action": "submit", **report}),
        ) as came:
            assert came[0] is None
            assert came[1] is None or isinstance(came[1], RequestEnded)
        assert office.open_requests(source) == []
        unmerge(office, source)
        assert len(office.open_requests(source)) == 1


def test_in_english_too(office):
    source, target = office.open(severity="major"), office.open(title="柳溪村停电")
    office.house = replace(office.house, locale="en")
    with pytest.raises(FieldsRefused, match="itself"):
        merge(office, source, source)
    with pytest.raises(FieldsRefused, match="no incident has the number 'x'"):
        merge(office, source, "x")
    with pytest.raises(NotNow, match="nothing to undo"):
        unmerge(office, source)
    merge(office, source, target, "")
    assert office.events(target, "regraded")[-1].data["reason"] == f"{source} was merged into it"
    with pytest.raises(NotNow, match=f"merged into {target}"):
        merge(office, source, target)
    unmerge(office, source, "")
    assert office.events(source, "unmerged")[-1].data["reason"] is None
