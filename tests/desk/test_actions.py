from __future__ import annotations

import re
from datetime import timedelta

from starlette.testclient import TestClient

from .conftest import Desk

HEADERS = {"Authorization": "Bearer checked-by-airflow"}


def standing(logged_in: TestClient, number: str) -> dict:
    return logged_in.get(f"/desk/api/incidents/{number}").json()


def test_a_regrade_over_the_api_moves_clocks_and_chain_and_names_the_account(logged_in: TestClient, desk: Desk):
    desk.up_to("sign_statement")
    reply = logged_in.post(
        f"/desk/api/incidents/{desk.number}/regrade",
        json={"severity": "critical", "reason": "关注上升"},
        headers=HEADERS,
    )
    assert reply.status_code == 200, reply.text
    seen = standing(logged_in, desk.number)
    assert seen["severity"] == "critical"
    assert {clock["kind"] for clock in seen["clocks"]} == {"verification", "public_word", "press_conference"}
    [event] = [event for event in seen["timeline"] if event["kind"] == "regraded"]
    assert event["actor"]["id"] == "account:duty"


def test_wrong_actions_are_refused_with_field_and_remedy_and_change_nothing(logged_in: TestClient, desk: Desk):
    address = f"/desk/api/incidents/{desk.number}"
    before = standing(logged_in, desk.number)
    for path, body, field in [
        ("regrade", {"severity": "huge", "reason": "x"}, "severity"),
        ("regrade", {"severity": "major"}, "reason"),
        ("regrade", {"severity": "major", "reason": "x" * 501}, "reason"),
        ("regrade", {"severity": "major", "reason": "x", "force": True}, "force"),
        ("regrade", {"severity": ["major"], "reason": "x"}, "severity"),
        ("reopen", {"stage": "publication", "reason": "x"}, "stage"),
    ]:
        reply = logged_in.post(f"{address}/{path}", json=body, headers=HEADERS)
        assert reply.status_code == 422, (path, body)
        assert list(reply.json()) == [field]
    assert logged_in.post(f"{address}/regrade", content=b"[]", headers=HEADERS).status_code == 422
    reply = logged_in.post(f"{address}/reopen", json={"stage": "statement", "reason": "x"}, headers=HEADERS)
    assert reply.status_code == 409
    none = "/desk/api/incidents/YQCZBG-1999-001/regrade"
    assert logged_in.post(none, json={"severity": "major", "reason": "x"}, headers=HEADERS).status_code == 404
    assert standing(logged_in, desk.number)["timeline"] == before["timeline"]


def test_the_forms_of_the_page_work_and_only_from_the_page(logged_in: TestClient, desk: Desk):
    address = f"/desk/incidents/{desk.number}"
    page = logged_in.get(address).text
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1]
    form = {"severity": "major", "reason": "媒体转载"}

    assert logged_in.post(f"{address}/regrade", data=form).status_code == 403
    assert logged_in.post(f"{address}/regrade", data={**form, "csrf": token[::-1]}).status_code == 403
    foreign = {"Origin": "https://elsewhere.example.org"}
    assert logged_in.post(f"{address}/regrade", data={**form, "csrf": token}, headers=foreign).status_code == 403
    assert standing(logged_in, desk.number)["severity"] == "general"

    reply = logged_in.post(f"{address}/regrade", data={**form, "csrf": token})
    assert reply.status_code == 303
    assert standing(logged_in, desk.number)["severity"] == "major"
    assert "调整级别" in logged_in.get(address).text


def test_the_api_believes_no_browser_sent_here_from_elsewhere(logged_in: TestClient, desk: Desk):
    reply = logged_in.post(
        f"/desk/api/incidents/{desk.number}/regrade",
        json={"severity": "major", "reason": "x"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert reply.status_code == 403


def test_a_closed_incident_is_reopened_with_its_clocks_running_on(logged_in: TestClient, desk: Desk, clock):
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "no_publication", comment="暂不发布")
    desk.answer("close", "close", result="内部处理")
    before = standing(logged_in, desk.number)
    assert before["stage"] == "closed"
    clock.now += timedelta(days=1)

    reply = logged_in.post(
        f"/desk/api/incidents/{desk.number}/reopen",
        json={"stage": "statement", "reason": "上级要求公开"},
        headers=HEADERS,
    )

    assert reply.status_code == 200, reply.text
    after = standing(logged_in, desk.number)
    assert after["stage"] == "statement"
    assert desk.request("draft_statement").round == 2
    [word] = [one for one in after["clocks"] if one["kind"] == "public_word"]
    [earlier] = [one for one in before["clocks"] if one["kind"] == "public_word"]
    assert (word["started_at"], word["due_at"]) == (earlier["started_at"], earlier["due_at"])
