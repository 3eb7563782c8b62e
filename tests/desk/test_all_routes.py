"""Every route of the desk, walked by everybody: nobody, each role of Airflow's, and links of every wrong kind.

The routes come from the app itself, so that a new one cannot be forgotten: without a row in EXPECTED the walk fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from yingda.desk import access, app
from yingda.store.models import Base

from .conftest import Clock, Desk

VIEW, ACT, LINK, OPEN = "view", "act", "link", "open"

EXPECTED = {
    "GET /r": LINK,
    "GET /r/{public_id}": LINK,
    "POST /r/{public_id}": LINK,
    "POST /r/{public_id}/draft": LINK,
    "POST /r/{public_id}/code": LINK,
    "POST /r/{public_id}/files": LINK,
    "GET /r/{public_id}/files/{file_id}": LINK,
    "POST /r/{public_id}/files/{file_id}/remove": LINK,
    "POST /api/r/code": LINK,
    "POST /api/r/files": LINK,
    "GET /api/r/files/{file_id}": LINK,
    "POST /api/r/files/{file_id}/remove": LINK,
    "GET /incidents/{number}/files/{file_id}": VIEW,
    "GET /incidents/{number}/report.docx": VIEW,
    "GET /incidents/{number}/statement.docx": VIEW,
    "POST /incidents/{number}/pack": ACT,
    "GET /flow.svg": VIEW,
    "GET /api/r": LINK,
    "POST /api/r": LINK,
    "GET /feedback/{number}": OPEN,
    "POST /feedback/{number}": OPEN,
    "GET /api/health": OPEN,
    "GET /static/{name}": OPEN,
    "GET /language": OPEN,
    "POST /language": OPEN,
    "GET /": VIEW,
    "GET /incidents/{number}": VIEW,
    "GET /runs": VIEW,
    "GET /statistics": VIEW,
    "GET /statistics/export.csv": VIEW,
    "GET /statistics/export.xlsx": VIEW,
    "GET /office": VIEW,
    "GET /register": VIEW,
    "GET /register/{day}/{name}": VIEW,
    "GET /api/incidents": VIEW,
    "GET /api/incidents/{number}": VIEW,
    "GET /api/requests": VIEW,
    "GET /api/statistics": VIEW,
    "GET /api/register/{day}": VIEW,
    "GET /api/audit/verify": VIEW,
    "GET /openapi.json": VIEW,
    "POST /api/incidents/{number}/{action}": ACT,
    "POST /incidents/{number}/{action}": ACT,
    "GET /api/leads": VIEW,
    "GET /api/leads/{lead_id}": VIEW,
    "GET /leads": VIEW,
    "GET /leads/{lead_id}": VIEW,
    "POST /api/leads": ACT,
    "POST /api/leads/{lead_id}/{action}": ACT,
    "POST /leads": ACT,
    "POST /leads/{lead_id}/{action}": ACT,
    "GET /api/hazards": VIEW,
    "GET /api/hazards/{hazard_id}": VIEW,
    "GET /hazards": VIEW,
    "GET /hazards/new": VIEW,
    "GET /hazards/{hazard_id}": VIEW,
    "GET /hazards/import": VIEW,
    "GET /hazards/import/{import_id}": VIEW,
    "GET /hazards/template.xlsx": VIEW,
    "POST /api/hazards": ACT,
    "PATCH /api/hazards/{hazard_id}": ACT,
    "POST /api/hazards/import": ACT,
    "POST /hazards": ACT,
    "POST /hazards/{hazard_id}/{action}": ACT,
    "POST /hazards/import": ACT,
    "POST /hazards/import/{import_id}": ACT,
    "POST /mails/{message_id}/{action}": ACT,
    "POST /publications/{publication_id}/{action}": ACT,
    "GET /api/rounds": VIEW,
    "POST /api/rounds": ACT,
    "GET /rounds": VIEW,
    "POST /rounds": ACT,
}
"""Who may enter: those who may read the dag, those who may trigger it, those with a link, anybody."""

FILLED = {
    "action": "regrade",
    "message_id": "1",
    "file_id": "none",
    "publication_id": "1",
    "name": "desk.css",
    "day": "2026-11-23",
    "hazard_id": "1",
    "import_id": "none",
}


def walk(number: str, public_id: str) -> list[tuple[str, str, str]]:
    """Return each route as (method, address, who may enter)."""
    found = []
    for route in app.build().routes:
        path = route.path  # type: ignore[attr-defined]
        values = FILLED | {"number": number, "public_id": public_id, "lead_id": "nowhere"}
        if "/leads/" in path:
            values["action"] = "open"
        elif "/mails/" in path or "/publications/" in path:
            values["action"] = "send_again"
        elif path.startswith("/hazards/{"):
            values["action"] = "resolve"
        elif path.startswith("/register/"):
            values["name"] = "register.json"
        address = "/desk" + re.sub(r"\{(\w+)\}", lambda place, values=values: values[place[1]], path)  # type: ignore[misc]
        for method in sorted(route.methods):  # type: ignore[attr-defined]
            found.append((method, address, EXPECTED[f"{method} {path}"]))
    assert len(found) == len(EXPECTED)
    return found


@pytest.fixture
def token(airflow_knows_who_people_are: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """A function that logs somebody of a role in, with a token that Airflow itself signs and reads."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.models.dag import DagModel
    from airflow.models.revoked_token import RevokedToken

    # Tokens taken back, and the teams that dags belong to, stand in Airflow's database, which these tests do without.
    monkeypatch.setattr(RevokedToken, "is_revoked", lambda jti: False)
    monkeypatch.setattr(DagModel, "get_team_name", lambda dag_id, session=None: None)

    def headers(role: str) -> dict[str, str]:
        person = SimpleAuthManagerUser(username=f"a-{role}", role=role)
        return {"Authorization": f"Bearer {get_auth_manager().generate_jwt(person)}"}

    return headers


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_the_table_names_each_route_and_agrees_with_the_list_of_open_ones():
    there = {f"{method} {route.path}" for route in app.build().routes for method in route.methods}  # type: ignore[attr-defined]
    assert there == set(EXPECTED)
    open_ = {f"{method} {path}" for method, path in access.OPEN}
    assert open_ == {route for route, who in EXPECTED.items() if who in {OPEN, LINK}}


