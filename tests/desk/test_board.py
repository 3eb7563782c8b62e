from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings, wiring
from yingda.desk import wellbeing
from yingda.settings import Settings

from .conftest import REPORT, Clock, Desk


def test_an_empty_board_says_what_to_do(logged_in: TestClient):
    page = logged_in.get("/desk/")
    assert page.status_code == 200
    assert "目前没有办理中的事件" in page.text
    assert "incident_response" in page.text


def test_the_board_shows_stage_time_left_and_who_is_asked(logged_in: TestClient, desk: Desk):
    page = logged_in.get("/desk/").text
    assert f'href="/desk/incidents/{desk.number}"' in page
    for words in ("柳溪村路灯不亮", "核查", "核实结果：剩 2 小时", "罗春生"):
        assert words in page


def test_the_gravest_come_first_and_filters_narrow_the_board(logged_in: TestClient, open_incident: Callable[..., str]):
    open_incident(title="路灯")
    open_incident(title="水质", severity="critical", unit="nantang")
    page = logged_in.get("/desk/").text
    assert page.index("水质") < page.index("路灯")
    assert "水质" not in logged_in.get("/desk/?severity=general&stage=&unit=&q=").text
    assert "路灯" not in logged_in.get("/desk/?unit=nantang").text
    assert "没有符合条件" in logged_in.get("/desk/?q=%25").text
    assert "水质" in logged_in.get("/desk/?q=水").text
    wrong = logged_in.get("/desk/?severity=terrible")
    assert wrong.status_code == 422
    assert "general" in wrong.text


def test_what_is_due_first_comes_first_unless_asked_otherwise(
    logged_in: TestClient, open_incident: Callable[..., str], clock: Clock
):
    open_incident(title="较早而宽限", severity="general")
    open_incident(title="较晚而紧迫", severity="critical")
    open_incident(title="最晚的")

    def order(query: str) -> list[str]:
        page = logged_in.get(f"/desk/{query}").text
        return sorted(("较早而宽限", "较晚而紧迫", "最晚的"), key=page.index)

    assert order("") == ["较晚而紧迫", "较早而宽限", "最晚的"]
    assert order("?sort=newest") == ["最晚的", "较晚而紧迫", "较早而宽限"]
    assert order("?sort=severity") == ["较晚而紧迫", "较早而宽限", "最晚的"]
    assert 'value="newest" selected' in logged_in.get("/desk/?sort=newest").text
    assert logged_in.get("/desk/?sort=colour").status_code == 422
    with wiring.transaction() as session:
        # Whose limits were all kept waits for nothing that is late: it comes last.
        session.execute(
            text(
                "UPDATE clock SET met_at = now() FROM incident"
                " WHERE incident.id = clock.incident_id AND severity = 'critical'"
            )
        )
    assert order("")[-1] == "较晚而紧迫"


