from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import access
from yingda.store.models import Event, Incident, Observation, OutboxMessage, ReportedLead

from .conftest import Clock, Desk

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
LINK = "https://forum.example.org/t/1"


def report(client: TestClient, key: str | None = None, **fields: Any) -> httpx.Response:
    headers = HEADERS | ({"Idempotency-Key": key} if key else {})
    return client.post("/desk/api/leads", json={"title": "柳溪村路灯不亮", **fields}, headers=headers)


def reported(client: TestClient, **fields: Any) -> str:
    reply = report(client, **fields)
    assert reply.status_code == 201, reply.text
    lead_id: str = reply.json()["id"]
    return lead_id


def settle(client: TestClient, lead_id: str, action: str, **fields: Any) -> httpx.Response:
    return client.post(f"/desk/api/leads/{lead_id}/{action}", json=fields, headers=HEADERS)


def told(client: TestClient, lead_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/desk/api/leads/{lead_id}").json()
    return found


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def form(page: str, address: str) -> dict[str, str]:
    """The fields of a form as a browser would send them untouched."""
    start = page.index(f'action="{address}"')
    inside = page[start : page.index("</form>", start)]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", inside):
        given = dict(re.findall(r' (\w+)="([^"]*)"', tag))
        sent[given["name"]] = html.unescape(given["value"])
    for name, value in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', inside, re.S):
        sent[name] = html.unescape(value)
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', inside, re.S):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        sent[name] = next((value for value, chosen in values if chosen), values[0][0])
    return sent


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_lead_is_reported_opened_and_handled_like_any_incident(logged_in: TestClient, clock: Clock):
    reply = report(
        logged_in,
        summary="三盏路灯",
        topic="livelihood",
        severity="major",
        urgent=True,
        unit="liuxi",
        platform="论坛",
        source_url=LINK,
        seen_at="2026-11-23T13:00:00+08:00",
        reporter="qin_shuang",
        origin="hotline",
    )
    assert reply.status_code == 201
    assert set(reply.json()) == {"id", "state", "incident_no"}
    assert (reply.json()["state"], reply.json()["incident_no"]) == ("new", None)
    lead_id = reply.json()["id"]
    clock.now += timedelta(minutes=20)

    opened = settle(logged_in, lead_id, "open", title="柳溪村三盏路灯不亮")

    assert opened.status_code == 200
    assert opened.json() == {"id": lead_id, "incident_no": "YQCZBG-2026-001", "state": "opened"}
    incident = logged_in.get("/desk/api/incidents/YQCZBG-2026-001").json()
    assert (incident["title"], incident["severity"], incident["source_urls"]) == ("柳溪村三盏路灯不亮", "major", [LINK])
    assert incident["opened_at"] == "2026-11-23T06:23:00Z"
    assert incident["timeline"][0]["actor"]["id"] == "account:duty"
    assert [one["run_id"] for one in incident["passes"]] == ["YQCZBG-2026-001-pass-1"]
    assert {one["kind"] for one in incident["requests"]} == {"brief_reply"}
    lead = told(logged_in, lead_id)
    assert (lead["state"], lead["reported_at"], lead["settled_at"]) == (
        "opened",
        "2026-11-23T06:03:00Z",
        "2026-11-23T06:23:00Z",
    )
    assert (lead["title"], lead["origin"], lead["reporter"]["id"]) == ("柳溪村路灯不亮", "hotline", "qin_shuang")
    assert lead["seen_at"] == "2026-11-23T05:00:00Z"


def test_the_same_report_under_one_key_is_one_lead(logged_in: TestClient, session: Session):
    first, again = report(logged_in, "k-1"), report(logged_in, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert report(logged_in, "k-1", summary="别的").status_code == 409
    assert count(session, ReportedLead) == 1
    assert count(session, OutboxMessage) == 2

    refused = report(logged_in, "k-2", unit="nowhere")
    assert (refused.status_code, list(refused.json())) == (422, ["unit"])
    assert report(logged_in, "k-2", unit="liuxi").status_code == 201


def test_settling_under_one_key_is_once_and_says_the_same(logged_in: TestClient, session: Session):
    lead_id = reported(logged_in)
    for _ in range(2):
        reply = logged_in.post(
            f"/desk/api/leads/{lead_id}/open", json={}, headers={**HEADERS, "Idempotency-Key": "open-1"}
        )
        assert reply.json()["incident_no"] == "YQCZBG-2026-001"
    assert count(session, Incident) == 1
    assert settle(logged_in, lead_id, "open").status_code == 409


def test_wrong_reports_are_refused_by_field_in_chinese_and_in_english(
    logged_in: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
):
    wrong = [
        ({"title": ""}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": "一\x00二"}, "title"),
        ({"severity": None}, "severity"),
        ({"urgent": "perhaps"}, "urgent"),
        ({"unit": "nowhere"}, "unit"),
        ({"reporter": "nobody"}, "reporter"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"seen_at": "2026-11-23T14:04"}, "seen_at"),
        ({"seen_at": "soon"}, "seen_at"),
        ({"poster": "某人"}, "poster"),
        ({"origin": "resident"}, "origin"),
    ]
    for locale in ("zh_CN", "en"):
        monkeypatch.setenv("YINGDA_LOCALE", locale)
        settings.forget()
        for fields, field in wrong:
            reply = report(logged_in, **fields) if "\ud800" not in fields.values() else None
            if reply is None:
                raw = b'{"title": "\\ud800"}'
                reply = logged_in.post("/desk/api/leads", content=raw, headers=HEADERS)
            assert (reply.status_code, list(reply.json())) == (422, [field]), (fields, reply.text)
    assert logged_in.post("/desk/api/leads", content=b"[]", headers=HEADERS).status_code == 422
    assert count(session, ReportedLead) == 0
    assert count(session, Event) == 0


def test_empty_values_count_as_absent(logged_in: TestClient):
    lead_id = reported(logged_in, topic="", unit="", platform="", source_url="", seen_at=None, reporter="", summary="")
    lead = told(logged_in, lead_id)
    assert [lead[name] for name in ("topic", "unit", "platform", "source_url", "seen_at", "reporter")] == [None] * 6


def test_a_known_link_joins_and_the_loser_of_a_settled_lead_is_told_everything(
    logged_in: TestClient, desk: Desk, session: Session, open_incident: Callable[..., str]
):
    number = open_incident(source_url=LINK)
    joined = report(logged_in, source_url=LINK, summary="又有人说")
    assert joined.status_code == 201
    assert (joined.json()["state"], joined.json()["incident_no"]) == ("joined", number)

    late = settle(logged_in, joined.json()["id"], "dismiss", reason="重复")

    assert late.status_code == 409
    said = late.json()
    assert said.pop("detail") == f"duty 已于 11月23日 14:03 处理：已并入 {number}。"
    assert said == {
        "error": "settled",
        "state": "joined",
        "incident_no": number,
        "by": {"id": "account:duty", "name": "duty"},
        "at": "2026-11-23T06:03:00Z",
    }
    seen = logged_in.get(f"/desk/api/incidents/{number}").json()
    assert [one["text"] for one in seen["observations"]] == ["又有人说"]


def test_joining_names_an_open_incident(logged_in: TestClient, desk: Desk):
    lead_id = reported(logged_in)
    for number, status in (("YQCZBG-1999-001", 422), ("", 422)):
        reply = settle(logged_in, lead_id, "join", incident_no=number)
        assert (reply.status_code, list(reply.json())) == (status, ["incident_no"])
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "no_publication", comment="暂不发布")
    desk.answer("close", "close", result="内部处理")
    reply = settle(logged_in, lead_id, "join", incident_no=desk.number)
    assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
    assert "重新办理" in reply.json()["detail"]
    assert told(logged_in, lead_id)["state"] == "new"


def test_what_is_not_there_is_404(logged_in: TestClient):
    lead_id = reported(logged_in)
    for unknown in ("x", "%00", "a" * 300):
        assert logged_in.get(f"/desk/api/leads/{unknown}").status_code == 404
        assert logged_in.get(f"/desk/leads/{unknown}").status_code == 404
        assert settle(logged_in, unknown, "open").status_code == 404
    assert settle(logged_in, lead_id, "burn").status_code == 404


def test_no_other_site_settles_a_lead(logged_in: TestClient, session: Session):
    lead_id = reported(logged_in)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("", f"/{lead_id}/open"):
        assert logged_in.post(f"/desk/api/leads{path}", json={"title": "x"}, headers=foreign).status_code == 403
        assert logged_in.post(f"/desk/leads{path}", data={"title": "x"}, headers=foreign).status_code == 403
    assert count(session, ReportedLead) == 1
    assert told(logged_in, lead_id)["state"] == "new"


def test_the_list_comes_in_pages_by_state(logged_in: TestClient):
    ids = [reported(logged_in, title=f"第 {n} 条") for n in range(3)]
    settle(logged_in, ids[0], "dismiss", reason="重复")
    listed = logged_in.get("/desk/api/leads").json()
    assert [one["title"] for one in listed["leads"]] == ["第 1 条", "第 2 条", "第 0 条"]
    page = logged_in.get("/desk/api/leads?state=new&limit=1&offset=1").json()
    assert (page["total"], [one["id"] for one in page["leads"]]) == (2, [ids[2]])
    for query, field in (("state=old", "state"), ("limit=0", "limit"), ("offset=-1", "offset")):
        reply = logged_in.get(f"/desk/api/leads?{query}")
        assert (reply.status_code, list(reply.json())) == (422, [field])
        assert logged_in.get(f"/desk/leads?{query}").status_code == 422


def test_an_empty_list_says_what_to_do_and_a_filter_without_result_how_to_go_on(logged_in: TestClient):
    page = logged_in.get("/desk/leads").text
    assert "还没有人报送线索" in page
    assert "不写发帖人是谁" in page
    assert "查看全部线索" in logged_in.get("/desk/leads?state=dismissed").text


def test_the_navigation_counts_the_leads_that_wait(logged_in: TestClient):
    for address in ("/desk/", "/desk/leads", "/desk/register", "/desk/rounds"):
        assert "条待处理" not in logged_in.get(address).text
    first, _ = reported(logged_in), reported(logged_in)
    assert "2 条待处理" in logged_in.get("/desk/").text
    settle(logged_in, first, "dismiss", reason="重复")
    assert "1 条待处理" in logged_in.get("/desk/").text


def test_the_forms_take_a_lead_from_report_to_incident_without_javascript(logged_in: TestClient, session: Session):
    page = logged_in.get("/desk/leads?" + urlencode({"platform": "市民论坛"})).text
    sent = form(page[page.index('id="report"') :], "/desk/leads")
    assert sent["platform"] == "市民论坛"
    assert (sent["severity"], sent["urgent"], sent["drill"], sent["origin"]) == ("general", "false", "false", "officer")
    sent |= {"title": "柳溪村路灯不亮", "summary": "第一行\r\n第二行", "source_url": LINK, "urgent": "true"}
    reply = logged_in.post("/desk/leads", data=sent)
    assert reply.status_code == 303, reply.text
    address = reply.headers["location"]

    lead = logged_in.get(address).text
    assert "待处理" in lead
    opening = form(lead, f"{address}/open")
    assert (opening["title"], opening["summary"], opening["urgent"]) == ("柳溪村路灯不亮", "第一行\n第二行", "true")
    assert "reason" not in opening
    opening |= {"severity": "major", "unit": "liuxi"}
    assert logged_in.post(f"{address}/open", data=opening).headers["location"] == address

    incident = logged_in.get("/desk/api/incidents/YQCZBG-2026-001").json()
    assert (incident["severity"], incident["urgent"], incident["unit"]["id"]) == ("major", True, "liuxi")
    assert (incident["platform"], incident["summary"]) == ("市民论坛", "第一行\n第二行")
    settled = logged_in.get(address).text
    assert 'href="/desk/incidents/YQCZBG-2026-001"' in settled
    assert f'action="{address}' not in settled


def test_the_same_form_sent_twice_is_one_lead_and_two_visits_are_two(logged_in: TestClient, session: Session):
    def visit() -> dict[str, str]:
        page = logged_in.get("/desk/leads").text
        return form(page[page.index('id="report"') :], "/desk/leads") | {"title": "同一句话"}

    sent = visit()
    first = logged_in.post("/desk/leads", data=sent)
    again = logged_in.post("/desk/leads", data=sent)
    assert first.headers["location"] == again.headers["location"]
    corrected = logged_in.post("/desk/leads", data={**sent, "title": "改了"})
    assert corrected.headers["location"] != first.headers["location"]
    assert logged_in.post("/desk/leads", data=visit()).headers["location"] != first.headers["location"]
    assert count(session, ReportedLead) == 3


def test_what_was_typed_is_never_lost(logged_in: TestClient, session: Session):
    page = logged_in.get("/desk/leads").text
    typed = {"title": "长" * 201, "summary": "辛苦打的字 <b>", "unit": "liuxi", "source_url": "无效", "urgent": "true"}
    for sent, status in (({"csrf": token(page)}, 422), ({"csrf": "0" * 64}, 403), ({}, 403)):
        reply = logged_in.post("/desk/leads", data={**typed, **sent})
        assert reply.status_code == status
        again = form(reply.text[reply.text.index('id="report"') :], "/desk/leads")
        assert {name: again[name] for name in typed} == typed
        assert "<b>" not in reply.text
    assert "最多 200 字" in logged_in.post("/desk/leads", data={**typed, "csrf": token(page)}).text
    assert count(session, ReportedLead) == 0

    lead_id = reported(logged_in)
    address = f"/desk/leads/{lead_id}"
    csrf = token(logged_in.get(address).text)
    refused = logged_in.post(f"{address}/open", data={"csrf": csrf, "title": "", "summary": "改过的话"})
    assert (refused.status_code, form(refused.text, f"{address}/open")["summary"]) == (422, "改过的话")
    refused = logged_in.post(f"{address}/join", data={"csrf": csrf, "incident_no": "YQCZBG-1999-001"})
    assert (refused.status_code, form(refused.text, f"{address}/join")["incident_no"]) == (422, "YQCZBG-1999-001")
    settle(logged_in, lead_id, "open")
    late = logged_in.post(f"{address}/dismiss", data={"csrf": csrf, "reason": "打了很久的理由"})
    assert late.status_code == 409
    assert form(late.text, f"{address}/dismiss")["reason"] == "打了很久的理由"
    assert "duty 已于 11月23日 14:03 处理：已受理 YQCZBG-2026-001" in late.text


def test_a_form_of_one_lead_settles_no_other(logged_in: TestClient):
    one, other = reported(logged_in), reported(logged_in)
    csrf = token(logged_in.get(f"/desk/leads/{one}").text)
    assert logged_in.post(f"/desk/leads/{other}/dismiss", data={"csrf": csrf, "reason": "x"}).status_code == 403
    assert told(logged_in, other)["state"] == "new"


def test_a_dismissed_lead_is_taken_up_again_from_its_page_with_a_reason(logged_in: TestClient):
    lead_id = reported(logged_in)
    address = f"/desk/leads/{lead_id}"
    csrf = token(logged_in.get(address).text)
    assert logged_in.post(f"{address}/dismiss", data={"csrf": csrf, "reason": "与本街道无关"}).status_code == 303
    page = logged_in.get(address).text
    assert "与本街道无关" in page
    assert f'action="{address}/dismiss"' not in page
    sent = form(page, f"{address}/open")
    assert sent["reason"] == ""

    refused = logged_in.post(f"{address}/open", data=sent)
    assert refused.status_code == 409
    assert "请写明理由" in refused.text
    assert logged_in.post(f"{address}/open", data={**sent, "reason": "查明属于本街道"}).status_code == 303
    assert told(logged_in, lead_id)["state"] == "opened"


def test_similar_open_incidents_can_be_joined_with_one_press(logged_in: TestClient, desk: Desk, session: Session):
    lead_id = reported(logged_in, summary="又不亮了")
    address = f"/desk/leads/{lead_id}"
    page = logged_in.get(address).text
    assert f"并入 {desk.number}" in page
    sent = form(page, f"{address}/join")
    assert sent["incident_no"] == desk.number
    assert logged_in.post(f"{address}/join", data=sent).status_code == 303
    assert count(session, Observation) == 1
    assert "又不亮了" in logged_in.get(f"/desk/api/incidents/{desk.number}").text


def test_who_may_only_look_sees_the_leads_and_no_form(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch):
    lead_id = reported(logged_in)
    monkeypatch.setattr(access, "can_act", lambda user: False)
    for address in ("/desk/leads", f"/desk/leads/{lead_id}"):
        page = logged_in.get(address).text
        assert "柳溪村路灯不亮" in page
        assert 'method="post"' not in page


def test_what_people_wrote_is_shown_as_they_wrote_it(logged_in: TestClient):
    nasty = "<script>alert(1)</script>{{ 7*7 }}"
    lead_id = reported(logged_in, title=nasty, summary=nasty, platform=nasty)
    settle(logged_in, lead_id, "dismiss", reason=nasty)
    for address in ("/desk/leads", f"/desk/leads/{lead_id}"):
        page = logged_in.get(address).text
        assert "<script>" not in page
        assert "{{ 7*7 }}" in page
    page = logged_in.get("/desk/leads?" + urlencode({"platform": '"><script>' + "长" * 500})).text
    assert "<script>" not in page


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_pages_speak_the_language_of_the_office(
    logged_in: TestClient, monkeypatch: pytest.MonkeyPatch, locale: str
):
    monkeypatch.setenv("YINGDA_LOCALE", locale)
    settings.forget()
    lead_id = reported(logged_in, title="Street lights", topic="livelihood", unit="liuxi")
    pages = [logged_in.get(address) for address in ("/desk/leads", f"/desk/leads/{lead_id}")]
    settle(logged_in, lead_id, "dismiss", reason="none of ours")
    pages += [logged_in.get(address) for address in ("/desk/leads", f"/desk/leads/{lead_id}", "/desk/leads?state=new")]
    for page in pages:
        assert page.status_code == 200
        body = page.text[page.text.index("<main") : page.text.index("</main>")]
        assert bool(re.search(r"[\u4e00-\u9fff]", body)) is (locale == "zh_CN"), body
        for own in re.findall(r'<label for="([^"]+)"', body):
            assert body.count(f'id="{own}"') == 1


def test_an_observation_is_added_over_the_api_and_read_by_those_who_are_asked(logged_in: TestClient, desk: Desk):
    address = f"/desk/api/incidents/{desk.number}/observe"
    for seen_at, text, status in [
        ("2026-11-23T13:00", "评论有一千条 <b>", 200),
        ("2026-11-23T14:04", "未来", 422),
        ("1999-11-23T14:04", "过去", 422),
        ("2026-11-23T13:00", "", 422),
    ]:
        reply = logged_in.post(address, json={"seen_at": seen_at, "text": text}, headers=HEADERS)
        assert reply.status_code == status, reply.text
    told_ = desk.get(desk.token("report")).json()["context"]["observations"]
    assert told_ == [
        {"seen_at": "2026-11-23T05:00:00Z", "text": "评论有一千条 <b>", "by": {"id": "account:duty", "name": "duty"}}
    ]
    arrived = logged_in.get("/desk/r", params={"token": desk.token("report")})
    page = logged_in.get(arrived.headers["location"]).text
    assert "评论有一千条 &lt;b&gt;" in page
    assert "登记动态" in logged_in.get(f"/desk/incidents/{desk.number}").text


def test_of_two_at_once_over_the_api_one_opens_and_the_other_is_told_who(logged_in: TestClient, session: Session):
    for turn in range(6):
        lead_id = reported(logged_in, title=f"第 {turn} 件")
        replies: list[httpx.Response] = []
        start = threading.Barrier(2)

        def go(lead_id: str = lead_id, replies: list = replies, start: threading.Barrier = start) -> None:
            start.wait()
            replies.append(settle(logged_in, lead_id, "open"))

        threads = [threading.Thread(target=go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        by_status = {reply.status_code: reply.json() for reply in replies}
        assert set(by_status) == {200, 409}, [reply.text for reply in replies]
        assert by_status[409]["incident_no"] == by_status[200]["incident_no"]
        assert count(session, Incident) == turn + 1


def test_the_page_says_how_long_a_lead_waits_and_marks_it_once_it_should_have_been_taken_up(
    logged_in: TestClient, clock: Clock
):
    lead = reported(logged_in, severity="major")
    assert told(logged_in, lead)["waits_from"] == "2026-11-23T06:33:00Z"
    clock.now += timedelta(minutes=29)
    page = logged_in.get("/desk/leads", headers=HEADERS).text
    assert "29 分钟" in page
    assert "已该处理" not in page
    clock.now += timedelta(minutes=1)
    assert "30 分钟，已该处理" in logged_in.get("/desk/leads", headers=HEADERS).text
    settle(logged_in, lead, "dismiss", reason="与本街道无关")
    assert told(logged_in, lead)["waits_from"] is None
    assert "已该处理" not in logged_in.get("/desk/leads", headers=HEADERS).text
