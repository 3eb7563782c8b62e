"""Public feedback: anybody may vote, nobody is known, and "not solved" asks the duty officer whether to reopen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from yingda import wiring
from yingda.domain.life import RequestKind, RequestState
from yingda.services import escalating, hearing, moving, publishing, sending
from yingda.services.case import take
from yingda.store.models import Feedback, Request

from .conftest import Clock, Desk, move_on
from .test_link_pages import NASTY, Page, opened


def publish(desk: Desk, clock: Clock) -> str:
    """Sign and publish the statement of the desk's incident; return the address of its feedback page."""
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "approve")
    show(desk, clock)
    return f"/desk/feedback/{desk.number}"


def show(desk: Desk, clock: Clock) -> None:
    """Let every channel take what is signed, and be seen."""
    case = take(desk.session, desk.number, desk.house, clock.now)
    for due in publishing.claim_due(case):
        publishing.confirm(case, due, "https://example.org/bulletin/1")
    moving.advance(case)
    for publication_id, _, _ in publishing.to_look_at(case):
        publishing.seen_live(case, publication_id)
    moving.advance(case)
    desk.session.commit()


def cast(client: TestClient, address: str, solved: str | None = "false", /, **more: str) -> Any:
    """Open the page and send what it holds."""
    form = Page(client.get(address).text).forms[0]
    sent = {"ballot": form["ballot"], "words": ""} | ({"solved": solved} if solved is not None else {}) | more
    return client.post(address, data=sent)


def votes(desk: Desk) -> list[Feedback]:
    desk.session.rollback()
    return list(desk.session.scalars(select(Feedback).order_by(Feedback.id).execution_options(populate_existing=True)))


def asked(desk: Desk) -> list[Request]:
    desk.session.rollback()
    return list(desk.session.scalars(select(Request).where(Request.kind == RequestKind.FEEDBACK).order_by(Request.id)))


def test_who_says_that_it_is_settled_is_heard_and_nobody_is_asked(desk: Desk, client: TestClient, clock: Clock):
    address = publish(desk, clock)
    page = Page(client.get(address).text)
    assert "关于柳溪村路灯的情况说明" in page.words
    assert votes(desk) == [], "looking is not voting"
    reply = cast(client, address, "true", **{"reason-late": "true"})
    assert reply.status_code == 200
    assert "已收到" in Page(reply.text).words
    [vote] = votes(desk)
    assert (vote.solved, vote.reasons, vote.words) == (True, [], "")
    assert asked(desk) == []


def test_not_settled_asks_the_duty_officer_who_reopens(
    desk: Desk, client: TestClient, logged_in: TestClient, clock: Clock
):
    address = publish(desk, clock)
    desk.answer("close", "close", result="已办")
    reply = cast(client, address, "false", **{"reason-not_fixed": "true", "words": NASTY})
    assert reply.status_code == 200
    [request] = asked(desk)
    assert (request.state, request.role) == (RequestState.OPEN, "duty_officer")
    assert request.due_at == clock.now + timedelta(days=1)

    _, page = opened(client, desk.token("feedback"))
    assert "没有解决 1 条，已解决 0 条" in page.words
    assert "实际没有解决：1" in page.words
    assert NASTY in page.words
    seen = logged_in.get(f"/desk/incidents/{desk.number}")
    assert NASTY in Page(seen.text).words
    told = logged_in.get(f"/desk/api/incidents/{desk.number}").json()["feedback"]
    assert (told["solved"], told["not_solved"], told["reasons"]) == (0, 1, [["实际没有解决", 1]])

    assert desk.number in logged_in.get("/desk/").text, "what waits for a decision is not on the board"

    desk.answer("feedback", "reopen", stage="verification", reason="现场确有三盏不亮")
    after = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    assert after["stage"] == "verification"
    assert desk.request("report").round == 2


def test_asked_once_a_day_at_most_and_again_only_for_what_came_since(
    desk: Desk, client: TestClient, logged_in: TestClient, clock: Clock
):
    address = publish(desk, clock)
    desk.answer("close", "close", result="已办")
    for _ in range(3):
        cast(client, address)
    assert len(asked(desk)) == 1
    clock.now += timedelta(hours=2)
    desk.answer("feedback", "leave", reason="反馈的是另一处路灯")
    clock.now += timedelta(hours=1)
    cast(client, address)
    assert len(asked(desk)) == 1, "asked twice in a day"

    clock.now += timedelta(days=1)
    assert desk.number in escalating.to_attend(desk.session)
    move_on(desk.session, desk.number, desk.house, clock.now)
    assert [one.state for one in asked(desk)] == [RequestState.ANSWERED, RequestState.OPEN]
    desk.answer("feedback", "leave", reason="同上")
    assert desk.number not in logged_in.get("/desk/").text
    clock.now += timedelta(days=3)
    assert desk.number not in escalating.to_attend(desk.session)
    move_on(desk.session, desk.number, desk.house, clock.now)
    assert len(asked(desk)) == 2, "asked again about what was decided"


