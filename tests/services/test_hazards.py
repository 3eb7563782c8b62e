"""The life of a hazard: each change once, by one person, and told so that any past day can be told again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from yingda.domain import fields
from yingda.domain.errors import FieldsRefused, HazardChanged, HazardNotFound, NotNow, YingdaError
from yingda.domain.hazard_form import ACTS, ReportHazard
from yingda.domain.hazards import HazardState, Risk
from yingda.domain.life import Stage
from yingda.services import counting_hazards, hazard_desk, hazard_escalating, hazard_past, hazards
from yingda.services.hazard_desk import Sought
from yingda.services.hazard_in_hand import Done
from yingda.store import audit
from yingda.store.models import Event, Hazard, Incident, Pass

DUTY = "account:duty"
DO: dict[str, Callable[..., Done]] = {
    "take_up": hazards.take_up,
    "resolve": hazards.resolve,
    "extend": hazards.extend,
    "escalate": hazard_escalating.escalate,
    "reopen": hazards.reopen,
    "change": hazards.change,
}
NEEDS: dict[str, dict[str, Any]] = {
    "take_up": {},
    "resolve": {"evidence": "已加固，附照片编号 12"},
    "extend": {"due": "2026-12-31", "reason": "等材料"},
    "escalate": {"reason": "网上已有多条反映"},
    "reopen": {"reason": "又积水了"},
    "change": {"risk": "high"},
}


def report(office: Any, **given_: Any) -> int:
    given_ = {"unit": "liuxi", "content": "柳溪码头雨后积水", "due": "2026-12-01", **given_}
    with office.transaction() as session:
        form = fields.check(ReportHazard, given_, "zh_CN")
        return hazards.report(session, form, DUTY, office.house, office.now).id


def do(office: Any, hazard_id: int, act: str, /, *, version: int | None = None, by: str = DUTY, **given_: Any) -> Done:
    form = fields.check(ACTS[act], given_ or NEEDS[act], "zh_CN")
    with office.transaction() as session:
        return DO[act](session, hazard_id, form, by, office.house, office.now, version)


def row(office: Any, hazard_id: int) -> Hazard:
    with office.transaction() as session:
        found: Hazard = session.get_one(Hazard, hazard_id)
        return found


def told(office: Any, kind: str | None = None) -> list[Event]:
    with office.transaction() as session:
        number = Event.data["hazard"].astext
        return list(
            session.scalars(
                select(Event)
                .where(number.is_not(None), Event.kind.startswith("hazard_"), *([Event.kind == kind] if kind else []))
                .order_by(Event.id)
            )
        )


def test_a_hazard_is_reported_handled_extended_and_resolved_with_an_event_each(office: Any):
    hazard_id = report(office)
    do(office.later(days=1), hazard_id, "take_up")
    do(office.later(days=1), hazard_id, "extend")
    do(office.later(days=1), hazard_id, "change")
    done = do(office.later(days=1), hazard_id, "resolve", by="luo_chunsheng")

    assert done == Done(hazard_id, HazardState.RESOLVED, 5, None)
    hazard = row(office, hazard_id)
    assert (hazard.resolved_at, hazard.evidence) == (office.now, "已加固，附照片编号 12")
    assert (hazard.due_on, hazard.risk, hazard.changed_by) == (date(2026, 12, 31), Risk.HIGH, "luo_chunsheng")
    events = told(office)
    assert [event.kind for event in events] == [
        "hazard_reported",
        "hazard_taken_up",
        "hazard_extended",
        "hazard_changed",
        "hazard_resolved",
    ]
    assert events[0].data["was"] is None
    for before, after in pairwise(events):
        assert after.data["was"] == before.data["now"]
    assert events[2].data["reason"] == "等材料"
    assert (events[2].data["was"]["due"], events[2].data["now"]["due"]) == ("2026-12-01", "2026-12-31")
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_events_keep_every_field_of_a_hazard(office: Any):
    report(office)
    [event] = told(office)
    kept = set(event.data["now"])
    columns = {column.key for column in Hazard.__table__.columns}
    # Under another name, or of no day but today's.
    columns -= {"id", "fingerprint", "changed_at", "changed_by"}
    columns -= {"unit_id", "due_on", "incident_id"}
    assert kept == columns | {"unit", "due", "incident_no"}


def test_the_very_same_report_again_is_the_same_hazard_and_another_is_refused(office: Any):
    first = report(office)
    assert report(office, content=" 柳溪码头 雨后积水") == first
    assert len(told(office)) == 1
    with pytest.raises(FieldsRefused) as refused:
        report(office, due="2027-01-01")
    assert f"{first} 号（待处理）" in refused.value.fields["content"]
    assert report(office, unit="nantang") != first


def test_a_unit_that_the_roster_lacks_is_refused_with_those_it_has(office: Any):
    with pytest.raises(FieldsRefused) as refused:
        report(office, unit="mars")
    assert "“mars”" in refused.value.fields["unit"]
    assert "liuxi" in refused.value.fields["unit"]
    hazard_id = report(office)
    with pytest.raises(FieldsRefused):
        do(office, hazard_id, "change", unit="mars")


def test_a_change_to_what_another_hazard_says_is_refused(office: Any):
    one, other = report(office), report(office, content="别的")
    with pytest.raises(FieldsRefused) as refused:
        do(office, other, "change", content="柳溪码头雨后 积水")
    assert f"{one} 号" in refused.value.fields["content"]
    do(office, other, "change", unit="nantang")
    do(office, other, "change", content="柳溪码头雨后积水")


@pytest.mark.parametrize("act", sorted(ACTS))
def test_doing_the_same_again_changes_nothing_and_tells_nothing(office: Any, act: str):
    hazard_id = report(office)
    if act == "reopen":
        do(office, hazard_id, "resolve")
    first = do(office, hazard_id, act)
    before = len(told(office))
    assert do(office.later(hours=1), hazard_id, act, version=first.version - 1) == first
    assert len(told(office)) == before


def test_who_read_an_older_state_is_told_who_was_first_and_changes_nothing(office: Any):
    hazard_id = report(office)
    do(office, hazard_id, "take_up", by="luo_chunsheng")
    with pytest.raises(HazardChanged) as changed:
        do(office.later(hours=1), hazard_id, "resolve", version=1)
    assert (changed.value.by, changed.value.at) == ("luo_chunsheng", office.now - timedelta(hours=1))
    assert row(office, hazard_id).state is HazardState.HANDLING
    assert do(office, hazard_id, "resolve", version=2).state is HazardState.RESOLVED


def test_of_two_at_once_one_is_first_and_the_other_is_told(office: Any):
    hazard_id = report(office)
    outcomes: list[Any] = []

    def try_(evidence: str) -> None:
        try:
            outcomes.append(do(office, hazard_id, "resolve", version=1, evidence=evidence))
        except YingdaError as problem:
            outcomes.append(problem)

    threads = [threading.Thread(target=try_, args=(text,)) for text in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(type(one).__name__ for one in outcomes) == ["Done", "HazardChanged"]
    assert len(told(office, "hazard_resolved")) == 1


def test_two_who_report_the_same_at_once_report_one(office: Any):
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(report(office))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(told(office)) == 1


def test_what_is_settled_is_changed_only_after_it_is_reopened(office: Any):
    hazard_id = report(office)
    do(office, hazard_id, "resolve")
    for act in ("change", "extend", "take_up", "escalate"):
        with pytest.raises(NotNow, match="已解决"):
            do(office, hazard_id, act)
    do(office, hazard_id, "reopen")
    hazard = row(office, hazard_id)
    assert (hazard.state, hazard.evidence, hazard.resolved_at) == (HazardState.OPEN, None, None)
    assert told(office)[-1].data["reason"] == "又积水了"


@pytest.mark.parametrize("hazard_id", [0, -1, 999_999, 2**31, 2**70])
def test_a_hazard_that_is_not_there_is_not_found(office: Any, hazard_id: int):
    with pytest.raises(HazardNotFound):
        do(office, hazard_id, "take_up")
    with office.transaction() as session, pytest.raises(HazardNotFound):
        hazard_desk.hazard(session, hazard_id, office.house, office.now)


def test_an_escalated_hazard_goes_on_as_an_incident_that_the_unit_is_asked_about_at_once(office: Any):
    hazard_id = report(office, offline_measures="巡查", online_measures="正在处理", topic="livelihood")
    done = do(office, hazard_id, "escalate", severity="major", urgent=True, reason="网上已有多条反映")

    number = done.incident_no
    assert (done.state, number) == (HazardState.ESCALATED, "YQCZBG-2026-001")
    incident = office.incident(number)
    assert (incident.title, incident.unit_id, incident.drill) == ("柳溪码头雨后积水", "liuxi", False)
    assert (incident.severity.value, incident.urgent, incident.topic.value) == ("major", True, "livelihood")
    assert "巡查" in incident.summary
    assert "正在处理" in incident.summary
    assert [request.kind for request in office.open_requests(number)] == ["brief_reply"]
    assert len(office.rows(Pass, number)) == 1
    [opened] = office.events(number, "incident_opened")
    assert opened.data["hazard"] == hazard_id
    [escalated] = office.events(number, "hazard_escalated")
    assert escalated.data["now"]["incident_no"] == number
    with office.transaction() as session:
        [seen] = hazard_desk.of_incident(session, number, office.house, office.now)
        assert (seen.id, seen.incident_no) == (hazard_id, number)
        assert list(audit.breaks(session)) == []


def test_escalating_twice_or_at_once_opens_one_incident(office: Any):
    hazard_id = report(office)
    threads = [threading.Thread(target=lambda: do(office, hazard_id, "escalate", version=1)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1
    assert len(told(office, "hazard_escalated")) == 1


def test_a_hazard_may_join_an_incident_that_is_open_already(office: Any):
    number, hazard_id = office.open(), report(office)
    done = do(office, hazard_id, "escalate", incident_no=number.lower(), reason="同一件事")
    assert done.incident_no == number
    assert [event.data["reason"] for event in office.events(number, "hazard_escalated")] == ["同一件事"]


def test_it_joins_no_drill_no_closed_one_and_none_that_is_not_there(office: Any):
    hazard_id = report(office)
    drill = office.open(title="演练", drill=True)
    closed = office.bring_to("assign_unit", title="无关", unit=None)
    office.answer(closed, "assign_unit", "dismiss", reason="不属于本辖区")
    office.answer(closed, "close", "close", result="不属于本辖区")
    assert office.stage(closed) is Stage.CLOSED
    for number in (drill, "YQCZBG-2026-999"):
        with pytest.raises(FieldsRefused) as refused:
            do(office, hazard_id, "escalate", incident_no=number, reason="x")
        assert set(refused.value.fields) == {"incident_no"}
    with pytest.raises(NotNow):
        do(office, hazard_id, "escalate", incident_no=closed, reason="x")
    assert row(office, hazard_id).state is HazardState.OPEN


def test_an_escalated_hazard_is_reopened_only_once_its_incident_is_closed(office: Any):
    hazard_id = report(office, unit="liuxi")
    number = do(office, hazard_id, "escalate").incident_no
    with pytest.raises(NotNow, match=number):
        do(office, hazard_id, "reopen")
    with office.case(number) as case:
        case.move(Stage.CLOSED)
        case.incident.closed_at = office.now
    do(office, hazard_id, "reopen")
    assert row(office, hazard_id).state is HazardState.OPEN
    assert [event.kind for event in office.events(number)][-1] == "hazard_reopened"


def test_an_escalated_hazard_is_resolved_with_evidence_and_its_incident_tells_it(office: Any):
    hazard_id = report(office)
    number = do(office, hazard_id, "escalate").incident_no
    do(office, hazard_id, "resolve")
    assert [event.kind for event in office.events(number)][-1] == "hazard_resolved"
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


LIVES = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 2), st.integers(1, 40)), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES)
def test_what_every_hazard_was_on_any_day_is_told_by_the_events_alone(office: Any, life: list[tuple[str, int, int]]):
    start = office.now
    ids = [report(office, content=f"{start.isoformat()} 第 {n} 处") for n in range(3)]
    seen: dict[date, dict[int, tuple[Any, ...]]] = {}

    def look() -> None:
        with office.transaction() as session:
            found = session.scalars(select(Hazard).where(Hazard.id.in_(ids)))
            seen[(office.now + timedelta(hours=8)).date()] = {
                one.id: (one.state.value, one.due_on and one.due_on.isoformat(), one.risk.value, one.evidence)
                for one in found
            }

    look()
    for act, which, hours in life:
        office.later(hours=hours)
        given_ = dict(NEEDS[act])
        if act == "extend":
            given_["due"] = (office.now.date() + timedelta(days=30)).isoformat()
        with suppress(NotNow):
            do(office, ids[which], act, **given_)
        look()
    with office.transaction() as session:
        for day, states in seen.items():
            then = hazard_past.at(session, hazard_past.end_of(day))
            for hazard_id, state in states.items():
                facts = then[hazard_id]
                assert (facts["state"], facts["due"], facts["risk"], facts["evidence"]) == state
        before = hazard_past.at(session, start)
        assert not set(before) & set(ids)
    office.later(days=1)


def test_the_list_is_filtered_by_all_that_is_asked_and_shows_what_is_due_first(office: Any):
    late = report(office, content="甲 码头积水", due="2026-11-20", risk="high", topic="sanitation")
    today = report(office, content="乙 路灯", due="2026-11-23", unit="nantang")
    none = report(office, content="丙 100%_围栏", due="", offline_measures="加固 围栏")
    settled = report(office, content="丁 已补", due="2026-11-01")
    do(office, settled, "resolve")

    def found(**sought: Any) -> list[int]:
        with office.transaction() as session:
            rows, total = hazard_desk.hazards(session, office.house, Sought(**sought), office.now)
            assert total >= len(rows)
            return [one.id for one in rows]

    assert found() == [late, today, none, settled]
    assert found(open_only=True) == [late, today, none]
    assert found(state=HazardState.RESOLVED) == [settled]
    assert found(overdue=True) == [late]
    assert found(overdue=False) == [today, none, settled]
    assert found(unit="nantang") == [today]
    assert found(risk=Risk.HIGH) == [late]
    assert found(topic="sanitation") == [late]
    assert found(q="加固") == [none]
    assert found(q="100%_") == [none]
    assert found(q="%") == [none]
    assert found(q="甲 积水") == [late]
    assert found(q="甲 围栏") == []
    assert found(limit=1, offset=1) == [today]


def test_open_hazards_are_counted_three_ways_that_each_add_up(office: Any):
    report(office, content="甲", due="2026-11-20", risk="high", topic="sanitation")
    report(office, content="乙", due="2026-11-23", unit="nantang")
    report(office, content="丙", due="", topic="sanitation")
    do(office, report(office, content="丁", due="2026-11-01"), "resolve")
    do(office, report(office, content="戊", due="2026-11-01"), "escalate")
    with office.transaction() as session:
        found = counting_hazards.open_hazards(session, date(2026, 11, 23))
        tomorrow = counting_hazards.open_hazards(session, date(2026, 11, 24))
        one_unit = counting_hazards.open_hazards(session, date(2026, 11, 23), unit="nantang")
    assert (found.open, found.overdue, tomorrow.overdue, one_unit.open) == (3, 1, 2, 1)
    assert [(one.key, one.open, one.overdue) for one in found.by_unit] == [("liuxi", 2, 1), ("nantang", 1, 0)]
    assert [(one.key, one.open, one.overdue) for one in found.by_risk] == [("high", 1, 1), ("medium", 2, 0)]
    assert [(one.key, one.open, one.overdue) for one in found.by_topic] == [("sanitation", 2, 1), ("", 1, 0)]
