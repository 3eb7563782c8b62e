"""The unit's report: rounds, extensions, and what the branch leader makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.acts import Extend
from yingda.domain.errors import FieldsRefused, NotNow, RequestEnded
from yingda.domain.life import RequestState, Stage
from yingda.services import answering, briefing, moving, reporting
from yingda.services.composing import compose
from yingda.store.models import Document, OutboxMessage, Revision

UNTIL = "2026-11-24T18:00"


def revisions(office: Any, number: str) -> list[Revision]:
    with office.transaction() as session:
        mine = Document.incident_id == office.incident(number).id
        return list(session.scalars(select(Revision).join(Document).where(mine).order_by(Revision.id)))


def newest_request_mail(office: Any, number: str) -> str:
    [*_, mail] = office.mails(number, "request")
    with office.transaction() as session:
        return compose(session, session.get_one(OutboxMessage, mail.id), office.house).text


def test_the_report_is_asked_of_those_of_the_unit_and_kept_with_its_hash(office: Any, report: dict[str, Any]) -> None:
    number = office.open(unit="social_affairs")
    request = office.asked(number, "report")
    assert {person.officer_id for person in request.addressees} == {"pan_lihong", "qin_shuang"}
    assert request.due_at == office.now + timedelta(hours=2)

    office.later(minutes=50).answer(number, "report", "submit", "pan_lihong", **report)

    [revision] = revisions(office, number)
    assert (revision.author_id, revision.content["cause"], revision.number) == ("pan_lihong", "线路老化", 1)
    assert office.clocks(number)["verification"].met_at == office.now
    approval = office.asked(number, "approve_report")
    assert approval.revision_sha256 == revision.sha256
    assert [person.officer_id for person in approval.addressees] == ["han_yue"]


def test_any_number_of_rounds_with_the_comment_in_the_next_mail(office: Any, report: dict[str, Any]) -> None:
    number = office.bring_to("report_approval")
    for round_, comment in enumerate(("请写明原因", "请补充照片"), start=2):
        office.later(minutes=5).answer(number, "approve_report", "return", comment=comment)
        assert office.stage(number) is Stage.VERIFICATION
        assert office.asked(number, "report").round == round_
        assert comment in newest_request_mail(office, number)
        office.later(minutes=5).answer(number, "report", "submit", **{**report, "cause": f"第{round_}稿"})
    office.answer(number, "approve_report", "approve", comment="")

    assert [revision.number for revision in revisions(office, number)] == [1, 2, 3]
    assert [revision.content["cause"] for revision in revisions(office, number)] == ["线路老化", "第2稿", "第3稿"]
    assert office.stage(number) is Stage.STATEMENT
    assert [(one.role, one.signer_id, one.sha256) for one in office.signatures(number)] == [
        ("branch_leader", "han_yue", revisions(office, number)[2].sha256)
    ]


def test_what_was_said_of_single_parts_is_in_the_mail_too(office: Any) -> None:
    number = office.bring_to("report_approval")
    office.answer(number, "approve_report", "return", comment="大体可以", comment_cause="写明何时断电")
    mail = newest_request_mail(office, number)
    assert "大体可以" in mail
    assert "其中“舆情产生原因（事实真相）”：写明何时断电" in mail
    assert "具体处置措施”" not in mail


def test_a_first_request_brings_no_comments(office: Any) -> None:
    number = office.open()

    assert "退回" not in newest_request_mail(office, number)


def test_a_declined_report_goes_to_the_duty_officer(office: Any) -> None:
    number = office.bring_to("report_approval")
    office.answer(number, "approve_report", "decline", comment="不是这个单位的事")

    assert office.stage(number) is Stage.ASSIGN_UNIT
    assert [request.kind for request in office.open_requests(number)] == ["assign_unit"]
    office.answer(number, "assign_unit", "assign", unit="shiqiao")
    assert [person.officer_id for person in office.asked(number, "report").addressees] == ["wei_guilan"]


def test_more_time_is_granted_by_the_branch_leader_and_the_first_time_stays_in_the_record(office: Any) -> None:
    number = office.open()
    was = office.clocks(number)["verification"].due_at
    office.answer(number, "report", "request_extension", reason="等检测", until=UNTIL)
    assert {request.kind for request in office.open_requests(number)} == {"extension", "report"}
    assert office.clocks(number)["verification"].due_at == was

    office.answer(number, "extension", "grant", "han_yue", reason="")

    until = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    clock = office.clocks(number)["verification"]
    assert (clock.due_at, clock.original_due_at, clock.missed_at) == (until, was, None)
    assert office.asked(number, "report").due_at == until


def test_a_limit_missed_before_it_was_moved_stays_missed(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    was = office.clocks(number)["verification"].due_at
    office.later(hours=3).answer(number, "report", "request_extension", reason="等检测", until=UNTIL)
    office.answer(number, "extension", "grant", reason="")
    office.later(hours=1).answer(number, "report", "submit", **report)

    clock = office.clocks(number)["verification"]
    assert (clock.missed_at, clock.met_at) == (was, office.now)


def test_time_that_is_refused_stays_what_it_was(office: Any) -> None:
    number = office.open()
    was = office.clocks(number)["verification"].due_at
    office.answer(number, "report", "request_extension", reason="等检测", until=UNTIL)
    office.answer(number, "extension", "refuse", reason="今日必须报送")

    assert office.clocks(number)["verification"].due_at == was
    assert office.asked(number, "report").due_at == was


def test_the_branch_leader_rules_on_the_time_that_was_read_not_on_a_later_wish(office: Any) -> None:
    number = office.open()
    office.answer(number, "report", "request_extension", reason="等检测", until=UNTIL)
    read = office.asked(number, "extension")
    office.answer(number, "report", "request_extension", reason="还要更久", until="2027-06-01T09:00")

    with pytest.raises(RequestEnded):
        office.send_in(office.claims(read), {"action": "grant", "reason": ""})
    assert office.asked(number, "extension").id != read.id


def test_a_report_that_comes_first_ends_the_wish_for_more_time(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    office.answer(number, "report", "request_extension", reason="等检测", until=UNTIL)
    office.answer(number, "report", "submit", **report)

    assert [request.state for request in office.requests(number, "extension")] == [RequestState.WITHDRAWN]


def test_more_time_into_the_past_is_refused(office: Any) -> None:
    number = office.open()

    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "report", "request_extension", reason="等", until="2026-11-23T14:03")
    assert refused.value.fields == {"until": "须晚于现在的时限"}


def test_whoever_wrote_the_report_is_not_asked_to_approve_it(office: Any, report: dict[str, Any]) -> None:
    office.with_officer("han_yue", roles=["group_deputy", "branch_leader", "section_head"], unit="social_affairs")
    number = office.open(unit="social_affairs")
    office.answer(number, "report", "submit", "han_yue", **report)
    office.attend(number)

    assert office.open_requests(number) == []
    told = office.mails(number, "notice")
    assert {mail.officer_id for mail in told} == {"ding_yifan", "xia_mengjie"}
    assert len(told) == 2


def test_more_time_is_asked_for_in_the_unit_s_place_and_the_branch_leader_rules(office: Any) -> None:
    number = office.bring_to("verification")
    limit = office.clocks(number)["verification"].due_at
    until = limit + timedelta(hours=5)

    extend(office, number, until)

    assert office.clocks(number)["verification"].due_at == limit, "nobody granted it yet"
    request = office.asked(number, "extension")
    [leader] = [person.officer_id for person in request.addressees]
    with office.transaction() as session:
        asked = answering.look(session, office.claims(request), office.now)
        shown = briefing.brief(session, asked, leader, office.house).context.extension
    assert (shown.until, shown.reason) == (until, "电话申请")
    assert "duty" in shown.author.name
    office.answer(number, "extension", "grant")
    assert office.clocks(number)["verification"].due_at == until
    assert office.asked(number, "report").due_at == until


def test_the_same_time_asked_for_twice_is_one_request_and_one_mail(office: Any) -> None:
    number = office.bring_to("verification")
    until = office.clocks(number)["verification"].due_at + timedelta(hours=5)
    extend(office, number, until)
    mails = len(office.mails(number))
    extend(office, number, until)
    assert len(office.requests(number, "extension")) == 1
    assert len(office.mails(number)) == mails
    extend(office, number, until + timedelta(hours=1))
    assert len(office.requests(number, "extension")) == 2, "another time is another request"


def test_the_time_asked_for_last_is_ruled_on_whoever_asked(office: Any) -> None:
    number = office.bring_to("verification")
    limit = office.clocks(number)["verification"].due_at
    extend(office, number, limit + timedelta(hours=5))
    office.later(minutes=1)
    wished = limit + timedelta(hours=2)
    office.answer(number, "report", "request_extension", reason="待检测", until=wished.isoformat())
    office.answer(number, "extension", "grant")
    assert office.clocks(number)["verification"].due_at == wished


def test_more_time_in_the_unit_s_place_is_refused_into_the_past_and_where_no_report_is_awaited(office: Any) -> None:
    number = office.bring_to("verification")
    limit = office.clocks(number)["verification"].due_at
    for until in (office.now - timedelta(minutes=1), limit):
        with pytest.raises(FieldsRefused) as refused:
            extend(office, number, until)
        assert list(refused.value.fields) == ["until"]
    office.carry_on(number, "report_approval")
    with pytest.raises(NotNow):
        extend(office, number, limit + timedelta(hours=5))
    assert office.events(number, "extension_asked") == []


def extend(office: Any, number: str, until: datetime) -> None:
    with office.case(number) as case:
        reporting.extend(case, Extend(until=until, reason="电话申请"), "account:duty")
        moving.advance(case)
