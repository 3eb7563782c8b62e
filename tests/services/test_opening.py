"""A trigger becomes an incident, joins one, or takes a known one up again; and never twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from yingda.domain.errors import ConfRefused, IncidentNotFound
from yingda.domain.life import Stage
from yingda.services import opening
from yingda.services.opening import Opened
from yingda.store.models import Incident, Lead, Pass, SourceLink

LINK = "https://forum.example.org/t/1"


def trigger(office: Any, run_id: str, **conf: Any) -> Opened:
    with office.transaction() as session:
        return opening.open_incident(session, {"title": "路灯不亮", **conf}, run_id, office.house, office.now)


def count(office: Any, model: Any) -> int:
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def all_at_once(work: list[Callable[[], Any]]) -> list[Any]:
    """Run everything at the same moment; return what came of it, exceptions included."""
    start = threading.Barrier(len(work))
    came: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        start.wait()
        try:
            came[place] = work[place]()
        except BaseException as problem:
            came[place] = problem

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came


def test_an_incident_keeps_what_the_lead_says_and_starts_its_public_clocks(office: Any) -> None:
    number = office.open(
        severity="critical", urgent=True, drill=True, topic="livelihood", platform="短视频平台", reporter="qin_shuang"
    )

    incident = office.incident(number)
    assert number == "YQCZBG-2026-001"
    assert (incident.severity, incident.urgent, incident.drill) == ("critical", True, True)
    assert (incident.platform, incident.reporter_id, incident.opened_at) == ("短视频平台", "qin_shuang", office.now)
    clocks = office.clocks(number)
    assert clocks["public_word"].due_at == office.now + timedelta(hours=5)
    assert clocks["press_conference"].due_at == office.now + timedelta(hours=24)


def test_numbers_run_without_gap_and_anew_in_shanghai_s_new_year(office: Any) -> None:
    office.now = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    first = [office.open(), office.open()]
    with pytest.raises(ConfRefused):
        trigger(office, "bad", unit="nowhere")
    first.append(office.open())
    office.later(minutes=1)

    assert first == ["YQCZBG-2026-001", "YQCZBG-2026-002", "YQCZBG-2026-003"]
    assert office.open() == "YQCZBG-2027-001"


def test_numbers_given_at_once_differ_and_leave_no_gap(office: Any) -> None:
    came = all_at_once([lambda n=n: trigger(office, f"run-{n}").incident_no for n in range(8)])  # type: ignore[misc]

    assert sorted(came) == [f"YQCZBG-2026-{n:03d}" for n in range(1, 9)]


def test_the_same_run_again_changes_nothing(office: Any) -> None:
    first = trigger(office, "run-1", source_url=LINK)
    seq = office.incident(first.incident_no).seq

    assert trigger(office, "run-1", source_url=LINK) == first
    assert office.incident(first.incident_no).seq == seq
    assert (count(office, Incident), count(office, Lead), count(office, Pass)) == (1, 1, 1)


def test_the_same_run_twice_at_once_opens_one_incident(office: Any) -> None:
    came = all_at_once([lambda: trigger(office, "run-1")] * 4)

    assert came == [Opened("YQCZBG-2026-001", joined=False)] * 4
    assert count(office, Incident) == 1


def test_a_known_link_joins_the_open_incident_in_any_of_its_spellings(office: Any) -> None:
    first = trigger(office, "run-1", source_url=LINK)

    joined = trigger(office, "run-2", source_url="HTTPS://FORUM.example.org:443/t/1/#reply", title="又见路灯")

    assert joined == Opened(first.incident_no, joined=True)
    assert (count(office, Incident), count(office, SourceLink)) == (1, 1)
    assert [event.kind for event in office.events(first.incident_no)].count("lead_joined") == 1


def test_a_run_that_joined_drives_nothing_however_often_it_is_retried(office: Any) -> None:
    trigger(office, "run-1", source_url=LINK)
    joined = trigger(office, "run-2", source_url=LINK)
    seq = office.incident(joined.incident_no).seq

    assert trigger(office, "run-2", source_url=LINK) == joined
    assert [one.run_id for one in office.rows(Pass, joined.incident_no)] == ["run-1"]
    assert office.incident(joined.incident_no).seq == seq


def test_one_link_reported_by_many_at_once_is_one_incident(office: Any) -> None:
    came = all_at_once([lambda n=n: trigger(office, f"run-{n}", source_url=LINK) for n in range(6)])  # type: ignore[misc]

    assert {opened.incident_no for opened in came} == {"YQCZBG-2026-001"}
    assert sorted(opened.joined for opened in came) == [False] + [True] * 5
    assert count(office, Lead) == 6


def test_a_link_of_a_closed_incident_opens_a_new_one(office: Any) -> None:
    number = office.bring_to("statement_approval", source_url=LINK)
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    office.answer(number, "close", "close", result="已办结")

    assert trigger(office, "run-2", source_url=LINK) == Opened("YQCZBG-2026-002", joined=False)


def test_a_lead_that_meets_the_closing_of_its_incident_opens_a_new_one(office: Any) -> None:
    number = office.bring_to("statement_approval", source_url=LINK)
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    request = office.asked(number, "close")
    came: list[Opened] = []
    with office.transaction() as session:
        from yingda.services import answering

        answering.answer(
            session, office.claims(request), {"action": "close", "result": "已办结"}, office.house, office.now
        )
        second = threading.Thread(target=lambda: came.append(trigger(office, "run-2", source_url=LINK)))
        second.start()
        second.join(0.5)
        assert came == [], "the lead waits for the one who is closing"
    second.join(30)

    assert came == [Opened("YQCZBG-2026-002", joined=False)]


@pytest.mark.parametrize(
    ("conf", "field", "remedy"),
    [
        ({"unit": "liuxy"}, "unit", "liuxi"),
        ({"reporter": "nobody"}, "reporter", "roster"),
        ({"title": ""}, "title", "required"),
        ({"severity": "grave"}, "severity", "general"),
        ({"source_url": "ftp://a.example"}, "source_url", "http"),
    ],
)
def test_a_conf_that_cannot_be_leaves_nothing_behind(
    office: Any, conf: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(ConfRefused, match=remedy) as refused:
        trigger(office, "run-1", **conf)

    assert refused.value.field == field
    assert (count(office, Incident), count(office, Lead)) == (0, 0)


def test_a_further_pass_of_nothing_is_refused(office: Any) -> None:
    with pytest.raises(IncidentNotFound, match="YQCZBG-2026-404"):
        trigger(office, "run-1", incident_no="YQCZBG-2026-404")


def test_a_further_pass_goes_on_where_the_incident_stands(office: Any) -> None:
    number = office.bring_to("report_approval")

    assert trigger(office, "run-2", incident_no=number) == Opened(number, joined=False)
    assert office.stage(number) is Stage.REPORT_APPROVAL
    passes = office.rows(Pass, number)
    assert [(one.number, one.run_id) for one in passes][1:] == [(2, "run-2")]


def test_a_running_incident_is_not_sent_back_by_a_trigger(office: Any) -> None:
    number = office.bring_to("report_approval")

    with pytest.raises(ConfRefused, match="still being handled") as refused:
        trigger(office, "run-2", incident_no=number, stage="statement", reason="更正")
    assert refused.value.field == "stage"
    assert office.stage(number) is Stage.REPORT_APPROVAL


def test_a_closed_incident_is_taken_up_again_with_a_stage_and_a_reason(office: Any) -> None:
    number = office.bring_to("statement_approval", source_url=LINK)
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    office.answer(number, "close", "close", result="已办结")
    met = office.clocks(number)["verification"].met_at

    for conf, field in (({}, "stage"), ({"stage": "statement"}, "reason")):
        with pytest.raises(ConfRefused) as refused:
            trigger(office, "run-2", incident_no=number, **conf)
        assert refused.value.field == field
    trigger(office, "run-2", incident_no=number, stage="statement", reason="又有新的反映")

    incident = office.incident(number)
    assert (incident.stage, incident.closed_at, incident.outcome) == (Stage.STATEMENT, None, None)
    assert office.clocks(number)["verification"].met_at == met
    assert trigger(office, "run-3", source_url=LINK).joined


def test_an_incident_that_no_unit_holds_is_assigned_before_anybody_verifies(office: Any) -> None:
    number = office.open(title="什么也没说清", unit=None)
    office.answer(number, "assign_unit", "dismiss", reason="与本街道无关")
    office.answer(number, "close", "close", result="不予受理")

    office.reopen(number, "verification")

    assert office.stage(number) is Stage.ASSIGN_UNIT
    assert [request.kind for request in office.open_requests(number)] == ["assign_unit"]
