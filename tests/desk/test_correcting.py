"""Correcting and withdrawing from the incident's page and over the API, and the draft that comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda.services import linking, moving, publishing
from yingda.services.case import take

from .conftest import STATEMENT, Clock, Desk

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
REASON = "写错了 <恢复> 时间"


@pytest.fixture
def make_public(desk: Desk, session: Session, clock: Clock) -> Callable[[], None]:
    """A function that does what the tasks do with a statement that is signed."""

    def publish() -> None:
        session.rollback()
        case = take(session, desk.number, desk.house, clock.now)
        for sending in publishing.claim_due(case):
            publishing.confirm(case, sending, f"https://example.org/bulletin/{desk.number}/index.html")
        moving.advance(case)
        for publication_id, _, _ in publishing.to_look_at(case):
            publishing.seen_live(case, publication_id)
        moving.advance(case)
        session.commit()

    return publish


@pytest.fixture
def published(desk: Desk, make_public: Callable[[], None]) -> Desk:
    """An incident whose statement is public and seen, and that is not closed yet."""
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "approve")
    make_public()
    return desk


def act(logged_in: TestClient, number: str, action: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return logged_in.post(
        f"/desk/api/incidents/{number}/{action}", json=body or {"reason": REASON}, headers=HEADERS | (headers or {})
    )


def seen(logged_in: TestClient, number: str) -> dict[str, Any]:
    found: dict[str, Any] = logged_in.get(f"/desk/api/incidents/{number}").json()
    return found


def draft_page(client: TestClient, desk: Desk) -> str:
    """The page of the drafter."""
    request = desk.request("draft_statement")
    arrived = client.get(linking.link(desk.house, request, request.addressees[0].officer_id).partition("8080")[2])
    page = client.get(arrived.headers["location"])
    assert page.status_code == 200
    return page.text


def kinds_to_choose(page: str) -> list[str]:
    [select] = re.findall(r'<select [^>]*name="kind".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="(\w+)"', select)


def test_a_correction_over_the_api_asks_for_a_draft_that_begins_with_the_text(
    logged_in: TestClient, client: TestClient, published: Desk
) -> None:
    reply = act(logged_in, published.number, "correct")

    assert reply.status_code == 200, reply.text
    assert reply.json() == {"incident_no": published.number, "done": "correct"}
    shown = seen(logged_in, published.number)
    assert (shown["stage"], shown["wanted_statement"], shown["wanted_reason"]) == ("statement", "correction", REASON)
    [decided] = [event for event in shown["timeline"] if event["kind"] == "correction_decided"]
    assert decided["actor"]["id"] == "account:duty"
    page = draft_page(client, published)
    assert kinds_to_choose(page) == ["correction"]
    assert STATEMENT["body"] in page
    assert f'value="{STATEMENT["title"]}"' in page
    assert "写错了 &lt;恢复&gt; 时间" in page


def test_programs_get_the_same_to_begin_with(logged_in: TestClient, published: Desk) -> None:
    act(logged_in, published.number, "withdraw_statement")

    coming = published.get(published.token("draft_statement")).json()["context"]["next_statement"]
    assert coming["kinds"] == ["withdrawal"]
    assert coming["about"] == STATEMENT["title"]
    assert coming["begins"]["title"] == f"关于撤回《{STATEMENT['title']}》的说明"
    assert REASON in coming["begins"]["body"]
    body = {key: coming["begins"][key] for key in ("kind", "title", "body")}
    refused = published.post(published.token("draft_statement"), action="submit", **body | {"kind": "final"})
    assert (refused.status_code, list(refused.json())) == (422, ["kind"])
    published.answer("draft_statement", "submit", **body)
    assert published.get(published.token("sign_statement")).json()["context"]["next_statement"] is None


def test_a_draft_that_nothing_is_wanted_of_offers_no_withdrawal(client: TestClient, desk: Desk) -> None:
    desk.up_to("draft_statement")

    assert kinds_to_choose(draft_page(client, desk)) == ["final", "holding"]


def test_the_second_is_refused_with_words_and_changes_nothing(logged_in: TestClient, published: Desk) -> None:
    act(logged_in, published.number, "correct")
    before = seen(logged_in, published.number)["timeline"]
    for action in ("correct", "withdraw_statement"):
        reply = act(logged_in, published.number, action)
        assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
        assert "更正正在办理" in reply.json()["detail"]
    assert seen(logged_in, published.number)["timeline"] == before


def test_the_same_act_sent_twice_under_one_key_is_done_once(logged_in: TestClient, published: Desk) -> None:
    first, again = (
        act(logged_in, published.number, "correct", {"Idempotency-Key": "k-1"}, reason="写错了") for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    timeline = seen(logged_in, published.number)["timeline"]
    assert len([event for event in timeline if event["kind"] == "correction_decided"]) == 1


@pytest.mark.parametrize("action", ["correct", "withdraw_statement"])
def test_what_is_sent_wrongly_is_refused_by_field_and_changes_nothing(
    logged_in: TestClient, published: Desk, action: str
) -> None:
    before = seen(logged_in, published.number)["timeline"]
    for body, field in [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "x\x00"}, "reason"),
        ({"reason": ["x"]}, "reason"),
        ({"reason": "x", "kind": "final"}, "kind"),
    ]:
        reply = act(logged_in, published.number, action, **body)
        assert (reply.status_code, list(reply.json())) == (422, [field])
    assert act(logged_in, "YQCZBG-1999-001", action).status_code == 404
    cross_site = logged_in.post(
        f"/desk/api/incidents/{published.number}/{action}",
        json={"reason": "x"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert cross_site.status_code == 403
    assert seen(logged_in, published.number)["timeline"] == before


def test_nothing_public_cannot_be_corrected(logged_in: TestClient, desk: Desk) -> None:
    reply = act(logged_in, desk.number, "correct")

    assert reply.status_code == 409
    assert "没有已发布的说明" in reply.json()["detail"]
    assert "/correct" not in logged_in.get(f"/desk/incidents/{desk.number}").text


def test_the_page_offers_what_can_be_done_and_does_it(
    logged_in: TestClient, published: Desk, make_public: Callable[[], None]
) -> None:
    address = f"/desk/incidents/{published.number}"
    page = logged_in.get(address).text
    assert "更正已发布的说明" in page
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1]  # type: ignore[index]
    assert logged_in.post(f"{address}/withdraw_statement", data={"reason": "失实"}).status_code == 403
    empty = logged_in.post(f"{address}/withdraw_statement", data={"reason": "", "csrf": token})
    assert empty.status_code == 422
    assert "必填" in empty.text

    done = logged_in.post(f"{address}/withdraw_statement", data={"reason": "失实", "csrf": token})

    assert (done.status_code, done.headers["location"]) == (303, address)
    page = logged_in.get(address).text
    assert "决定撤回已发布的说明" in page
    assert f"{address}/correct" not in page
    coming = published.get(published.token("draft_statement")).json()["context"]["next_statement"]
    published.answer("draft_statement", "submit", **{key: coming["begins"][key] for key in ("kind", "title", "body")})
    published.answer("sign_statement", "approve")
    make_public()
    page = logged_in.get(address).text
    assert f"{address}/correct" in page
    assert f"{address}/withdraw_statement" not in page, "it is withdrawn"