def test_the_board_says_what_does_not_work_and_that_all_does(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch):
    from airflow.api.common import airflow_health

    told = {part: {"status": "healthy"} for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")}
    monkeypatch.setattr(airflow_health, "get_airflow_health", lambda: told)
    monkeypatch.setattr(wellbeing, "_told", None)
    assert "系统正常" in logged_in.get("/desk/").text
    told["scheduler"] = {"status": "unhealthy"}
    assert "系统正常" in logged_in.get("/desk/").text, "asked again within seconds"
    monkeypatch.setattr(wellbeing, "_told", None)
    monkeypatch.setattr(wellbeing, "CHECKS", wellbeing.CHECKS | {"outbox": lambda: False})
    page = logged_in.get("/desk/").text
    assert "系统异常：邮件发送（有邮件逾 10 分钟未发）、调度器" in page


def test_the_board_says_what_each_is_asked_for(logged_in: TestClient, desk: Desk):
    assert "报送舆情处置情况报告单：罗春生" in logged_in.get("/desk/").text
    [line] = logged_in.get("/desk/api/incidents").json()["incidents"]
    assert [(each["kind"], each["asked"][0]["id"]) for each in line["waiting"]] == [("report", "luo_chunsheng")]


def test_incidents_come_in_pages_of_at_most_200(logged_in: TestClient, open_incident: Callable[..., str]):
    for number in range(3):
        open_incident(title=f"事件{number}")
    first = logged_in.get("/desk/api/incidents?limit=2").json()
    assert (first["total"], [one["incident_no"] for one in first["incidents"]]) == (
        3,
        ["YQCZBG-2026-003", "YQCZBG-2026-002"],
    )
    rest = logged_in.get("/desk/api/incidents?limit=2&offset=2").json()
    assert [one["title"] for one in rest["incidents"]] == ["事件0"]
    for wrong in ("limit=201", "limit=0", "limit=x", "offset=-1", "stage=nowhere", "unit=nowhere", "severity=x"):
        reply = logged_in.get(f"/desk/api/incidents?{wrong}")
        assert (reply.status_code, list(reply.json())) == (422, [wrong.partition("=")[0]])
    page = logged_in.get("/desk/?limit=2").text
    assert "?limit=2&amp;offset=2" in page


def test_the_number_of_queries_does_not_grow_with_the_incidents(
    logged_in: TestClient, open_incident: Callable[..., str], wired: Settings
):
    def count(path: str) -> int:
        seen: list[str] = []
        listener = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(wiring.engine(), "before_cursor_execute", listener)
        assert logged_in.get(path).status_code == 200
        event.remove(wiring.engine(), "before_cursor_execute", listener)
        return len(seen)

    open_incident()
    count("/desk/")  # a first connection asks things of its own
    few = count("/desk/"), count("/desk/api/requests?status=open")
    for number in range(5):
        open_incident(title=f"事件{number}")
    assert (count("/desk/"), count("/desk/api/requests?status=open")) == few


def test_an_incident_is_told_whole(logged_in: TestClient, desk: Desk, clock: Clock):
    desk.up_to("sign_statement")
    clock.now += timedelta(hours=3)
    desk.answer("sign_statement", "approve")
    told = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    assert (told["incident_no"], told["stage"], told["severity"]) == (desk.number, "publication", "general")
    assert [(c["kind"], c["missed"], c["met_at"]) for c in told["clocks"]] == [
        ("verification", False, "2026-11-23T06:03:00Z"),
        ("public_word", False, None),
    ]
    assert set(told["clocks"][0]) >= {"kind", "started_at", "due_at", "met_at", "missed"}
    report, statement = told["documents"]
    assert (report["kind"], statement["kind"]) == ("report", "statement")
    [revision] = statement["revisions"]
    assert set(revision) >= {"number", "sha256", "author", "at"}
    assert [(s["role"], s["signer"]["id"]) for s in told["signatures"]] == [
        ("branch_leader", "han_yue"),
        ("office_director", "shen_ruolan"),
    ]
    [publication] = told["publications"]
    assert publication["state"] == "pending"
    assert publication["sha256"] == revision["sha256"]
    assert told["passes"][0]["number"] == 1
    assert [event["seq"] for event in told["timeline"]] == list(range(1, len(told["timeline"]) + 1))
    assert {request["kind"] for request in told["requests"]} >= {"report", "approve_report", "sign_statement"}


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_page_of_an_incident_has_words_for_everything_that_happened(
    logged_in: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch, locale: str
):
    monkeypatch.setenv("YINGDA_LOCALE", locale)
    settings.forget()
    desk.answer("report", "request_extension", reason="等供电所", until="2026-11-23T23:00")
    desk.answer("extension", "grant")
    desk.answer("report", "hand_back", reason="不归我们")
    desk.answer("assign_unit", "assign", unit="urban_management")
    desk.answer("report", "submit", **REPORT)
    page = logged_in.get(f"/desk/incidents/{desk.number}")
    assert page.status_code == 200
    told = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    for event_kind in {each["kind"] for each in told["timeline"]}:
        assert f"<strong>{event_kind}</strong>" not in page.text
    run_id = told["passes"][0]["run_id"]
    assert f'href="/dags/incident_response/runs/{run_id}"' in page.text
    framed = logged_in.get(f"/desk/incidents/{desk.number}", headers={"Sec-Fetch-Dest": "iframe"}).text
    assert "/dags/incident_response" not in framed
    assert "_blank" not in page.text


def test_every_kind_of_event_that_services_record_has_words():
    import re
    from pathlib import Path

    from yingda import rendering, services

    folder = Path(services.__file__).parent
    recorded = {
        kind
        for path in folder.glob("*.py")
        for kind in re.findall(r'\brecord\(\s*"([a-z_]+)"', path.read_text("utf-8"))
    }
    assert len(recorded) > 25
    source = (rendering.TEMPLATES / "desk" / "_events.html.j2").read_text("utf-8")
    assert {kind for kind in recorded if f'"{kind}"' not in source} == set()


def test_a_run_leads_to_its_incident_whatever_its_id_looks_like(
    logged_in: TestClient, session: Session, desk: Desk, clock: Clock
):
    from yingda.services import opening

    run_id = "manual__2026-11-23T06:03:00+00:00 &?#/奇怪"
    found = opening.open_incident(session, {"title": "另一件"}, run_id, desk.house, clock.now)
    session.commit()
    reply = logged_in.get("/desk/runs", params={"run_id": run_id, "dag_id": "incident_response"})
    assert (reply.status_code, reply.headers["location"]) == (303, f"/desk/incidents/{found.incident_no}")
    assert logged_in.get("/desk/runs?run_id=nothing").status_code == 404
    assert logged_in.get("/desk/runs?run_id=%00").status_code == 404


def test_an_unknown_incident_is_404(logged_in: TestClient):
    assert logged_in.get("/desk/incidents/YQCZBG-2026-999").status_code == 404
    reply = logged_in.get("/desk/api/incidents/YQCZBG-2026-999")
    assert (reply.status_code, reply.json()) == (404, {"error": "not_found"})


def test_open_requests_are_listed_with_who_is_asked(logged_in: TestClient, desk: Desk):
    reply = logged_in.get("/desk/api/requests?status=open").json()
    [request] = reply["requests"]
    assert (request["incident_no"], request["kind"], request["state"]) == (desk.number, "report", "open")
    assert request["asked"] == [{"id": "luo_chunsheng", "name": "罗春生"}]
    assert logged_in.get("/desk/api/requests?status=lost").status_code == 422


def test_the_chain_of_events_is_verified_and_a_break_is_named(logged_in: TestClient, desk: Desk, session: Session):
    whole = logged_in.get("/desk/api/audit/verify")
    assert (whole.status_code, whole.json()["ok"]) == (200, True)
    assert whole.json()["events"] > 3
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("UPDATE event SET data = '{}' WHERE id = 2"))
    session.commit()
    broken = logged_in.get("/desk/api/audit/verify")
    assert (broken.status_code, broken.json()["ok"]) == (409, False)
    assert [each["event_id"] for each in broken.json()["breaks"]] == [2]


