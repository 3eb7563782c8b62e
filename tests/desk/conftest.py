"""The desk as it is mounted on Airflow's server, with this test's database and a moment that tests may move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import wiring
from yingda.desk import access, app
from yingda.domain.life import RequestKind, RequestState
from yingda.services import linking, moving
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store.models import Incident, Request
from yingda.transports.mail import MailServer

REPORT = {
    "cause": "线路老化，三盏路灯断电。",
    "measures": "已换线，明日全部恢复。",
    "wording": "柳溪村路灯因线路老化断电，已抢修。",
    "result": "已恢复照明。",
    "evidence": ["https://example.org/photo/1"],
}
STATEMENT = {
    "kind": "final",
    "title": "关于柳溪村路灯的情况说明",
    "body": "## 情况\n\n路灯**已恢复**。",
    "commitments": [],
}


@dataclass
class Clock:
    """The moment that the desk takes for now."""

    now: datetime


@pytest.fixture
def clock(NOW: datetime, wired: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    held = Clock(NOW)
    monkeypatch.setattr(wiring, "utcnow", lambda: held.now)
    # Nobody listens there: mail stays owed, as when a server is down.
    monkeypatch.setattr(wiring, "mail_server", lambda: MailServer("127.0.0.1", 9, None, None, tls="none", timeout=1.0))
    return held


@pytest.fixture
def server(clock: Clock) -> FastAPI:
    """Airflow's place: the desk mounted at /desk; whoever asks is logged in only if a test says so."""
    outer = FastAPI()
    outer.mount("/desk", app.build())
    return outer


@pytest.fixture
def client(server: FastAPI) -> Iterator[TestClient]:
    with TestClient(server, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def logged_in(server: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Somebody who may read the dag and trigger runs; what Airflow asks its own database is left out."""
    desk = server.routes[-1].app  # type: ignore[attr-defined]
    desk.dependency_overrides[access.may_view] = lambda: None
    desk.dependency_overrides[access.may_act] = lambda: None
    desk.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="duty", role="user")
    monkeypatch.setattr(access, "can_act", lambda user: True)
    with TestClient(server, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def airflow_knows_who_people_are(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Airflow's server does before it serves: make the auth manager that reads tokens."""
    from airflow.api_fastapi.app import create_auth_manager, purge_cached_app

    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-for-tests-of-more-than-32-characters")
    create_auth_manager()
    yield
    purge_cached_app()


@dataclass
class Desk:
    """Answers as officers, over the JSON twin."""

    client: httpx.Client
    session: Session
    house: Settings
    number: str = ""

    def request(self, kind: str, state: RequestState = RequestState.OPEN) -> Request:
        """The newest request of a kind."""
        self.session.rollback()
        query = (
            select(Request)
            .join(Incident, Incident.id == Request.incident_id)
            .where(Incident.number == self.number, Request.kind == RequestKind(kind), Request.state == state)
            .order_by(Request.id.desc())
            .execution_options(populate_existing=True)
        )
        found = self.session.scalars(query).first()
        assert found is not None, f"nobody is asked for {kind}"
        return found

    def token(self, kind: str, officer: str | None = None) -> str:
        request = self.request(kind)
        return linking.token(self.house, request, officer or request.addressees[0].officer_id)

    def get(self, token: str) -> httpx.Response:
        return self.client.get("/desk/api/r", headers={"X-Desk-Token": token})

    def post(self, token: str, /, **body: Any) -> httpx.Response:
        return self.client.post("/desk/api/r", headers={"X-Desk-Token": token}, json=body)

    def answer(self, kind: str, action: str, officer: str | None = None, /, **fields: Any) -> dict[str, Any]:
        """Answer as an officer who was asked; it has to be taken."""
        request = self.request(kind)
        reply = self.post(
            linking.token(self.house, request, officer or request.addressees[0].officer_id),
            action=action,
            revision_sha256=request.revision_sha256,
            **fields,
        )
        assert reply.status_code == 200, reply.text
        decision: dict[str, Any] = reply.json()["decision"]
        return decision

    def up_to(self, kind: str) -> str:
        """Bring the incident to where a request of this kind is open; return a token for it."""
        if kind in {"approve_report", "draft_statement", "sign_statement"}:
            self.answer("report", "submit", **REPORT)
        if kind in {"draft_statement", "sign_statement"}:
            self.answer("approve_report", "approve")
        if kind == "sign_statement":
            self.answer("draft_statement", "submit", **STATEMENT)
        return self.token(kind)


@pytest.fixture
def desk(client: TestClient, session: Session, house: Settings, open_incident: Callable[..., str]) -> Desk:
    """A general incident of Liuxi village, whose report is asked for."""
    return Desk(client, session, house, open_incident())


def move_on(session: Session, number: str, house: Settings, now: datetime) -> None:
    """What a task does: take the incident as far as it goes by itself."""
    moving.advance(take(session, number, house, now))
    session.commit()
