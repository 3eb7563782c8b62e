"""An office at work: opens incidents and answers requests as officers do, each in a transaction of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from yingda.domain.life import RequestKind, RequestState, Stage
from yingda.domain.roster import Roster
from yingda.domain.severity import Severity
from yingda.services import answering, escalating, moving, opening, passing, publishing
from yingda.services.answering import Claims
from yingda.services.case import Case, take
from yingda.services.escalating import Standing
from yingda.settings import Settings
from yingda.store.models import (
    Clock,
    Decision,
    Event,
    Incident,
    OutboxMessage,
    Publication,
    Request,
    Signature,
)

REPORT = {"cause": "线路老化", "measures": "当日更换", "wording": "已修复", "result": "路灯恢复", "evidence": ["照片"]}
STATEMENT = {"kind": "final", "title": "关于路灯的说明", "body": "路灯**已修复**。", "commitments": []}


@dataclass
class Office:
    """The services against one database, at moments the test names."""

    engine: Engine
    house: Settings
    now: datetime

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session of its own that commits at its end."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def case(self, number: str) -> Iterator[Case]:
        """The incident in hand, now."""
        with self.transaction() as session:
            yield take(session, number, self.house, self.now)

    def later(self, **span: float) -> Office:
        """Let time pass."""
        self.now += timedelta(**span)
        return self

    def with_officer(self, officer_id: str, **changes: Any) -> None:
        """Change one officer of the roster."""
        plain = self.house.roster.model_dump(mode="json")
        for officer in plain["officers"]:
            if officer["id"] == officer_id:
                officer |= changes
        self.house = replace(self.house, roster=Roster.model_validate(plain))

    def open(self, **conf: Any) -> str:
        """Open an incident, by default a general one of Liuxi village, and move it as far as it goes."""
        conf = {"title": "柳溪村路灯不亮", "unit": "liuxi", **conf}
        with self.transaction() as session:
            found = opening.open_incident(session, conf, f"test__{secrets.token_hex(6)}", self.house, self.now)
            moving.advance(take(session, found.incident_no, self.house, self.now))
        return found.incident_no

    def incident(self, number: str) -> Incident:
        with self.transaction() as session:
            return session.scalars(select(Incident).where(Incident.number == number)).one()

    def stage(self, number: str) -> Stage:
        return self.incident(number).stage

    def rows(self, model: type[Any], number: str) -> list[Any]:
        """All rows of a kind that belong to an incident, oldest first."""
        with self.transaction() as session:
            mine = model.incident_id == self.incident(number).id
            return list(session.scalars(select(model).where(mine).order_by(model.id)))

    def requests(self, number: str, kind: str | None = None) -> list[Request]:
        return [one for one in self.rows(Request, number) if kind is None or one.kind == kind]

    def open_requests(self, number: str) -> list[Request]:
        return [one for one in self.rows(Request, number) if one.state is RequestState.OPEN]

    def asked(self, number: str, kind: str, role: str | None = None) -> Request:
        """The one open request of a kind."""
        [found] = [one for one in self.open_requests(number) if one.kind == kind and (role is None or one.role == role)]
        return found

    def clocks(self, number: str) -> dict[str, Clock]:
        return {clock.kind.value: clock for clock in self.rows(Clock, number)}

    def events(self, number: str, kind: str | None = None) -> list[Event]:
        return [one for one in self.rows(Event, number) if kind is None or one.kind == kind]

    def mails(self, number: str, template: str | None = None) -> list[OutboxMessage]:
        return [one for one in self.rows(OutboxMessage, number) if template is None or one.template == template]

    def publications(self, number: str) -> list[Publication]:
        return self.rows(Publication, number)

    def signatures(self, number: str) -> list[Signature]:
        with self.transaction() as session:
            return list(
                session.scalars(
                    select(Signature)
                    .join(Decision, Signature.decision_id == Decision.id)
                    .join(Request, Decision.request_id == Request.id)
                    .where(Request.incident_id == self.incident(number).id)
                    .order_by(Signature.id)
                )
            )

    def claims(self, request: Request, by: str | None = None) -> Claims:
        return Claims(request.public_id, by or request.addressees[0].officer_id, request.revision_sha256)

    def send_in(self, claims: Claims, body: Mapping[str, Any]) -> Decision:
        with self.transaction() as session:
            return answering.answer(session, claims, body, self.house, self.now)

    def answer(self, number: str, kind: str, action: str, by: str | None = None, /, **fields: Any) -> Decision:
        """Answer the open request of a kind as one of those asked."""
        request = self.asked(number, kind)
        body = {"action": action, **fields}
        if request.revision_sha256:
            body["revision_sha256"] = request.revision_sha256
        return self.send_in(self.claims(request, by), body)

    def attend(self, number: str) -> Standing:
        with self.case(number) as case:
            return escalating.attend(case)

    def publish(self, number: str) -> None:
        """Let what is signed be taken by every channel and be seen on its page."""
        with self.case(number) as case:
            for sending in publishing.claim_due(case):
                publishing.confirm(case, sending, f"https://example.org/{sending.channel}")
            moving.advance(case)
            for publication_id, _, _ in publishing.to_look_at(case):
                publishing.seen_live(case, publication_id)
            moving.advance(case)

    def reopen(self, number: str, stage: str, reason: str = "又有新的反映") -> None:
        with self.case(number) as case:
            passing.reopen(case, Stage(stage), reason)
            moving.advance(case)

    def regrade(self, number: str, severity: str) -> None:
        """Change the severity behind everybody's back."""
        with self.transaction() as session:
            session.scalars(select(Incident).where(Incident.number == number)).one().severity = Severity(severity)

    def bring_to(self, stage: str, *, by: Mapping[str, str] | None = None, **conf: Any) -> str:
        """Open an incident and answer everything until it stands at `stage`."""
        number = self.open(**conf)
        self.carry_on(number, stage, by=by)
        return number

    def carry_on(self, number: str, stage: str, *, by: Mapping[str, str] | None = None) -> None:
        answers: dict[RequestKind, tuple[str, dict[str, Any]]] = {
            RequestKind.ASSIGN_UNIT: ("assign", {"unit": "liuxi"}),
            RequestKind.BRIEF_REPLY: ("submit", {"reply": "正在查看"}),
            RequestKind.REPORT: ("submit", REPORT),
            RequestKind.APPROVE_REPORT: ("approve", {}),
            RequestKind.DRAFT_STATEMENT: ("submit", STATEMENT),
            RequestKind.SIGN_STATEMENT: ("approve", {}),
        }
        while self.stage(number) is not Stage(stage):
            request = next(one for one in self.open_requests(number) if one.kind in answers)
            action, fields = answers[request.kind]
            self.answer(number, request.kind, action, (by or {}).get(request.kind), **fields)


@pytest.fixture
def office(engine: Engine, house: Settings, NOW: datetime) -> Office:
    return Office(engine, house, NOW)


@pytest.fixture
def report() -> dict[str, Any]:
    return dict(REPORT)


@pytest.fixture
def statement() -> dict[str, Any]:
    return dict(STATEMENT)


@pytest.fixture
def bulletin_site(office: Office) -> Iterator[str]:
    """The bulletin's folder served on the loopback; the office publishes there."""
    import threading
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from yingda.domain.channels import Channels

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    folder: Path = office.house.bulletin
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    plain = office.house.channels.model_dump(mode="json")
    plain["channels"][0]["base_url"] = base
    office.house = replace(office.house, channels=Channels.model_validate(plain))
    yield base
    server.shutdown()
    server.server_close()


@pytest.fixture
def delivered(office: Office) -> Any:
    """A function that has all mail of an incident taken by the server."""
    from sqlalchemy import update

    from yingda.domain.life import SendState

    def taken(number: str) -> None:
        with office.transaction() as session:
            session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.incident_id == office.incident(number).id)
                .values(state=SendState.SENT)
            )

    return taken