@pytest.mark.parametrize("role", [None, "viewer", "user", "op", "admin"])
def test_everybody_enters_what_their_role_opens_and_nothing_else(
    server: FastAPI, desk: Desk, engine: Engine, token: Callable[[str], dict[str, str]], role: str | None
):
    who = TestClient(server, follow_redirects=False, headers=token(role) if role else {})
    before = rows(engine)
    for method, address, opens in walk(desk.number, desk.request("report").public_id):
        status = who.request(method, address).status_code
        if opens == LINK:
            assert status in {401, 404}, (address, status)
        elif opens == OPEN:
            # Of an incident that is not public yet nothing can be said.
            allowed = {404} if "/feedback/" in address else {422} if method == "POST" else {200, 503}
            assert status in allowed, (address, status)
        elif role is None:
            assert status == 401, (address, status)
        elif opens == ACT and role == "viewer":
            assert status == 403, (address, status)
        elif opens == ACT:
            # Nothing was sent: whoever may act hears what is missing.
            assert status in {400, 403, 404, 409, 422}, (address, status)
            assert "Forbidden" not in who.request(method, address).text, address
        else:
            assert status in {200, 404, 422}, (address, status)
    assert rows(engine) == before


def test_a_viewer_sees_no_form_of_an_act(server: FastAPI, desk: Desk, token: Callable[[str], dict[str, str]]):
    def page(role: str) -> str:
        return TestClient(server, headers=token(role)).get(f"/desk/incidents/{desk.number}").text

    assert "调整级别" not in page("viewer")
    assert "调整级别" in page("op")


def made_wrong(kind: str, desk: Desk, clock: Clock, open_incident: Callable[..., str]) -> str:
    """A link that is of no use for the report of the desk's incident."""
    good = desk.token("report")
    if kind == "expired":
        clock.now += timedelta(days=400)
        return good
    if kind == "foreign":
        mine, desk.number = desk.number, open_incident(title="另一件", unit="nantang")
        other = desk.token("report")
        desk.number = mine
        return other
    at = len(good) // 2
    return good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]


@pytest.mark.parametrize("kind", ["forged", "expired", "foreign"])
def test_a_link_of_the_wrong_kind_opens_no_route_and_changes_nothing(
    server: FastAPI,
    desk: Desk,
    clock: Clock,
    engine: Engine,
    open_incident: Callable[..., str],
    airflow_knows_who_people_are: None,
    kind: str,
):
    wrong = made_wrong(kind, desk, clock, open_incident)
    public_id = desk.request("report").public_id
    before = rows(engine)
    who = TestClient(server, follow_redirects=False, cookies={"yingda_link": wrong, "_token": wrong})
    fields: dict[str, Any] = {"action": "hand_back", "reason": "x"}
    for method, address, opens in walk(desk.number, public_id):
        if opens == OPEN:
            continue
        given = {"data": fields} if method == "POST" else {}
        status = who.request(method, address, **given).status_code
        if kind == "foreign" and address == "/desk/api/r":
            continue  # there it is somebody's own link
        assert status in {401, 403, 404, 410}, (method, address, status)
        told = who.get(address, params={"token": wrong}) if method == "GET" else None
        if told is not None and kind != "foreign":
            assert told.status_code in {401, 403, 404, 410}, (address, told.status_code)
        as_bearer = who.request(method, address, headers={"Authorization": f"Bearer {wrong}"})
        assert as_bearer.status_code in {401, 403, 404, 410}, (address, as_bearer.status_code)
    assert rows(engine) == before
