from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings, wiring
from yingda.domain.life import RequestState
from yingda.services import asking, linking
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store.models import Addressee, Decision, Request, Revision, Signature

from .conftest import REPORT, STATEMENT, Clock, Desk


def test_the_link_shows_what_is_asked_and_by_when(desk: Desk):
    shown = desk.get(desk.up_to("report")).json()
    assert shown["incident_no"] == desk.number
    assert (shown["kind"], shown["round"], shown["revision_sha256"]) == ("report", 1, None)
    assert shown["actions"] == ["submit", "hand_back", "request_extension"]
    assert shown["due_at"] == "2026-11-23T08:03:00Z"
    assert shown["officer"] == {
        "id": "luo_chunsheng",
        "name": "罗春生",
        "role": "information_officer",
        "deputy_for": None,
    }
    assert shown["form"]["oneOf"][0]["required"] == ["action", "cause", "measures", "wording", "result"]
    assert shown["context"]["incident"]["title"] == "柳溪村路灯不亮"
    assert {"id": "liuxi", "name": "柳溪村"} in shown["context"]["units"]
    assert "decision" not in shown


def test_an_answer_is_taken_and_shown_and_the_next_officer_is_asked(desk: Desk):
    token = desk.up_to("report")
    reply = desk.post(token, action="submit", **REPORT)
    assert reply.status_code == 200
    decision = reply.json()["decision"]
    assert decision["officer"] == {"id": "luo_chunsheng", "name": "罗春生"}
    assert (decision["action"], decision["at"]) == ("submit", "2026-11-23T06:03:00Z")
    after = desk.get(token).json()
    assert after["decision"] == decision
    assert after["actions"] == []
    assert desk.request("approve_report").addressees[0].officer_id == "han_yue"


def test_the_judge_is_shown_the_text_and_its_hash(desk: Desk):
    shown = desk.get(desk.up_to("approve_report")).json()
    [document] = shown["context"]["documents"]
    assert document["sha256"] == shown["revision_sha256"]
    assert document["judged"] is True
    assert document["content"]["cause"] == REPORT["cause"]


def test_an_exact_repeat_gets_the_same_decision(desk: Desk):
    token = desk.up_to("report")
    first, again = desk.post(token, action="submit", **REPORT), desk.post(token, action="submit", **REPORT)
    assert (again.status_code, again.json()) == (200, first.json())


def test_another_answer_to_the_same_request_is_409_and_names_who_and_when(desk: Desk):
    desk.up_to("draft_statement")
    first, second = (desk.token("draft_statement", officer) for officer in ("ding_yifan", "xia_mengjie"))
    assert desk.post(first, action="submit", **STATEMENT).status_code == 200
    late = desk.post(second, action="submit", **STATEMENT)
    assert late.status_code == 409
    assert late.json()["error"] == "answered"
    assert late.json()["who"] == {"id": "ding_yifan", "name": "丁一帆", "role": "duty_officer"}
    assert late.json()["at"] == "2026-11-23T06:03:00Z"
    changed_mind = desk.post(first, action="submit", **{**STATEMENT, "title": "另一个标题"})
    assert changed_mind.status_code == 409
    assert changed_mind.json()["who"]["id"] == "ding_yifan"


def test_judging_another_text_is_409(desk: Desk):
    token = desk.up_to("approve_report")
    wrong = desk.post(token, action="approve", revision_sha256="0" * 64)
    assert (wrong.status_code, wrong.json()["error"]) == (409, "text_changed")


def test_judging_without_saying_which_text_is_422(desk: Desk):
    token = desk.up_to("approve_report")
    reply = desk.post(token, action="approve")
    assert reply.status_code == 422
    assert list(reply.json()) == ["revision_sha256"]


def test_a_link_to_a_text_that_was_changed_says_who_changed_it(desk: Desk, session: Session, clock: Clock):
    token = desk.up_to("sign_statement")
    case = take(session, desk.number, desk.house, clock.now)
    from yingda.domain.life import DocumentKind, RequestKind
    from yingda.domain.roles import Role
    from yingda.services import writing

    newer = writing.add_revision(case, DocumentKind.STATEMENT, "xia_mengjie", {**STATEMENT, "title": "改过的标题"})
    asking.ask(case, RequestKind.SIGN_STATEMENT, role=Role.OFFICE_DIRECTOR, revision=newer)
    session.commit()
    for reply in (desk.get(token), desk.post(token, action="approve", revision_sha256="0" * 64)):
        assert reply.status_code == 409
        assert reply.json()["error"] == "text_changed"
        assert reply.json()["who"] == {"id": "xia_mengjie", "name": "夏梦洁", "role": "duty_officer"}


