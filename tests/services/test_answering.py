"""One answer a request, whoever comes first; and every way in which an answer is refused."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from yingda.domain.errors import (
    AnsweredAlready,
    FieldsRefused,
    LinkExpired,
    LinkForged,
    NotYours,
    RequestEnded,
    TextChanged,
)
from yingda.domain.life import Stage
from yingda.services import answering
from yingda.services.answering import Claims
from yingda.store import audit
from yingda.store.models import Decision, Request


def unchanged(office: Any, number: str) -> tuple[int, int, int]:
    """What any effect would change: events, decisions, mails."""
    with office.transaction() as session:
        decisions = session.scalar(select(func.count()).select_from(Decision)) or 0
    return office.incident(number).seq, decisions, len(office.mails(number))


def test_an_answer_is_one_decision_with_what_follows_from_it(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    decision = office.answer(number, "report", "submit", "luo_chunsheng", **report)

    assert (decision.action, decision.officer_id, decision.at) == ("submit", "luo_chunsheng", office.now)
    assert decision.payload == {**report, "refuted": []}
    assert office.stage(number) is Stage.REPORT_APPROVAL
    [event] = office.events(number, "answered")
    assert (event.actor, event.data["request_kind"], event.data["action"]) == ("luo_chunsheng", "report", "submit")


def test_a_second_exact_answer_is_the_first_one_again(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    request = office.asked(number, "report")
    first = office.send_in(office.claims(request), {"action": "submit", **report})
    before = unchanged(office, number)

    again = office.later(hours=1).send_in(office.claims(request), {**report, "action": "submit"})

    assert (again.id, again.at) == (first.id, first.at)
    assert unchanged(office, number) == before


@pytest.mark.parametrize("change", ["words", "officer", "action"])
def test_another_answer_to_an_answered_request_is_told_who_was_first(
    office: Any, report: dict[str, Any], change: str
) -> None:
    number = office.open(unit="social_affairs")
    request = office.asked(number, "report")
    first = office.send_in(office.claims(request, "pan_lihong"), {"action": "submit", **report})
    before = unchanged(office, number)
    by = "qin_shuang" if change == "officer" else "pan_lihong"
    body = {"action": "submit", **report}
    if change == "words":
        body["cause"] = "另一个原因"
    if change == "action":
        body = {"action": "hand_back", "reason": "不属本科室"}

    with pytest.raises(AnsweredAlready) as already:
        office.send_in(office.claims(request, by), body)

    assert (already.value.officer_id, already.value.action, already.value.at) == ("pan_lihong", "submit", first.at)
    assert unchanged(office, number) == before


def test_mails_that_still_lie_in_the_outbox_are_not_sent_once_somebody_answered(
    office: Any, report: dict[str, Any]
) -> None:
    number = office.open(unit="social_affairs")
    office.answer(number, "report", "submit", "pan_lihong", **report)

    [answered] = office.requests(number, "report")
    assert {mail.state for mail in office.mails(number) if mail.request_id == answered.id} == {"void"}


def test_two_officers_at_once_fifty_times_one_is_taken_and_the_other_told(office: Any) -> None:
    with office.transaction() as session:
        before = audit.length(session)
    for _ in range(50):
        number = office.open(title="什么也没说清", unit=None)
        request = office.asked(number, "assign_unit")
        came: dict[str, Any] = {}
        start = threading.Barrier(2)

        def answer(by: str, unit: str, request: Request = request, came: Any = came, start: Any = start) -> None:
            start.wait()
            try:
                came[by] = office.send_in(office.claims(request, by), {"action": "assign", "unit": unit})
            except Exception as problem:
                came[by] = problem

        pair = [
            threading.Thread(target=answer, args=("ding_yifan", "liuxi")),
            threading.Thread(target=answer, args=("xia_mengjie", "shiqiao")),
        ]
        for one in pair:
            one.start()
        for one in pair:
            one.join(30)
        [winner] = [by for by, one in came.items() if isinstance(one, Decision)]
        [loser] = [one for one in came.values() if isinstance(one, AnsweredAlready)]
        assert loser.officer_id == winner
        assert office.incident(number).unit_id == {"ding_yifan": "liuxi", "xia_mengjie": "shiqiao"}[winner]
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []
        assert audit.length(session) > before + 50


def test_a_link_to_nothing_or_of_somebody_not_asked_is_forged(office: Any) -> None:
    number = office.open()
    request = office.asked(number, "report")
    before = unchanged(office, number)
    for claims in (
        Claims("nothing", "luo_chunsheng", None),
        Claims(request.public_id, "shen_ruolan", None),
        Claims(request.public_id, "luo_chunsheng", "a" * 64),
    ):
        with pytest.raises(LinkForged):
            office.send_in(claims, {"action": "hand_back", "reason": "一"})
        with office.transaction() as session, pytest.raises(LinkForged):
            answering.look(session, claims, office.now)
    assert unchanged(office, number) == before


def test_a_link_works_until_its_end_and_not_a_moment_longer(office: Any) -> None:
    number = office.open()
    request = office.asked(number, "report")
    office.now = request.expires_at + timedelta(microseconds=1)
    with pytest.raises(LinkExpired):
        office.send_in(office.claims(request), {"action": "hand_back", "reason": "一"})
    office.now = request.expires_at
    office.send_in(office.claims(request), {"action": "hand_back", "reason": "一"})


def test_a_withdrawn_request_takes_no_answer(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    office.answer(number, "report", "request_extension", reason="等检测", until="2026-12-01T09:00")
    extension = office.asked(number, "extension")
    office.answer(number, "report", "submit", **report)

    with pytest.raises(RequestEnded) as ended:
        office.send_in(office.claims(extension), {"action": "grant", "reason": ""})
    assert ended.value.why == "report_submitted"


def test_a_judgement_names_the_very_text_it_is_about(office: Any) -> None:
    number = office.bring_to("report_approval")
    request = office.asked(number, "approve_report")
    before = unchanged(office, number)

    with pytest.raises(FieldsRefused) as refused:
        office.send_in(office.claims(request), {"action": "approve"})
    assert list(refused.value.fields) == ["revision_sha256"]
    for other in ("a" * 64, request.revision_sha256.upper(), 7, ["x"]):
        with pytest.raises(TextChanged):
            office.send_in(office.claims(request), {"action": "approve", "revision_sha256": other})
    assert unchanged(office, number) == before


def test_a_wrong_form_stores_nothing(office: Any) -> None:
    number = office.open()
    request = office.asked(number, "report")
    before = unchanged(office, number)
    bodies: list[dict[str, Any]] = [
        {},
        {"action": "approve"},
        {"action": None},
        {"action": "submit"},
        {"action": "hand_back", "reason": " "},
        {"action": "hand_back", "reason": "一", "suggested_unit": "nowhere"},
        {"action": "hand_back", "reason": "一", "poster": "某人"},
        {"action": "hand_back", "reason": "\ud800"},
        {"action": "hand_back", "reason": "\x00"},
        {"action": "request_extension", "reason": "一", "until": "2020-01-01T00:00"},
        {"action": "request_extension", "reason": "一", "until": "0001-01-01T00:00"},
    ]
    for body in bodies:
        with pytest.raises(FieldsRefused):
            office.send_in(office.claims(request), body)
    assert unchanged(office, number) == before
    assert office.asked(number, "report").id == request.id


def test_units_and_dates_of_promises_are_checked(office: Any, statement: dict[str, Any]) -> None:
    number = office.bring_to("statement")
    promises = [
        {"text": "公布结果", "unit": "liuxi", "due": "2026-12-01T09:00"},
        {"text": "公布结果", "unit": "nowhere", "due": "2026-11-01T09:00"},
    ]

    with pytest.raises(FieldsRefused) as refused:
        office.answer(number, "draft_statement", "submit", **{**statement, "commitments": promises})
    assert list(refused.value.fields) == ["commitments.1.unit", "commitments.1.due"]
    assert "liuxi" in refused.value.fields["commitments.1.unit"]


def test_an_author_asked_by_mistake_still_may_not_judge(office: Any) -> None:
    """The roster changed after the request was sent: the rule holds at the moment of the answer as well."""
    number = office.bring_to("report_approval")
    request = office.asked(number, "approve_report")
    with office.transaction() as session:
        from yingda.store.models import Addressee

        session.add(Addressee(request_id=request.id, officer_id="luo_chunsheng"))

    with pytest.raises(NotYours, match="author"):
        office.answer(number, "approve_report", "approve", "luo_chunsheng")
    assert office.signatures(number) == []
    for locale in ("zh_CN", "en"):
        for why in ("author", "signed_before"):
            assert answering.refused_as_not_yours(NotYours(why), locale)


def test_looking_changes_nothing_and_shows_what_was_decided(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    request = office.asked(number, "report")
    claims = office.claims(request)
    before = unchanged(office, number)
    with office.transaction() as session:
        asked = answering.look(session, claims, office.now)
        assert (asked.decision, asked.incident.number) == (None, number)
    assert unchanged(office, number) == before

    office.answer(number, "report", "submit", **report)
    with office.transaction() as session:
        asked = answering.look(session, claims, office.now)
        assert asked.decision is not None
        assert asked.decision.action == "submit"
