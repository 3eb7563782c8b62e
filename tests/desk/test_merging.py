"""Merging and undoing it from the page of an incident and over the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.testclient import TestClient

from yingda.services import linking

from .conftest import REPORT, Desk

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
LINK = "https://forum.example.org/thread/7"


def standing(logged_in: TestClient, number: str) -> dict:
    return logged_in.get(f"/desk/api/incidents/{number}").json()


def act(logged_in: TestClient, number: str, action: str, headers: dict[str, str] | None = None, **body: object):
    return logged_in.post(f"/desk/api/incidents/{number}/{action}", json=body, headers={**HEADERS, **(headers or {})})


def buttons(page: str) -> set[str]:
    return set(re.findall(r'action="/desk/incidents/[^"]+/([a-z_]+)"', page))


def test_a_merge_over_the_api_and_its_undoing(
    logged_in: TestClient, desk: Desk, open_incident: Callable[..., str], NOW: datetime
):
    source = open_incident(at=NOW - timedelta(hours=1), title="柳溪村停电", severity="major", source_url=LINK)
    before = standing(logged_in, source), standing(logged_in, desk.number)

    reply = act(logged_in, source, "merge", into=desk.number)

    assert reply.status_code == 200, reply.text
    merged, target = standing(logged_in, source), standing(logged_in, desk.number)
    assert (merged["stage"], merged["outcome"], merged["merged_into"]) == ("closed", "merged", desk.number)
    assert (target["severity"], target["merged_from"]) == ("major", [source])
    due = {clock["kind"]: clock["due_at"] for clock in target["clocks"]}
    assert due == {clock["kind"]: clock["due_at"] for clock in before[0]["clocks"]}
    assert target["source_urls"] == [LINK]
    [event] = [event for event in merged["timeline"] if event["kind"] == "merged"]
    assert event["actor"]["id"] == "account:duty"

    assert act(logged_in, source, "unmerge").status_code == 200
    for then, number in zip(before, (source, desk.number), strict=True):
        now = standing(logged_in, number)
        # The run that drove the source has ended; another one is started.
        goes_on = {"timeline", "passes"}
        assert {key: value for key, value in now.items() if key not in goes_on} == {
            key: value for key, value in then.items() if key not in goes_on
        }


def test_what_cannot_be_merged_is_refused_with_field_or_reason_and_changes_nothing(
    logged_in: TestClient, desk: Desk, open_incident: Callable[..., str]
):
    other, drill = open_incident(title="柳溪村停电"), open_incident(title="演练", drill=True)
    before = standing(logged_in, desk.number)
    for body in ({"into": "YQCZBG-1999-001"}, {"into": desk.number}, {"into": ""}, {}, {"into": "x" * 41}):
        reply = act(logged_in, desk.number, "merge", **body)
        assert reply.status_code == 422, body
        assert list(reply.json()) == ["into"]
    assert "YQCZBG-1999-001" in act(logged_in, desk.number, "merge", into="YQCZBG-1999-001").json()["into"]
    assert list(act(logged_in, desk.number, "merge", into=other, force=True).json()) == ["force"]
    assert list(act(logged_in, desk.number, "unmerge", into=other).json()) == ["into"]
    reply = act(logged_in, desk.number, "merge", into=drill)
    assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
    assert act(logged_in, desk.number, "unmerge").status_code == 409
    assert act(logged_in, "YQCZBG-1999-001", "merge", into=other).status_code == 404
    assert act(logged_in, "YQCZBG-1999-001", "unmerge").status_code == 404
    assert standing(logged_in, desk.number) == before

    assert act(logged_in, desk.number, "merge", into=other).status_code == 200
    reply = act(logged_in, desk.number, "merge", into=other)
    assert reply.status_code == 409
    assert other in reply.json()["detail"]
    reply = act(logged_in, desk.number, "reopen", stage="verification", reason="又有反映")
    assert reply.status_code == 409
    assert "撤销并入" in reply.json()["detail"]


def test_the_same_request_again_under_its_key_is_answered_the_same_and_done_once(
    logged_in: TestClient, desk: Desk, open_incident: Callable[..., str]
):
    other = open_incident(title="柳溪村停电")
    key = {"Idempotency-Key": "merge-1"}
    first, second = (act(logged_in, desk.number, "merge", key, into=other) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    kinds = [event["kind"] for event in standing(logged_in, desk.number)["timeline"]]
    assert kinds.count("merged") == 1


def test_a_link_that_was_mailed_before_works_again_after_the_undoing(
    logged_in: TestClient, desk: Desk, open_incident: Callable[..., str]
):
    other, token = open_incident(title="柳溪村停电"), desk.token("report")
    act(logged_in, desk.number, "merge", into=other)
    reply = desk.get(token)
    assert (reply.status_code, reply.json()["why"]) == (410, "merged")
    assert desk.post(token, action="submit", **REPORT).status_code == 410
    page = desk.client.get(f"/desk/r?token={token}", follow_redirects=True)
    assert page.status_code == 410
    assert "并入另一事件" in page.text

    act(logged_in, desk.number, "unmerge")
    assert desk.get(token).status_code == 200
    assert token == linking.token(desk.house, desk.request("report"), desk.request("report").addressees[0].officer_id)
    assert desk.post(token, action="submit", **REPORT).status_code == 200


def test_the_page_offers_each_form_only_where_it_can_be_done_and_links_both(
    logged_in: TestClient, desk: Desk, open_incident: Callable[..., str]
):
    other = open_incident(title="<b>停电</b>")
    address = f"/desk/incidents/{desk.number}"
    page = logged_in.get(address).text
    assert "merge" in buttons(page)
    assert "unmerge" not in buttons(page)
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)[1]

    reply = logged_in.post(f"{address}/merge", data={"into": "YQCZBG-1999-001", "csrf": csrf})
    assert reply.status_code == 422
    assert "YQCZBG-1999-001" in reply.text
    reply = logged_in.post(f"{address}/merge", data={"into": f" {other} ", "reason": "<i>同一件</i>", "csrf": csrf})
    assert reply.status_code == 303

    page = logged_in.get(address).text
    assert not {"merge", "reopen", "regrade"} & buttons(page)
    assert "unmerge" in buttons(page)
    assert f'href="/desk/incidents/{other}"' in page
    assert "并入其他事件" in page
    assert "<i>" not in page
    page = logged_in.get(f"/desk/incidents/{other}").text
    assert f'href="/desk/incidents/{desk.number}"' in page
    assert "另一事件并入" in page
    assert "unmerge" not in buttons(page)

    assert logged_in.post(f"{address}/unmerge", data={"reason": "", "csrf": csrf}).status_code == 303
    page = logged_in.get(address).text
    assert "merge" in buttons(page)
    assert "撤销并入" in page
    assert "恢复请求" in page


def test_a_published_incident_offers_no_merge(logged_in: TestClient, desk: Desk, open_incident: Callable[..., str]):
    other = open_incident(title="柳溪村停电")
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "approve")
    assert "merge" not in buttons(logged_in.get(f"/desk/incidents/{desk.number}").text)
    assert act(logged_in, desk.number, "merge", into=other).status_code == 409