def test_a_withdrawn_request_is_410(desk: Desk, session: Session, clock: Clock):
    token = desk.up_to("report")
    case = take(session, desk.number, desk.house, clock.now)
    asking.withdraw_all(case, "reassigned")
    session.commit()
    for reply in (desk.get(token), desk.post(token, action="submit", **REPORT)):
        assert (reply.status_code, reply.json()["error"]) == (410, "withdrawn")


def test_an_expired_link_is_410(desk: Desk, clock: Clock):
    token = desk.up_to("report")
    clock.now += timedelta(days=30, seconds=1)
    for reply in (desk.get(token), desk.post(token, action="submit", **REPORT)):
        assert (reply.status_code, reply.json()) == (410, {"error": "expired"})


def test_wrong_fields_are_422_one_message_each_and_nothing_is_stored(desk: Desk, session: Session):
    token = desk.up_to("report")
    before = _everything(session)
    reply = desk.post(token, action="submit", cause="", measures="x" * 20_001, wording="好", nonsense=1)
    assert reply.status_code == 422
    assert reply.json() == {
        "cause": "必填",
        "measures": "最多 20000 字",
        "result": "必填",
        "nonsense": "表单没有此项",
    }
    assert desk.post(token, action="explode").json() == {"action": "只能是：submit, hand_back, request_extension"}
    assert _everything(session) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"action": NaN}', b"\xff", b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}"]
)
def test_what_is_no_json_object_is_422(desk: Desk, body: bytes):
    token = desk.up_to("report")
    reply = desk.client.post("/desk/api/r", headers={"X-Desk-Token": token}, content=body)
    assert (reply.status_code, list(reply.json())) == (422, ["body"])


def test_odd_values_are_refused_and_not_an_error_of_ours(desk: Desk):
    token = desk.up_to("report")
    for fields in (
        {"action": None},
        {"action": ["submit"]},
        {"action": "submit", "cause": "\u0000", "measures": 1, "wording": [], "result": {}},
        {"action": "submit", **REPORT, "evidence": "no list"},
        {"action": "request_extension", "reason": "x", "until": "9999-99-99"},
        {"action": "request_extension", "reason": "x", "until": "2020-01-01T00:00:00Z"},
        {"action": "hand_back", "reason": "x", "suggested_unit": "nowhere"},
    ):
        reply = desk.post(token, **fields)
        assert reply.status_code == 422, fields
        assert all(isinstance(message, str) for message in reply.json().values())
    lone = desk.client.post(
        "/desk/api/r", headers={"X-Desk-Token": token}, content=b'{"action":"submit","x":"\\ud800"}'
    )
    assert lone.status_code == 422


def test_a_body_of_more_than_a_megabyte_is_not_read(desk: Desk):
    token = desk.up_to("report")
    assert desk.post(token, action="submit", **{**REPORT, "cause": "x" * 1_000_000}).status_code == 413


def test_a_forged_token_is_404_whichever_byte_was_changed(desk: Desk):
    token = desk.up_to("report")
    assert desk.get(token).status_code == 200
    for position in range(len(token)):
        forged = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        for reply in (desk.get(forged), desk.post(forged, action="submit", **REPORT)):
            assert (reply.status_code, reply.json()) == (404, {"error": "not_found"}), position
    for forged in ("", ".", "x", "a.b", "null.x", "é", token + "x", token[:-1], "." + token):
        assert desk.client.get("/desk/api/r", headers={"X-Desk-Token": forged.encode()}).status_code == 404
    assert desk.client.get("/desk/api/r").status_code == 404
    assert desk.request("report").state is RequestState.OPEN


def test_a_link_for_somebody_who_was_not_asked_is_404_even_with_our_signature(desk: Desk):
    request = desk.request("report")
    assert desk.get(linking.token(desk.house, request, "han_yue")).status_code == 404


def test_an_author_who_is_asked_all_the_same_may_not_judge_their_own_text(desk: Desk, session: Session):
    desk.up_to("sign_statement")
    request = desk.request("sign_statement")
    session.add(Addressee(request_id=request.id, officer_id="ding_yifan"))
    session.commit()
    token = linking.token(desk.house, request, "ding_yifan")
    reply = desk.post(token, action="approve", revision_sha256=request.revision_sha256)
    assert (reply.status_code, reply.json()) == (403, {"error": "您是起草人，不能审签自己起草的文本。"})
    assert desk.request("sign_statement").state is RequestState.OPEN


def test_the_database_itself_refuses_an_authors_signature(desk: Desk, session: Session, clock: Clock):
    desk.up_to("sign_statement")
    request = desk.request("sign_statement")
    revision = session.get_one(Revision, request.revision_id)
    decision = Decision(
        request_id=request.id,
        action="approve",
        officer_id=revision.author_id,
        payload={},
        payload_sha256="0" * 64,
        at=clock.now,
    )
    session.add(decision)
    session.flush()
    session.add(
        Signature(
            revision_id=revision.id,
            sha256=revision.sha256,
            author_id=revision.author_id,
            role=request.role,
            signer_id=revision.author_id,
            decision_id=decision.id,
            at=clock.now,
        )
    )
    with pytest.raises(DBAPIError, match="never_own_text"):
        session.flush()
    session.rollback()


