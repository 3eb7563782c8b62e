from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from yingda.desk import access, app

from .conftest import Desk


@pytest.fixture(autouse=True)
def _known(airflow_knows_who_people_are: None) -> None:
    pass


def routes() -> list[tuple[str, str]]:
    found = [
        (method, route.path)  # type: ignore[attr-defined]
        for route in app.build().routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    assert len(found) > 12
    return found


def test_nobody_gets_nowhere_but_where_the_list_of_open_routes_says(server: FastAPI):
    nobody = TestClient(server, follow_redirects=False)
    guarded = [(method, path) for method, path in routes() if (method, path) not in access.OPEN]
    assert len(guarded) >= 10
    for method, path in guarded:
        address = "/desk" + re.sub(r"\{\w+\}", "x", path)
        assert nobody.request(method, address).status_code == 401, path
        assert nobody.request(method, address, headers={"Authorization": "Bearer x"}).status_code in {401, 403}, path


def test_the_list_of_open_routes_names_no_route_that_is_not_there():
    assert set(routes()) >= access.OPEN


def test_an_unguarded_route_stops_the_server_from_starting():
    built = app.build()

    @built.get("/api/secrets")
    def secrets() -> None: ...

    with pytest.raises(RuntimeError, match="GET /api/secrets"):
        access.refuse_unguarded(built)


def test_a_browser_that_is_not_logged_in_goes_to_the_login_and_comes_back(client: TestClient):
    reply = client.get("/desk/incidents/YQCZBG-2026-001?a=b", headers={"Accept": "text/html,*/*"})
    assert reply.status_code == 303
    to = urlsplit(reply.headers["location"])
    assert to.path == "/api/v2/auth/login"
    assert parse_qs(to.query)["next"] == ["/desk/incidents/YQCZBG-2026-001?a=b"]


def test_no_documentation_of_the_interface_is_open(client: TestClient):
    for path in ("/desk/docs", "/desk/redoc", "/desk/openapi.json"):
        assert client.get(path).status_code in {401, 404}


def test_those_logged_in_get_the_description_of_the_interface(logged_in: TestClient):
    described = logged_in.get("/desk/openapi.json").json()
    assert {"/api/r", "/api/incidents", "/api/audit/verify"} <= set(described["paths"])
    assert described["servers"] == [{"url": "/desk"}]


def test_a_personal_link_opens_nothing_for_those_logged_in(desk: Desk):
    token = desk.up_to("report")
    for headers in ({"X-Desk-Token": token}, {"Authorization": f"Bearer {token}"}, {"Cookie": f"_token={token}"}):
        assert desk.client.get("/desk/api/incidents", headers=headers).status_code in {401, 403}
