"""A reported lead is opened, joined or dismissed, once, by one person; and says whom to ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from yingda.domain.errors import FieldsRefused, LeadNotFound, LeadSettled, NotNow
from yingda.domain.fields import check
from yingda.domain.leads import DismissLead, JoinLead, OpenLead, ReportLead, likeness, place_of
from yingda.domain.life import LeadState, RequestKind, Stage
from yingda.services import attending, composing, lead_desk, leads, merging, opening
from yingda.services.leads import Settled
from yingda.services.passing import RunState
from yingda.store import audit
from yingda.store.models import (
    Event,
    Incident,
    Lead,
    Observation,
    OutboxMessage,
    Pass,
    ReportedLead,
    SourceLink,
)

LINK = "https://forum.example.org/t/1"
WHO = "account:duty"


def report(office: Any, **fields: Any) -> Settled:
    form = check(ReportLead, {"title": "柳溪村路灯不亮", **fields}, office.house.locale)
    with office.transaction() as session:
        return leads.report(session, form, "account:wang", office.house, office.now)


def open_lead(office: Any, lead_id: str, actor: str = WHO, **fields: Any) -> Settled:
    form = check(OpenLead, fields, office.house.locale)
    with office.transaction() as session:
        return leads.open_lead(session, lead_id, form, actor, office.house, office.now)


def join(office: Any, lead_id: str, number: str, actor: str = WHO, **fields: Any) -> Settled:
    form = check(JoinLead, {"incident_no": number, **fields}, office.house.locale)
    with office.transaction() as session:
        return leads.join(session, lead_id, form, actor, office.house, office.now)


def dismiss(office: Any, lead_id: str, actor: str = WHO, reason: str = "与本街道无关") -> Settled:
    form = check(DismissLead, {"reason": reason}, office.house.locale)
    with office.transaction() as session:
        return leads.dismiss(session, lead_id, form, actor, office.house, office.now)


def seen(office: Any, lead_id: str) -> lead_desk.LeadSeen:
    with office.transaction() as session:
        return lead_desk.lead(session, lead_id, office.house)


def similar(office: Any, lead_id: str) -> list[str]:
    with office.transaction() as session:
        return [one.incident_no for one in lead_desk.similar(session, lead_desk.lead(session, lead_id, office.house))]


def everything(office: Any, model: Any) -> list[Any]:
    with office.transaction() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def of_no_incident(office: Any, kind: str) -> list[Event]:
    return [one for one in everything(office, Event) if one.kind == kind and one.incident_id is None]


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


def closed(office: Any, **conf: Any) -> str:
    number: str = office.bring_to("statement_approval", **conf)
    office.answer(number, "sign_statement", "no_publication", comment="已当面答复")
    office.answer(number, "close", "close", result="已办结")
    return number


def test_a_lead_waits_for_the_duty_officers_who_are_told_once_where_to_settle_it(office: Any) -> None:
    found = report(
        office, summary="三盏路灯不亮", platform="市民论坛", source_url=LINK, severity="critical", urgent=True
    )

    assert (found.state, found.incident_no) == (LeadState.NEW, None)
    assert everything(office, Incident) == []
    mails = everything(office, OutboxMessage)
    assert [mail.officer_id for mail in mails] == ["ding_yifan", "xia_mengjie"]
    with office.transaction() as session:
        letter = composing.compose(session, mails[0], office.house)
    assert "[特别重大][紧急]" in letter.subject
    assert "柳溪村路灯不亮" in letter.subject
    for body in (letter.text, letter.html):
        assert f"{office.house.public_url}/desk/leads/{found.id}" in body
        assert "三盏路灯不亮" in body
        assert LINK in body
    [event] = of_no_incident(office, "lead_reported")
    assert (event.actor, event.data["lead"]) == ("account:wang", found.id)
    assert "路灯" not in str(event.data)


def test_a_mail_that_leaves_late_says_that_the_lead_was_settled_meanwhile(office: Any) -> None:
    found = report(office, drill=True)
    dismiss(office, found.id)

    with office.transaction() as session:
        letter = composing.compose(session, everything(office, OutboxMessage)[0], office.house)

    assert "已有人处理：不予受理" in letter.text
    assert letter.subject.startswith("【演练】")
    assert "并非真实发生" in letter.text


def test_what_cannot_be_is_refused_by_field_and_leaves_nothing_behind(office: Any) -> None:
    soon = (office.now + timedelta(minutes=1)).isoformat()
    with pytest.raises(FieldsRefused) as refused:
        report(office, unit="nowhere", reporter="nobody", seen_at=soon)
    assert set(refused.value.fields) == {"unit", "reporter", "seen_at"}
    assert "liuxi" in refused.value.fields["unit"]
    for field, value in [
        ("title", "  "),
        ("title", "长" * 201),
        ("summary", "长" * 4001),
        ("summary", "一\x07二"),
        ("severity", "grave"),
        ("topic", "weather"),
        ("urgent", "perhaps"),
        ("origin", "poster"),
        ("platform", "长" * 101),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "https://user:word@forum.example.org/"),
        ("source_url", "https://forum.example.org/t/1 复制打开"),
        ("source_url", "https://forum.example.org:port/"),
        ("source_url", "https://[bad/"),
        ("seen_at", "1999-12-31T00:00"),
        ("seen_at", "yesterday"),
        ("poster", "某人"),
    ]:
        with pytest.raises(FieldsRefused) as refused:
            report(office, **{field: value})
        assert list(refused.value.fields) == [field]
        assert not refused.value.fields[field].isascii(), "words are Chinese"
    assert (everything(office, ReportedLead), everything(office, OutboxMessage)) == ([], [])
    assert everything(office, Event) == []


def test_opening_makes_the_incident_that_a_trigger_would_have_made(office: Any) -> None:
    said = {
        "summary": "三天了",
        "topic": "livelihood",
        "severity": "critical",
        "urgent": True,
        "unit": "liuxi",
        "platform": "市民论坛",
        "source_url": LINK,
        "seen_at": "2026-11-23T08:00",
        "reporter": "qin_shuang",
    }
    found = report(office, **said)
    office.later(hours=3)
    opened = open_lead(office, found.id)
    triggered = office.open(**{**said, "source_url": f"{LINK}0", "seen_at": "2026-11-23T08:00:00+08:00"})

    assert opened == Settled(found.id, LeadState.OPENED, "YQCZBG-2026-001")
    mine, theirs = office.incident(opened.incident_no), office.incident(triggered)
    for name in ("title", "summary", "topic", "severity", "urgent", "drill", "unit_id", "platform", "seen_at"):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert (mine.reporter_id, mine.stage, mine.opened_at) == (theirs.reporter_id, theirs.stage, office.now)
    spans = [
        {kind: (clock.started_at, clock.due_at) for kind, clock in office.clocks(number).items()}
        for number in (opened.incident_no, triggered)
    ]
    assert spans[0] == spans[1]
    kinds = [[(one.kind, one.role) for one in office.open_requests(each)] for each in (opened.incident_no, triggered)]
    assert kinds[0] == kinds[1]
    assert len(kinds[0]) > 0


def test_the_clocks_run_from_opening_and_the_waiting_stays_on_record(office: Any) -> None:
    found = report(office)
    reported_at = office.now
    office.later(hours=5)
    number = open_lead(office, found.id).incident_no

    assert office.clocks(number)["public_word"].started_at == office.now
    [event] = office.events(number, "incident_opened")
    assert (event.actor, event.data["lead"]) == (WHO, found.id)
    assert event.data["reported_at"] == reported_at.isoformat()
    lead = seen(office, found.id)
    assert (lead.reported_at, lead.settled_at, lead.incident_no) == (reported_at, office.now, number)


def test_the_first_mail_is_owed_at_once_and_follow_up_has_the_run_started_under_one_id(office: Any) -> None:
    number = open_lead(office, report(office, unit="liuxi").id).incident_no
    assert len(office.mails(number, "request")) > 0
    [first] = office.rows(Pass, number)
    assert (first.run_id, first.reason, first.started_at) == (f"{number}-pass-1", "opened", None)

    def unknown(run_id: str) -> RunState:
        return RunState.UNKNOWN

    for _ in range(2):
        found = attending.attend_all(office.transaction, office.house, lambda: office.now, unknown)
        assert found.problems == []
        [start] = found.starts
        assert start.run_id == f"{number}-pass-1"
    with office.transaction() as session:
        begun = opening.open_incident(session, start.conf, start.run_id, office.house, office.now)
    assert (begun.incident_no, begun.joined) == (number, False)
    [only] = office.rows(Pass, number)
    assert only.started_at == office.now
    alive = attending.attend_all(office.transaction, office.house, lambda: office.now, lambda run: RunState.ALIVE)
    assert alive.starts == []


def test_what_the_duty_officer_corrects_holds_and_what_was_reported_stays(office: Any) -> None:
    found = report(office, title="路灯", summary="原话", topic="economy", unit="liuxi", severity="general", urgent=True)
    number = open_lead(
        office, found.id, title="柳溪村三盏路灯不亮", summary="", topic="", unit="", severity="major", urgent=False
    ).incident_no

    incident = office.incident(number)
    assert (incident.title, incident.summary, incident.topic) == ("柳溪村三盏路灯不亮", "", None)
    assert (incident.severity, incident.urgent) == ("major", False)
    lead = seen(office, found.id)
    assert (lead.title, lead.summary, lead.topic, lead.urgent) == ("路灯", "原话", "economy", True)


def test_corrections_are_checked_like_what_is_reported(office: Any) -> None:
    found = report(office)
    for field, value in [
        ("title", ""),
        ("unit", "柳 溪"),
        ("source_url", "ftp://a.example"),
        ("severity", "grave"),
        ("seen_at", (office.now + timedelta(days=1)).isoformat()),
        ("reporter", "qin_shuang"),
    ]:
        with pytest.raises(FieldsRefused) as refused:
            open_lead(office, found.id, **{field: value})
        assert list(refused.value.fields) == [field]
    assert seen(office, found.id).state is LeadState.NEW
    assert everything(office, Incident) == []


def test_a_reporter_who_left_the_roster_does_not_hold_a_lead_up(office: Any) -> None:
    found = report(office, reporter="qin_shuang")
    with office.transaction() as session:
        session.scalars(select(ReportedLead)).one().reporter_id = "left_long_ago"

    number = open_lead(office, found.id).incident_no

    assert office.incident(number).reporter_id == "left_long_ago"


def test_a_known_link_joins_at_once_and_tells_what_was_seen(office: Any) -> None:
    number = office.open(source_url=LINK)
    before = len(office.requests(number))
    found = report(office, source_url=f"{LINK}/#reply", summary="又有十条评论", seen_at="2026-11-23T13:00")

    assert found == Settled(found.id, LeadState.JOINED, number)
    [event] = office.events(number, "lead_joined")
    assert event.data["lead"] == found.id
    [observed] = office.rows(Observation, number)
    assert (observed.text, observed.actor) == ("又有十条评论", "account:wang")
    assert observed.seen_at == office.now - timedelta(hours=1, minutes=3)
    assert [mail for mail in everything(office, OutboxMessage) if mail.incident_id is None] == []
    assert len(office.requests(number)) == before
    assert len(of_no_incident(office, "lead_settled")) == 1
    assert len(everything(office, Incident)) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [({"severity": "critical"}, True), ({"urgent": True}, True), ({"severity": "general"}, False), ({}, False)],
)
def test_the_duty_officers_hear_of_a_lead_that_joins_and_says_it_is_graver(
    office: Any, said: dict[str, Any], told: bool
) -> None:
    number = office.open(source_url=LINK)
    severity = office.incident(number).severity

    found = report(office, source_url=LINK, summary="有人受伤", **said)

    assert found.incident_no == number
    notices = office.mails(number, "notice")
    assert [mail.officer_id for mail in notices] == (["ding_yifan", "xia_mengjie"] if told else [])
    assert office.incident(number).severity is severity
    for mail in notices:
        with office.transaction() as session:
            letter = composing.compose(session, mail, office.house)
        assert number in letter.subject
        assert "有人受伤" in letter.text
        assert f"/desk/incidents/{number}" in letter.text


def test_a_known_link_without_summary_joins_without_observation(office: Any) -> None:
    number = office.open(source_url=LINK)

    assert report(office, source_url=LINK).incident_no == number
    assert office.rows(Observation, number) == []


def test_a_link_that_became_known_meanwhile_joins_on_opening(office: Any) -> None:
    first, second = report(office, source_url=LINK), report(office, source_url=LINK, summary="第二条")
    assert second.state is LeadState.NEW
    number = open_lead(office, first.id).incident_no

    assert open_lead(office, second.id, summary="核对后的话") == Settled(second.id, LeadState.JOINED, number)
    assert [one.text for one in office.rows(Observation, number)] == ["核对后的话"]
    assert len(everything(office, Incident)) == 1


def test_a_trigger_joins_the_incident_of_a_lead(office: Any) -> None:
    number = open_lead(office, report(office, source_url=LINK).id).incident_no
    with office.transaction() as session:
        conf = {"title": "路灯", "source_url": LINK}
        joined = opening.open_incident(session, conf, "run-2", office.house, office.now)

    assert (joined.incident_no, joined.joined) == (number, True)
    assert len(everything(office, Lead)) == 1


def test_a_link_of_a_closed_incident_waits_for_the_duty_officer(office: Any) -> None:
    closed(office, source_url=LINK)

    found = report(office, source_url=LINK)

    assert found.state is LeadState.NEW
    assert open_lead(office, found.id) == Settled(found.id, LeadState.OPENED, "YQCZBG-2026-002")


def test_no_real_lead_vanishes_in_a_drill_nor_the_other_way_round(office: Any) -> None:
    drill = office.open(source_url=LINK, drill=True)
    real = report(office, source_url=LINK, summary="真的")
    assert real.state is LeadState.NEW
    with pytest.raises(FieldsRefused) as refused:
        join(office, real.id, drill)
    assert list(refused.value.fields) == ["incident_no"]
    assert similar(office, real.id) == []

    opened = open_lead(office, real.id)

    assert (opened.state, opened.incident_no) == (LeadState.OPENED, "YQCZBG-2026-002")
    assert office.incident("YQCZBG-2026-002").drill is False
    assert office.rows(Observation, drill) == []
    with pytest.raises(FieldsRefused):
        join(office, report(office, drill=True).id, "YQCZBG-2026-002")


def test_joining_by_hand_brings_the_summary_and_lets_later_leads_follow(office: Any) -> None:
    number = office.open()
    found = report(office, title="村口好黑", source_url=LINK, summary="评论很多")

    assert join(office, found.id, number.lower()) == Settled(found.id, LeadState.JOINED, number)
    assert [one.text for one in office.rows(Observation, number)] == ["评论很多"]
    assert report(office, source_url=LINK).incident_no == number
    [link] = office.rows(SourceLink, number)
    assert (link.url, link.active) == (LINK, True)


def test_joining_leaves_the_link_of_another_open_incident_where_it_is(office: Any) -> None:
    number = office.open()
    found = report(office, source_url=LINK)
    other = office.open(source_url=LINK)

    join(office, found.id, number)

    assert report(office, source_url=LINK).incident_no == other
    assert [link.active for link in office.rows(SourceLink, number)] == [False]


def test_nothing_joins_what_is_closed_merged_or_unknown(office: Any) -> None:
    found = report(office, source_url=LINK)
    over = closed(office)
    with pytest.raises(NotNow, match="重新办理"):
        join(office, found.id, over)
    into, merged = office.open(), office.open()
    with office.transaction() as session:
        merging.merge(session, merged, into, "同一件事", WHO, office.house, office.now)
    with pytest.raises(NotNow, match=into):
        join(office, found.id, merged)
    for nothing in ("YQCZBG-1999-001", "路灯", "'; drop table incident; --"):
        with pytest.raises(FieldsRefused) as refused:
            join(office, found.id, nothing)
        assert list(refused.value.fields) == ["incident_no"]
    assert seen(office, found.id).state is LeadState.NEW
    assert of_no_incident(office, "lead_settled") == []


def test_dismissing_takes_a_reason_and_is_on_record(office: Any) -> None:
    found = report(office)
    with pytest.raises(FieldsRefused):
        dismiss(office, found.id, reason="  ")

    assert dismiss(office, found.id) == Settled(found.id, LeadState.DISMISSED, None)
    lead = seen(office, found.id)
    assert (lead.reason, lead.settled_by and lead.settled_by.name) == ("与本街道无关", "duty")
    [event] = of_no_incident(office, "lead_settled")
    assert (event.data["state"], event.data["reason"]) == ("dismissed", "与本街道无关")


def test_whoever_comes_second_is_told_who_was_first_when_and_how(office: Any) -> None:
    found = report(office)
    number = open_lead(office, found.id).incident_no
    at = office.now
    other = office.open()
    office.later(minutes=1)
    seq = office.incident(number).seq

    for again in (
        lambda: open_lead(office, found.id, "account:late"),
        lambda: open_lead(office, found.id, WHO, reason="还是要"),
        lambda: join(office, found.id, other, "account:late", reason="还是要"),
        lambda: dismiss(office, found.id, "account:late"),
    ):
        with pytest.raises(LeadSettled) as refused:
            again()
        known = refused.value
        assert (known.settled_by, known.state, known.at, known.incident_no) == (WHO, "opened", at, number)
    assert office.incident(number).seq == seq
    assert len(of_no_incident(office, "lead_settled")) == 1


def test_a_dismissed_lead_is_taken_up_again_only_with_a_reason_and_says_so(office: Any) -> None:
    found = report(office)
    dismiss(office, found.id)
    with pytest.raises(LeadSettled) as refused:
        open_lead(office, found.id)
    assert (refused.value.state, refused.value.incident_no) == ("dismissed", None)
    with pytest.raises(LeadSettled):
        dismiss(office, found.id, reason="再说一次")
    office.later(hours=1)

    opened = open_lead(office, found.id, "account:chief", reason="查明属于本街道")

    assert opened.state is LeadState.OPENED
    events = of_no_incident(office, "lead_settled")
    assert [(one.data["was"], one.data["state"]) for one in events] == [("new", "dismissed"), ("dismissed", "opened")]
    assert [one.data["reason"] for one in events] == ["与本街道无关", "查明属于本街道"]
    lead = seen(office, found.id)
    assert (lead.settled_by and lead.settled_by.name, lead.reason) == ("chief", "查明属于本街道")


def test_a_dismissed_lead_joins_with_a_reason(office: Any) -> None:
    number, found = office.open(), report(office, summary="又来")
    dismiss(office, found.id)
    with pytest.raises(LeadSettled):
        join(office, found.id, number)

    assert join(office, found.id, number, reason="是同一件事").state is LeadState.JOINED


@pytest.mark.parametrize("lead_id", ["", "x", "\x00", "' or 1=1"])
def test_an_unknown_lead_is_said_to_be_unknown(office: Any, lead_id: str) -> None:
    report(office)
    for what in (
        lambda: open_lead(office, lead_id),
        lambda: join(office, lead_id, "YQCZBG-2026-001"),
        lambda: dismiss(office, lead_id),
        lambda: seen(office, lead_id),
    ):
        with pytest.raises(LeadNotFound):
            what()


def test_of_two_who_open_at_once_one_wins_and_one_incident_is_there(office: Any) -> None:
    for turn in range(5):
        found = report(office, title=f"第 {turn} 件")
        came = all_at_once([lambda n=n, found=found: open_lead(office, found.id, f"account:{n}") for n in range(3)])  # type: ignore[misc]

        [won] = [one for one in came if isinstance(one, Settled)]
        lost = [one for one in came if isinstance(one, LeadSettled)]
        assert len(lost) == 2, came
        lead = seen(office, found.id)
        assert {f"account:{lead.settled_by and lead.settled_by.name}"} == {one.settled_by for one in lost}
        assert {one.incident_no for one in lost} == {won.incident_no}
        assert len(everything(office, Incident)) == turn + 1


def test_of_opening_joining_and_dismissing_at_once_one_wins(office: Any) -> None:
    other = office.open()
    for turn in range(8):
        found = report(office, title=f"第 {turn} 件", source_url=f"{LINK}{turn}")
        before = len(everything(office, Incident))
        came = all_at_once(
            [
                lambda found=found: open_lead(office, found.id, "account:a"),  # type: ignore[misc]
                lambda found=found: join(office, found.id, other, "account:b"),  # type: ignore[misc]
                lambda found=found: dismiss(office, found.id, "account:c"),  # type: ignore[misc]
            ]
        )

        [won] = [one for one in came if isinstance(one, Settled)]
        assert sum(isinstance(one, LeadSettled) for one in came) == 2, came
        assert seen(office, found.id).state is won.state
        assert len(everything(office, Incident)) - before == (won.state is LeadState.OPENED)
    assert len(of_no_incident(office, "lead_settled")) == 8


def test_one_link_reported_opened_and_triggered_at_once_is_one_incident(office: Any) -> None:
    for turn in range(5):
        link = f"{LINK}/{turn}/"
        waiting = report(office, source_url=link)
        before = len(everything(office, Incident))

        def trigger(link: str = link, turn: int = turn) -> opening.Opened:
            with office.transaction() as session:
                conf = {"title": "路灯", "source_url": link}
                return opening.open_incident(session, conf, f"run-{turn}", office.house, office.now)

        came = all_at_once(
            [
                trigger,
                lambda waiting=waiting: open_lead(office, waiting.id),  # type: ignore[misc]
                lambda link=link: report(office, source_url=link),  # type: ignore[misc]
            ]
        )

        assert not [one for one in came if isinstance(one, BaseException)], came
        assert len(everything(office, Incident)) == before + 1
        assert came[0].incident_no == came[1].incident_no


def test_two_leads_that_each_join_the_others_incident_do_not_block_each_other(office: Any) -> None:
    for turn in range(5):
        one, two = office.open(source_url=f"{LINK}/a{turn}"), office.open(source_url=f"{LINK}/b{turn}")
        first = report(office, source_url=f"{LINK}/c{turn}")
        second = report(office, source_url=f"{LINK}/d{turn}")

        came = all_at_once(
            [
                lambda one=one, first=first: join(office, first.id, one),  # type: ignore[misc]
                lambda two=two, second=second: join(office, second.id, two),  # type: ignore[misc]
                lambda turn=turn: report(office, source_url=f"{LINK}/b{turn}"),  # type: ignore[misc]
                lambda turn=turn: report(office, source_url=f"{LINK}/a{turn}"),  # type: ignore[misc]
            ]
        )

        assert [type(each) for each in came] == [Settled] * 4, came


def test_two_leads_of_one_link_joined_to_two_incidents_at_once_leave_it_to_the_first(office: Any) -> None:
    numbers = [office.open(), office.open()]
    for turn in range(6):
        link = f"{LINK}/{turn}"
        waiting = [report(office, source_url=link), report(office, source_url=link)]

        came = all_at_once(
            [
                lambda lead=lead, number=number: join(office, lead.id, number)  # type: ignore[misc]
                for lead, number in zip(waiting, numbers, strict=True)
            ]
        )

        assert [type(each) for each in came] == [Settled] * 2, came
        links = [link_ for number in numbers for link_ in office.rows(SourceLink, number) if link_.url == link]
        assert sorted(one.active for one in links) == [False, True]


def test_the_chain_of_events_holds_over_all_of_it(office: Any) -> None:
    number = open_lead(office, report(office, source_url=LINK).id).incident_no
    report(office, source_url=LINK, summary="又来")
    dismiss(office, report(office).id)

    with office.transaction() as session:
        assert list(audit.breaks(session)) == []
        assert session.scalar(select(func.count()).select_from(ReportedLead)) == 3
    assert office.stage(number) is not Stage.CLOSED


def test_an_opened_lead_without_unit_asks_the_duty_officer(office: Any) -> None:
    number = open_lead(office, report(office, title="什么也没说清").id).incident_no

    assert office.stage(number) is Stage.ASSIGN_UNIT
    assert office.asked(number, "assign_unit").kind is RequestKind.ASSIGN_UNIT


def test_those_that_wait_come_first_the_gravest_before_the_oldest(office: Any) -> None:
    ids = [
        report(office, title="一", severity="general").id,
        report(office, title="二", severity="critical").id,
        report(office, title="三", severity="major").id,
        report(office, title="四", severity="major", urgent=True).id,
        report(office, title="五", severity="critical").id,
        report(office, title="六").id,
    ]
    dismiss(office, ids[4])
    dismiss(office, ids[0])

    def titles(state: LeadState | None, limit: int = 50, offset: int = 0) -> tuple[str, int]:
        with office.transaction() as session:
            found, total = lead_desk.leads(session, office.house, state, limit=limit, offset=offset)
            return "".join(one.title for one in found), total

    assert titles(None) == ("二四三六五一", 6)
    assert titles(None, limit=2, offset=2) == ("三六", 6)
    assert titles(LeadState.DISMISSED) == ("五一", 2)
    assert titles(LeadState.JOINED) == ("", 0)
    with office.transaction() as session:
        assert lead_desk.waiting(session) == 4


def test_open_incidents_of_the_same_page_or_a_like_title_are_suggested(office: Any) -> None:
    same_page = office.open(title="完全不同", source_url="http://www.forum.example.org/t/1?from=app")
    like = office.open(title="柳溪村的路灯坏了，不亮")
    office.open(title="桥头垃圾成堆")
    office.open(title="柳溪村路灯不亮演习", drill=True)
    closed(office, title="柳溪村路灯不亮")

    found = report(office, title="柳溪村路灯不亮", source_url=LINK)

    assert similar(office, found.id) == [same_page, like]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("柳溪村路灯不亮", "柳溪村路灯又不亮了", True),
        ("柳溪村路灯不亮", "石桥村路面积水", False),
        ("Street lights broken in Liuxi", "The street lights of Liuxi are broken", True),
        ("Street lights broken in Liuxi", "Garbage at the bridge", False),
        ("", "路灯", False),
        ("。。。", "。。。", False),
        ("水", "水", False),
    ],
)
def test_titles_are_alike_by_what_they_share(one: str, other: str, alike: bool) -> None:
    from yingda.domain.leads import ALIKE

    assert (likeness(one, other) >= ALIKE) is alike
    assert likeness(one, other) == likeness(other, one)


def test_one_page_is_one_place_whatever_the_link_carries() -> None:
    assert place_of("https://www.a.example/t/1/?utm=x#top") == place_of("http://A.example/t/1")
    assert place_of("https://a.example/t/1") != place_of("https://a.example/t/2")