def test_a_returned_report_comes_back_with_the_comments(desk: Desk, clock: Clock):
    desk.up_to("approve_report")
    clock.now += timedelta(minutes=5)
    desk.answer("approve_report", "return", comment="请补充停电时长。")
    shown = desk.get(desk.token("report")).json()
    assert shown["round"] == 2
    [remark] = shown["context"]["comments"]
    assert (remark["author"]["name"], remark["text"]) == ("韩越", "请补充停电时长。")
    assert shown["context"]["documents"][0]["judged"] is False


def test_the_branch_leader_sees_for_how_long_and_why_more_time_is_asked(desk: Desk):
    desk.answer("report", "request_extension", reason="等供电所回复", until="2026-11-23T18:00")
    shown = desk.get(desk.token("extension")).json()
    assert shown["context"]["extension"]["until"] == "2026-11-23T10:00:00Z"
    assert shown["context"]["extension"]["reason"] == "等供电所回复"


def test_the_duty_officer_sees_why_a_unit_handed_it_back(desk: Desk):
    desk.answer("report", "hand_back", reason="路灯归城镇管理科", suggested_unit="urban_management")
    [remark] = desk.get(desk.token("assign_unit")).json()["context"]["comments"]
    assert remark["text"] == "路灯归城镇管理科"
    assert remark["suggested_unit"]["id"] == "urban_management"


def test_mail_for_the_next_officer_is_tried_after_the_reply(desk: Desk, session: Session):
    desk.answer("report", "submit", **REPORT)
    session.rollback()
    row = session.execute(
        text("SELECT attempts, problem FROM outbox_message WHERE officer_id = 'han_yue' AND template = 'request'")
    ).one()
    assert row.attempts == 1
    assert row.problem


def test_a_deadlock_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from sqlalchemy.exc import OperationalError

    from yingda.desk import linked
    from yingda.services import answering

    real, calls = answering.answer, []

    class Deadlock(Exception):
        pgcode = "40P01"

    def once_in_the_way(*given):
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError("answer", {}, Deadlock())
        return real(*given)

    monkeypatch.setattr(linked.answering, "answer", once_in_the_way)
    assert desk.post(desk.up_to("report"), action="submit", **REPORT).status_code == 200
    assert len(calls) == 2


def test_without_its_database_the_desk_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from sqlalchemy import create_engine

    token = desk.up_to("report")
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:9/none")
    monkeypatch.setattr(wiring, "engine", lambda: nowhere)
    reply = desk.post(token, action="submit", **REPORT)
    assert (reply.status_code, reply.json()) == (503, {"error": "unavailable"})


def _everything(session: Session) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    session.rollback()
    names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
    rows = {name: sorted(session.scalars(text(f'SELECT t::text FROM "{name}" t'))) for name in names}  # noqa: S608
    session.rollback()
    return rows


def test_looking_changes_nothing_however_often(desk: Desk, client: TestClient, session: Session):
    token = desk.up_to("sign_statement")
    request = desk.request("sign_statement")
    session.execute(select(Request))
    before = _everything(session)
    for _ in range(100):
        assert desk.get(token).status_code == 200
        client.cookies.clear()
        arrived = client.get("/desk/r", params={"token": token})
        assert arrived.status_code == 303
        assert client.get(arrived.headers["location"]).status_code == 200
    assert arrived.headers["location"] == f"/desk/r/{request.public_id}"
    assert _everything(session) == before


def test_a_link_of_somebody_who_left_the_roster_opens_nothing(
    desk: Desk, wired: Settings, open_incident: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    request = desk.request("report")
    [gone] = (one.officer_id for one in request.addressees)
    link = desk.token("report")
    desk.number = open_incident(title="另一件", unit="nantang")
    of_another = desk.token("report")
    assert (desk.get(link).status_code, desk.get(of_another).status_code) == (200, 200)

    roster = wired.roster.model_dump(mode="json", exclude_none=True)
    for officer in roster["officers"]:
        # Somebody else takes the place over, as the roster asks for when a person leaves.
        officer |= {"id": "successor", "email": "successor@example.org"} if officer["id"] == gone else {}
    changed = tmp_path / "roster.yaml"
    changed.write_text(yaml.safe_dump(roster, allow_unicode=True))
    monkeypatch.setenv("YINGDA_ROSTER", str(changed))
    settings.forget()

    assert desk.get(link).status_code == 404
    assert desk.post(link, action="hand_back", reason="不归我们").status_code == 404
    assert desk.client.get(f"/desk/r?token={link}").status_code == 404
    desk.session.rollback()
    assert desk.session.get_one(Request, request.id, populate_existing=True).state is RequestState.OPEN
    assert desk.get(of_another).status_code == 200
