"""Hazards over the desk: the list under its filters, one with what may be done, and the same for programs."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import httpx
import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import access
from yingda.store.models import Event, Hazard, Incident

from .conftest import Clock

HEADERS = {"Authorization": "Bearer checked-by-airflow"}


def report(client: TestClient, key: str | None = None, **fields: Any) -> httpx.Response:
    headers = HEADERS | ({"Idempotency-Key": key} if key else {})
    given = {"unit": "liuxi", "content": "柳溪码头雨后积水", "due": "2026-12-01", **fields}
    return client.post("/desk/api/hazards", json=given, headers=headers)


def reported(client: TestClient, **fields: Any) -> int:
    reply = report(client, **fields)
    assert reply.status_code == 201, reply.text
    number: int = reply.json()["id"]
    return number


def patch(client: TestClient, hazard_id: int, **fields: Any) -> httpx.Response:
    return client.patch(f"/desk/api/hazards/{hazard_id}", json=fields, headers=HEADERS)


def told(client: TestClient, hazard_id: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/desk/api/hazards/{hazard_id}").json()
    return found


def form(page: str, address: str) -> dict[str, str]:
    """The fields of a form as a browser would send them untouched."""
    start = page.index(f'action="{address}"')
    inside = page[start : page.index("</form>", start)]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", inside):
        given = dict(re.findall(r' (\w+)="([^"]*)"', tag))
        sent[given["name"]] = html.unescape(given.get("value", ""))
    for name, value in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', inside, re.S):
        sent[name] = html.unescape(value)
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', inside, re.S):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        sent[name] = next((value for value, chosen in values if chosen), values[0][0])
    return sent


def send(client: TestClient, address: str, sent: dict[str, str], **headers: str) -> httpx.Response:
    return client.post(
        address,
        content=urlencode(sent),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", **headers},
    )


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_hazard_is_reported_and_told_with_all_its_fields(logged_in: TestClient, clock: Clock):
    reply = report(
        logged_in, topic="sanitation", risk="high", offline_measures="巡查", online_measures="口径", due="2026年12月1日"
    )
    assert reply.status_code == 201
    assert reply.json() == {"id": reply.json()["id"], "incident_no": None, "state": "open", "version": 1}
    clock.now += timedelta(days=9)
    hazard = told(logged_in, reply.json()["id"])
    assert hazard == {
        "id": reply.json()["id"],
        "state": "open",
        "unit": {"id": "liuxi", "name": "柳溪村"},
        "content": "柳溪码头雨后积水",
        "offline_measures": "巡查",
        "online_measures": "口径",
        "due": "2026-12-01",
        "overdue": True,
        "topic": "sanitation",
        "risk": "high",
        "evidence": None,
        "incident_no": None,
        "reported_by": {"id": "account:duty", "name": "duty"},
        "reported_at": "2026-11-23T06:03:00Z",
        "changed_by": {"id": "account:duty", "name": "duty"},
        "changed_at": "2026-11-23T06:03:00Z",
        "resolved_at": None,
        "version": 1,
    }


def test_the_same_report_under_one_key_is_one_hazard(logged_in: TestClient, session: Session):
    first, again = report(logged_in, "k-1"), report(logged_in, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert report(logged_in, "k-1", content="别的").status_code == 409
    assert count(session, Hazard) == 1


def test_what_is_wrong_is_said_by_field_and_nothing_is_stored(logged_in: TestClient, session: Session):
    reply = report(logged_in, unit="mars", due="2026-12-01")
    assert reply.status_code == 422
    assert "“mars”" in reply.json()["unit"]
    reply = report(logged_in, content="", due="下周", risk="x", author="张三")
    assert reply.status_code == 422
    assert set(reply.json()) == {"content", "due", "risk", "author"}
    assert logged_in.post("/desk/api/hazards", content=b"[]", headers=HEADERS).status_code == 422
    assert count(session, Hazard) == 0


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_request_from_another_site_is_refused(logged_in: TestClient, session: Session, method: str):
    address = "/desk/api/hazards" if method == "post" else f"/desk/api/hazards/{reported(logged_in)}"
    before = count(session, Event)
    reply = logged_in.request(method, address, json={"unit": "liuxi"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (reply.status_code, reply.json()) == (403, {"error": "cross_site"})
    assert count(session, Event) == before


def test_a_patch_puts_right_extends_and_moves_in_one_go(logged_in: TestClient, session: Session):
    number = reported(logged_in)
    reply = patch(logged_in, number, risk="high", due="2026-12-31", reason="等材料", state="handling", version=1)
    assert reply.status_code == 200, reply.text
    assert {name: reply.json()[name] for name in ("risk", "due", "state", "version")} == {
        "risk": "high",
        "due": "2026-12-31",
        "state": "handling",
        "version": 4,
    }
    resolved = patch(logged_in, number, state="resolved", evidence="已修，见照片")
    assert (resolved.json()["state"], resolved.json()["evidence"]) == ("resolved", "已修，见照片")
    again = patch(logged_in, number, state="open", reason="又坏了", risk="low")
    assert (again.json()["state"], again.json()["risk"], again.json()["evidence"]) == ("open", "low", None)
    session.rollback()
    kinds = list(session.scalars(select(Event.kind).order_by(Event.id)))
    assert kinds == [
        "hazard_reported",
        "hazard_changed",
        "hazard_extended",
        "hazard_taken_up",
        "hazard_resolved",
        "hazard_reopened",
        "hazard_changed",
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"body"}),
        ({"state": "gone"}, {"state"}),
        ({"state": []}, {"state"}),
        ({"state": "resolved"}, {"evidence"}),
        ({"state": "escalated"}, {"reason"}),
        ({"due": "2026-12-31"}, {"reason"}),
        ({"due": None, "reason": "x"}, {"due"}),
        ({"risk": "low", "reason": "x"}, {"reason"}),
        ({"risk": "low", "evidence": "x"}, {"evidence"}),
        ({"risk": "low", "poster": "x"}, {"poster"}),
        ({"risk": "low", "version": "1"}, {"version"}),
        ({"risk": "low", "version": True}, {"version"}),
        ({"risk": "low", "due": "2026-12-31"}, {"reason"}),
    ],
)
def test_a_patch_that_is_wrong_says_so_by_field_and_changes_nothing(
    logged_in: TestClient, session: Session, fields: dict[str, Any], wrong: set[str]
):
    number = reported(logged_in)
    reply = patch(logged_in, number, **fields)
    assert reply.status_code == 422, reply.text
    assert set(reply.json()) == wrong
    assert count(session, Event) == 1
    assert told(logged_in, number)["version"] == 1


def test_a_patch_of_an_older_state_is_told_who_was_first(logged_in: TestClient):
    number = reported(logged_in)
    patch(logged_in, number, state="handling")
    reply = patch(logged_in, number, risk="high", version=1)
    assert reply.status_code == 409
    assert (reply.json()["error"], reply.json()["by"]["name"]) == ("changed", "duty")
    assert patch(logged_in, number, risk="high", version=2).status_code == 200
    patch(logged_in, number, state="resolved", evidence="x")
    reply = patch(logged_in, number, risk="low")
    assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
    assert patch(logged_in, 999, risk="low").status_code == 404
    assert patch(logged_in, 2**40, risk="low").status_code == 404


def test_an_escalation_opens_an_incident_and_each_shows_the_other(logged_in: TestClient, session: Session):
    number = reported(logged_in)
    reply = patch(logged_in, number, state="escalated", reason="网上已有多条反映", severity="major", urgent=True)
    assert reply.status_code == 200, reply.text
    incident_no = reply.json()["incident_no"]
    assert (reply.json()["state"], incident_no) == ("escalated", "YQCZBG-2026-001")
    assert patch(logged_in, number, state="escalated", reason="再点一次").json()["incident_no"] == incident_no
    assert count(session, Incident) == 1
    incident = logged_in.get(f"/desk/api/incidents/{incident_no}").json()
    assert (incident["severity"], incident["title"]) == ("major", "柳溪码头雨后积水")
    page = logged_in.get(f"/desk/incidents/{incident_no}").text
    assert f'href="/desk/hazards/{number}"' in page
    assert f"隐患 {number} 号" in page
    assert f'href="/desk/incidents/{incident_no}"' in logged_in.get(f"/desk/hazards/{number}").text


def test_the_list_is_filtered_and_counted_for_programs(logged_in: TestClient):
    one = reported(logged_in, content="甲", due="2026-11-20", risk="high", topic="sanitation")
    other = reported(logged_in, content="乙", unit="nantang", due="")
    patch(logged_in, other, state="resolved", evidence="x")

    def found(query: str) -> tuple[list[int], int]:
        reply = logged_in.get(f"/desk/api/hazards?{query}").json()
        return [each["id"] for each in reply["hazards"]], reply["total"]

    assert found("") == ([one, other], 2)
    assert found("limit=1&offset=1") == ([other], 2)
    for query in ("state=open", "unit=liuxi", "topic=sanitation", "risk=high", "overdue=yes", "q=甲"):
        assert found(query) == ([one], 1), query
    wrong = logged_in.get("/desk/api/hazards?state=x&unit=x&topic=x&risk=x&overdue=x&limit=0&offset=x")
    assert wrong.status_code == 422
    assert set(wrong.json()) == {"state", "unit", "topic", "risk", "overdue", "limit", "offset"}


def test_the_list_s_page_shows_open_ones_keeps_its_filter_and_turns_over(logged_in: TestClient):
    empty = logged_in.get("/desk/hazards").text
    assert "现在没有未解决的隐患" in empty
    assert "/desk/hazards/template.xlsx" in empty
    numbers = [reported(logged_in, content=f"第{n}处 <script>alert(1)</script>", unit="liuxi") for n in range(3)]
    patch(logged_in, numbers[0], state="resolved", evidence="x")
    page = logged_in.get("/desk/hazards?unit=liuxi&limit=1&q=第").text
    assert "共 2 条" in page
    assert "<script>alert" not in page
    assert 'value="第"' in page
    assert '<option value="liuxi" selected>' in page
    [later] = re.findall(r'<a href="([^"]*)" rel="next"', page)
    second = logged_in.get("/desk/hazards" + html.unescape(later)).text
    assert f"/desk/hazards/{numbers[2]}" in second
    assert "共 3 条" in logged_in.get("/desk/hazards?state=all").text
    assert "没有符合条件的隐患" in logged_in.get("/desk/hazards?q=没有").text
    assert logged_in.get("/desk/hazards?state=x").status_code == 422
    assert 'href="/desk/hazards"' in logged_in.get("/desk/leads").text


def test_a_hazard_is_reported_by_form_once_however_often_it_is_sent(logged_in: TestClient, session: Session):
    sent = form(logged_in.get("/desk/hazards/new").text, "/desk/hazards")
    assert sent["risk"] == "medium"
    sent |= {"unit": "liuxi", "content": "码头积水", "due": "2026-12-01"}
    first = send(logged_in, "/desk/hazards", sent)
    again = send(logged_in, "/desk/hazards", sent)
    assert (first.status_code, again.headers["location"]) == (303, first.headers["location"])
    assert count(session, Hazard) == 1
    page = logged_in.get(first.headers["location"])
    assert page.status_code == 200
    assert "码头积水" in page.text
    assert "登记隐患" in page.text


def test_a_form_that_is_wrong_stands_there_as_it_was_typed(logged_in: TestClient, session: Session):
    sent = form(logged_in.get("/desk/hazards/new").text, "/desk/hazards")
    reply = send(logged_in, "/desk/hazards", sent | {"content": "<b>积水", "due": "下周", "unit": ""})
    assert reply.status_code == 422
    assert "&lt;b&gt;积水" in reply.text
    assert 'href="#report-unit"' in reply.text
    assert 'href="#report-due"' in reply.text
    forged = send(logged_in, "/desk/hazards", sent | {"csrf": "0" * 64, "content": "积水", "unit": "liuxi"})
    assert forged.status_code == 403
    assert "积水" in forged.text
    crossed = send(
        logged_in, "/desk/hazards", sent | {"content": "积", "unit": "liuxi"}, **{"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    assert count(session, Hazard) == 0


def test_what_may_be_done_is_done_by_forms_and_the_page_tells_what_changed(logged_in: TestClient, clock: Clock):
    number = reported(logged_in)
    address = f"/desk/hazards/{number}"

    def do(action: str, **typed: str) -> httpx.Response:
        sent = form(logged_in.get(address).text, f"{address}/{action}")
        return send(logged_in, f"{address}/{action}", sent | typed)

    assert do("take_up").headers["location"] == address
    assert do("extend", due="2026-12-31", reason="等材料").status_code == 303
    assert do("change", risk="high").status_code == 303
    wrong = do("resolve")
    assert wrong.status_code == 422
    assert 'href="#resolve-evidence"' in wrong.text
    assert do("resolve", evidence="已修").status_code == 303
    page = logged_in.get(address).text
    assert "<del>2026-12-01</del> → <ins>2026-12-31</ins>" in page
    assert "<del>中</del> → <ins>高</ins>" in page
    assert "<del>处理中</del> → <ins>已解决</ins>" in page
    assert "等材料" in page
    for gone in ("take_up", "extend", "change", "resolve", "escalate"):
        assert f'action="{address}/{gone}"' not in page
    assert do("reopen", reason="又坏了").status_code == 303
    assert do("escalate", reason="网上有反映", severity="general").status_code == 303
    assert told(logged_in, number)["incident_no"] == "YQCZBG-2026-001"


def test_who_answers_an_older_page_is_told_and_loses_no_word(logged_in: TestClient):
    number = reported(logged_in)
    address = f"/desk/hazards/{number}"
    old = form(logged_in.get(address).text, f"{address}/resolve")
    patch(logged_in, number, state="handling")
    reply = send(logged_in, f"{address}/resolve", old | {"evidence": "我写了很多"})
    assert reply.status_code == 409
    assert "我写了很多" in reply.text
    assert "duty 已于" in reply.text
    assert told(logged_in, number)["state"] == "handling"
    renewed = form(reply.text, f"{address}/resolve")
    assert send(logged_in, f"{address}/resolve", renewed).status_code == 303
    late = send(logged_in, f"{address}/take_up", form_of_any(logged_in, address) | {"version": "3"})
    assert late.status_code == 409
    assert "已解决" in late.text


def form_of_any(client: TestClient, address: str) -> dict[str, str]:
    return form(client.get(address).text, f"{address}/reopen")


def test_a_forged_form_changes_nothing(logged_in: TestClient):
    number, another = reported(logged_in), reported(logged_in, content="别的")
    sent = form(logged_in.get(f"/desk/hazards/{another}").text, f"/desk/hazards/{another}/take_up")
    for typed in (sent, sent | {"csrf": "é"}, {}, {**sent, "version": "x"}):
        assert send(logged_in, f"/desk/hazards/{number}/take_up", typed).status_code == 403
    assert told(logged_in, number)["state"] == "open"
    assert send(logged_in, f"/desk/hazards/{number}/burn", sent).status_code == 404
    assert logged_in.get("/desk/hazards/x").status_code == 404
    assert logged_in.get("/desk/hazards/9999").status_code == 404


def test_who_may_only_look_sees_no_form(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch):
    number = reported(logged_in)
    monkeypatch.setattr(access, "can_act", lambda user: False)
    for address in ("/desk/hazards", f"/desk/hazards/{number}", "/desk/hazards/new", "/desk/hazards/import"):
        page = logged_in.get(address).text
        assert 'method="post"' not in page, address
    assert "/desk/hazards/new" not in logged_in.get("/desk/hazards").text


def test_the_pages_speak_english_where_the_office_does(
    logged_in: TestClient, monkeypatch: pytest.MonkeyPatch, open_incident: Callable[..., str]
):
    number = reported(logged_in, content="Water on the wharf", offline_measures="", online_measures="")
    patch(logged_in, number, due="2026-12-31", reason="parts are late", risk="low")
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    settings.forget()
    for address in ("/desk/hazards", f"/desk/hazards/{number}", "/desk/hazards/new", "/desk/hazards/import"):
        page = re.sub(r"(?s)<header.*?</header>|<table.*?</table>", "", logged_in.get(address).text)
        main = page[page.index("<main") : page.index("</main>")]
        main = main.replace("附件3", "").replace(
            "科室, 舆情隐患内容, 线下处置措施, 线上管控措施及引导口径, 解决时限", ""
        )
        assert not re.search(r"[\u4e00-\u9fff]", main), (address, re.findall(r"[\u4e00-\u9fff]+", main))


def test_open_hazards_are_counted_on_the_page_of_statistics_and_in_its_files(logged_in: TestClient):
    assert "没有未解决的隐患" in logged_in.get("/desk/statistics").text
    reported(logged_in, content="甲", due="2026-11-20", risk="high", topic="sanitation")
    reported(logged_in, content="乙", unit="nantang", due="")
    assert logged_in.get("/desk/api/statistics").json()["open_hazards"] == {
        "open": 2,
        "overdue": 1,
        "by_unit": [
            {"key": "liuxi", "open": 1, "overdue": 1},
            {"key": "nantang", "open": 1, "overdue": 0},
        ],
        "by_risk": [{"key": "high", "open": 1, "overdue": 1}, {"key": "medium", "open": 1, "overdue": 0}],
        "by_topic": [{"key": "sanitation", "open": 1, "overdue": 1}, {"key": "", "open": 1, "overdue": 0}],
    }
    page = logged_in.get("/desk/statistics").text
    for part in ("unit=liuxi", "risk=high", "topic=sanitation"):
        [address] = re.findall(rf'href="(/desk/hazards\?{part})"', page)
        assert "共 1 条" in logged_in.get(address).text
    one_unit = logged_in.get("/desk/statistics?unit=nantang").text
    assert 'href="/desk/hazards?state=&amp;unit=nantang"' in one_unit or "/desk/hazards?state=&unit=nantang" in one_unit
    rows = list(csv.reader(logged_in.get("/desk/statistics/export.csv").content.decode("utf-8-sig").splitlines()))
    book = openpyxl.load_workbook(BytesIO(logged_in.get("/desk/statistics/export.xlsx").content))
    sheet = [[str(cell) if cell is not None else "" for cell in row] for row in book.active.values]
    for found in (rows, sheet):
        plain = [row[:4] for row in found]
        assert ["全部隐患", "", "2", "1"] in plain
        assert ["科室（村庄）", "柳溪村", "1", "1"] in plain
        assert ["风险", "高", "1", "1"] in plain
        assert ["类别", "未填类别", "1", "0"] in plain