def test_the_registers_are_listed_and_shown(logged_in: TestClient, wired: Settings):
    assert "还没有汇总表" in logged_in.get("/desk/register").text
    day = wired.register / "2026-11-23"
    day.mkdir(parents=True)
    (day / "register.html").write_text("<style>p{}</style><p>汇总</p>", "utf-8")
    (day / "register.json").write_text('{"day":"2026-11-23"}', "utf-8")
    (day.parent / ".hidden").mkdir()
    page = logged_in.get("/desk/register").text
    assert 'href="/desk/register/2026-11-23/register.html"' in page
    assert "register.xlsx" not in page
    shown = logged_in.get("/desk/register/2026-11-23/register.html")
    assert "汇总" in shown.text
    assert "style-src 'unsafe-inline'" in shown.headers["content-security-policy"]
    assert logged_in.get("/desk/api/register/2026-11-23").json() == {"day": "2026-11-23"}
    for missing in ("2026-11-24", "..", "%2e%2e", "2026-11-23%2f.."):
        assert logged_in.get(f"/desk/api/register/{missing}").status_code == 404
    assert logged_in.get("/desk/register/2026-11-23/..%2fregister.html").status_code == 404


def test_two_days_are_compared_and_the_list_says_what_changed(
    logged_in: TestClient, desk: Desk, session: Session, wired: Settings, clock: Clock
):
    from yingda.services import registering

    first, second = clock.now.date(), clock.now.date() + timedelta(days=1)
    for day in (first, second):
        registering.compile_day(session, day, wired, clock.now)
        registering.write_files(session, day, wired)
        session.commit()
        told = {"unit": "liuxi", "content": "<b>码头</b>=积水", "risk": "high"}
        reply = logged_in.post("/desk/api/hazards", json=told, headers={"Idempotency-Key": f"key-{day}-of-a-test"})
        assert reply.status_code in (200, 201), reply.text
        clock.now += timedelta(days=1)
    listed = logged_in.get("/desk/register").text
    assert f'href="/desk/register?from={first}&amp;to={second}">隐患新增 1</a>' in listed
    assert f"/desk/register/{second}/register.xlsx" in listed
    for query in (f"from={first}&to={second}", f"from={second}&to={first}"):
        page = logged_in.get(f"/desk/register?{query}")
        assert page.status_code == 200
        assert f"{first} 至 {second} 的变化" in page.text
        assert "&lt;b&gt;码头&lt;/b&gt;=积水" in page.text
        assert "<b>码头" not in page.text
    assert "没有变化。" in logged_in.get(f"/desk/register?from={first}&to={first}").text
    for query in (
        "from=2026-11-23",
        "from=x&to=2026-11-23",
        f"from={first}&to=1999-01-01",
        "from=20261123&to=2026-W48-1",
    ):
        refused = logged_in.get(f"/desk/register?{query}")
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text


def test_the_board_turns_red_when_this_morning_s_register_is_missing(
    logged_in: TestClient, client: TestClient, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wellbeing, "_ask_airflow", lambda: ())
    monkeypatch.setattr(wellbeing, "_told", None)
    clock.now = datetime(2026, 11, 24, 0, 29, tzinfo=UTC)
    assert "register" not in client.get("/desk/api/health").json().get("parts", [])
    clock.now = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert "今天的隐患汇总表还没有生成" in logged_in.get("/desk/").text
    health = client.get("/desk/api/health")
    assert (health.status_code, "register" in health.json()["parts"]) == (503, True)


def test_health_is_open_and_names_the_part_that_is_not_well(
    client: TestClient, desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch, NOW: datetime, clock: Clock
):
    assert (client.get("/desk/api/health").status_code, client.get("/desk/api/health").json()) == (200, {"ok": True})
    clock.now = NOW + timedelta(minutes=11)
    overdue = client.get("/desk/api/health")
    assert (overdue.status_code, overdue.json()) == (503, {"ok": False, "parts": ["outbox"]})
    clock.now = NOW
    session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    session.commit()
    assert client.get("/desk/api/health").json() == {"ok": False, "parts": ["database"]}
    monkeypatch.delenv("YINGDA_LINK_KEY")
    settings.forget()
    assert "settings" in client.get("/desk/api/health").json()["parts"]
