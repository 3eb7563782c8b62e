"""What an officer typed and did not send: kept on the server for them alone, until the request is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda.services import keeping
from yingda.store.models import Decision, Draft, Request

from .conftest import STATEMENT, Clock, Desk
from .test_link_pages import NASTY, Page, opened

LATER = {"cause": "查到一半", "measures": "", "wording": "", "result": "", "evidence": "第一条\n第二条"}


def drafts(session: Session) -> list[Draft]:
    session.rollback()
    return list(session.scalars(select(Draft).execution_options(populate_existing=True)))


def save(client: TestClient, address: str, form: dict[str, str], /, **headers: str) -> Any:
    return client.post(f"{address}/draft", data=form, headers=headers)


def test_what_was_typed_is_there_again_and_was_not_sent(desk: Desk, client: TestClient, clock: Clock):
    address, page = opened(client, desk.up_to("report"))
    clock.now += timedelta(minutes=5)
    saved = save(client, address, page.forms[0] | LATER)
    assert (saved.status_code, saved.headers["location"]) == (303, address)

    again = Page(client.get(address).text)
    assert {name: again.forms[0][name] for name in LATER} == LATER
    assert "已暂存 2026-11-23 14:08，尚未提交" in again.words
    assert desk.request("report").ended_at is None
    assert desk.session.scalars(select(Decision)).all() == []


def test_another_way_to_answer_that_was_begun_stands_open(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    assert "<details open" not in page.html
    save(client, address, page.forms[1] | {"reason": "不属本村", "suggested_unit": "sanitation"})
    again = Page(client.get(address).text)
    assert again.html.count("<details open") == 1
    assert again.forms[1]["reason"] == "不属本村"
    assert again.forms[1]["suggested_unit"] == "sanitation"
    assert "有误" not in again.words


def test_rows_of_commitments_come_back_as_they_were_typed(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("draft_statement"))
    row = {"commitments-1-text": "换杆", "commitments-1-unit": "liuxi", "commitments-1-due": ""}
    save(client, address, page.forms[0] | {"title": "半个标题"} | row)
    again = Page(client.get(address).text).forms[0]
    assert again["title"] == "半个标题"
    assert (again["commitments-0-text"], again["commitments-0-unit"]) == ("换杆", "liuxi")


def test_the_newest_counts(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    for cause in ("第一稿", "第二稿"):
        save(client, address, page.forms[0] | {"cause": cause})
    [draft] = drafts(desk.session)
    assert draft.given["cause"] == "第二稿"
    assert "csrf" not in draft.given


def test_a_page_that_keeps_by_itself_gets_the_words_only(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    saved = save(client, address, page.forms[0] | LATER, **{"HX-Request": "true"})
    assert (saved.status_code, saved.text) == (200, "已暂存 14:03，尚未提交")


def test_what_is_refused_is_kept_too(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    assert client.post(address, data=page.forms[0] | LATER).status_code == 422
    assert Page(client.get(address).text).forms[0]["cause"] == LATER["cause"]


def test_nobody_else_sees_it(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("draft_statement"))
    others = [one.officer_id for one in desk.request("draft_statement").addressees]
    save(client, address, page.forms[0] | {"title": "只给自己看"})
    client.cookies.clear()
    _, theirs = opened(client, desk.token("draft_statement", others[1]))
    assert "只给自己看" not in theirs.html
    assert "已暂存" not in theirs.words


def test_the_answer_takes_every_draft_away_and_none_comes_after_it(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("draft_statement"))
    save(client, address, page.forms[0])
    assert len(drafts(desk.session)) == 1
    other = desk.request("draft_statement").addressees[1].officer_id
    desk.answer("draft_statement", "submit", other, **STATEMENT)
    assert drafts(desk.session) == []
    late = save(client, address, page.forms[0], **{"HX-Request": "true"})
    assert (late.status_code, late.text) == (409, "")
    assert drafts(desk.session) == []


def test_only_our_page_keeps_anything(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    form = page.forms[0] | LATER
    assert save(client, address, form | {"csrf": "0" * 64}).status_code == 403
    assert save(client, address, form, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    client.cookies.clear()
    assert save(client, address, form).status_code == 404
    assert drafts(desk.session) == []


@pytest.mark.parametrize("typed", [{"cause": NASTY}, {"cause": "甲\x00乙"}, {"action": "nonsense", "cause": "丙"}])
def test_whatever_was_typed_does_no_harm(desk: Desk, client: TestClient, typed: dict[str, str]):
    address, page = opened(client, desk.up_to("report"))
    assert save(client, address, page.forms[0] | typed).status_code == 303
    again = client.get(address)
    assert again.status_code == 200
    assert "<script>alert" not in again.text
    if typed["cause"] == NASTY:
        assert Page(again.text).forms[0]["cause"] == NASTY


def test_a_draft_of_a_form_that_looked_otherwise_is_shown_as_far_as_it_fits(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    save(client, address, page.forms[0] | {"cause": "查到一半", "no_such_field": "旧", "evidence-0-text": "旧"})
    again = client.get(address)
    assert again.status_code == 200
    assert Page(again.text).forms[0]["cause"] == "查到一半"


def test_drafts_of_requests_that_were_taken_back_are_forgotten_after_a_while(
    desk: Desk, client: TestClient, clock: Clock
):
    address, page = opened(client, desk.up_to("report"))
    save(client, address, page.forms[0] | LATER)
    kept_until = clock.now + timedelta(days=1)
    assert keeping.prune(desk.session, kept_until) == 0, "its request is open"
    desk.session.rollback()
    with desk.session.begin():
        request = desk.session.scalars(select(Request).where(Request.id == drafts_request(desk))).one()
        request.state, request.ended_at, request.ended_why = "withdrawn", clock.now, "merged"
    assert keeping.prune(desk.session, clock.now) == 0, "it is not old yet"
    assert keeping.prune(desk.session, kept_until) == 1


def drafts_request(desk: Desk) -> int:
    return desk.session.scalars(select(Draft.request_id)).one()


def test_how_long_there_is_stands_beside_the_limit(desk: Desk, client: TestClient, clock: Clock):
    address, page = opened(client, desk.up_to("report"))
    assert "剩 2 小时" in page.words
    clock.now += timedelta(hours=2, minutes=20)
    assert "超时 20 分钟" in Page(client.get(address).text).words


def test_the_button_that_signs_names_the_text(desk: Desk, client: TestClient):
    _, page = opened(client, desk.up_to("sign_statement"))
    digest = desk.request("sign_statement").revision_sha256
    assert digest
    before, _, _ = page.html.partition("</button>")
    assert f"SHA-256 {digest[:12]}" in before.rpartition("<button")[2]