def test_what_is_asked_stays_asked_when_the_incident_is_closed_and_ends_when_it_is_reopened(
    desk: Desk, client: TestClient, logged_in: TestClient, clock: Clock
):
    address = publish(desk, clock)
    cast(client, address)
    desk.answer("close", "close", result="已办")
    assert [one.state for one in asked(desk)] == [RequestState.OPEN]
    reply = logged_in.post(
        f"/desk/api/incidents/{desk.number}/reopen",
        json={"stage": "statement", "reason": "补充说明"},
        headers={"Authorization": "Bearer checked-by-airflow"},
    )
    assert reply.status_code == 200
    assert [one.state for one in asked(desk)] == [RequestState.WITHDRAWN]
    # What is said while it is being handled is kept; nobody is asked whether to do what is being done.
    cast(client, address)
    assert len(asked(desk)) == 1
    assert len(votes(desk)) == 2


def test_one_ballot_is_one_vote_which_may_be_changed(desk: Desk, client: TestClient, clock: Clock):
    address = publish(desk, clock)
    ballot = Page(client.get(address).text).forms[0]["ballot"]
    for solved in ("true", "false", "false", "true"):
        assert client.post(address, data={"ballot": ballot, "solved": solved}).status_code == 200
    [vote] = votes(desk)
    assert vote.solved
    assert ballot not in str(vars(vote)), "the ballot itself is kept"


def test_what_is_no_ballot_of_this_page_is_not_counted_and_nothing_typed_is_lost(
    desk: Desk, client: TestClient, clock: Clock, open_incident: Callable[..., str]
):
    address = publish(desk, clock)
    ballot = Page(client.get(address).text).forms[0]["ballot"]
    link = desk.token("close")
    for forged in ("", "x", ballot[:-1], ballot + "=", link):
        reply = client.post(address, data={"ballot": forged, "solved": "false", "words": "写了很久"})
        assert reply.status_code == 403, forged
        again = Page(reply.text)
        assert again.forms[0]["words"].strip() == "写了很久"
        assert again.forms[0]["ballot"] not in (forged, ballot)
    clock.now += timedelta(days=8)
    assert client.post(address, data={"ballot": ballot, "solved": "false"}).status_code == 403
    foreign = {"Origin": "https://elsewhere.example.org"}
    fresh = Page(client.get(address).text).forms[0]["ballot"]
    assert client.post(address, data={"ballot": fresh, "solved": "false"}, headers=foreign).status_code == 403
    # A ballot opens no link, and no other incident.
    assert client.get("/desk/api/r", headers={"X-Desk-Token": fresh}).status_code == 404
    assert votes(desk) == []


def test_wrong_fields_are_named(desk: Desk, client: TestClient, clock: Clock):
    address = publish(desk, clock)
    reply = cast(client, address, None, words="说了一半")
    assert reply.status_code == 422
    page = Page(reply.text)
    assert "必填" in page.words
    assert page.forms[0]["words"].strip() == "说了一半"
    assert cast(client, address, "false", words="长" * 501).status_code == 422
    assert cast(client, address, "maybe").status_code == 422
    assert votes(desk) == []


def test_nothing_is_asked_where_nothing_is_public_or_it_is_a_drill(
    desk: Desk, client: TestClient, clock: Clock, open_incident: Callable[..., str]
):
    assert client.get(f"/desk/feedback/{desk.number}").status_code == 404
    assert client.post(f"/desk/feedback/{desk.number}", data={"solved": "false"}).status_code == 404
    assert client.get("/desk/feedback/YQCZBG-1999-001").status_code == 404
    assert client.get("/desk/feedback/%00").status_code == 404
    desk.number = open_incident(drill=True)
    publish(desk, clock)
    assert client.get(f"/desk/feedback/{desk.number}").status_code == 404


def test_an_interim_word_is_not_asked_about_since_nothing_is_settled_yet(desk: Desk, client: TestClient, clock: Clock):
    desk.up_to("draft_statement")
    promised = [{"text": "换杆", "unit": "liuxi", "due": "2026-12-01T18:00"}]
    desk.answer("draft_statement", "submit", kind="holding", title="阶段说明", body="正在查。", commitments=promised)
    desk.answer("sign_statement", "approve")
    show(desk, clock)
    assert client.get(f"/desk/feedback/{desk.number}").status_code == 404


def test_more_votes_than_readers_can_cast_are_not_taken(
    desk: Desk, client: TestClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hearing, "MOST_AN_HOUR", 2)
    address = publish(desk, clock)
    assert [cast(client, address).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += timedelta(hours=2)
    assert cast(client, address).status_code == 200


def test_the_bulletin_s_page_leads_there(desk: Desk, clock: Clock):
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "approve")
    sending.publish_due(wiring.transaction, desk.number, desk.house, lambda: clock.now)
    page = (desk.house.bulletin / desk.number / "index.html").read_text()
    assert re.search(rf'<a href="{re.escape(desk.house.public_url)}/desk/feedback/{desk.number}">', page)
    assert "<script" not in page
