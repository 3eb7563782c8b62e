"""Signing with a code of the second channel, over the real desk, with a real gateway that takes it to the phone."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from werkzeug import Request as Heard
from werkzeug import Response as Answered

from yingda import settings, wiring
from yingda.desk import linked
from yingda.domain.life import RequestState
from yingda.services import confirming
from yingda.settings import Settings
from yingda.store.models import Event, OutboxMessage, Request, Signature, SigningCode
from yingda.transports import messenger, wecom_app

from .conftest import STATEMENT, Clock, Desk
from .test_link_pages import Page, opened
from .test_races import address as address  # the desk behind a real server

PHONE = "13800000000"
TRIES = 5


@dataclass
class Gateway:
    """The office's SMS gateway, and the phones behind it."""

    status: int = 200
    slow: float = 0.0
    texts: list[tuple[str, str]] = field(default_factory=list)

    def take(self, request: Heard) -> Answered:
        said = json.loads(request.get_data())
        self.texts.append((said["to"], said["text"]))
        time.sleep(self.slow)
        return Answered("", status=self.status)

    @property
    def code(self) -> str:
        """The code of the newest text."""
        [code] = re.findall(r"\b[0-9]{6}\b", self.texts[-1][1])
        return str(code)


@pytest.fixture
def reached(
    clock: Clock, house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> Callable[..., None]:
    """A function that gives officers a second channel and changes the policy, as the office's files would."""
    plain = yaml.safe_load((settings.CONFIG / "channels.yaml").read_text("utf-8"))
    plain["hosts"] = [{"name": "localhost", "private": True}]
    channels = tmp_path / "channels.yaml"
    channels.write_text(yaml.safe_dump(plain), "utf-8")
    monkeypatch.setenv("YINGDA_CHANNELS", str(channels))

    def now(policy: str = "{}", locale: str = "zh_CN", **second_channels: dict[str, str]) -> None:
        roster = house.roster.model_dump(mode="json", exclude_none=True)
        for officer in roster["officers"]:
            officer.update(
                {"second_channel": second_channels[officer["id"]]} if officer["id"] in second_channels else {}
            )
        for name, said in (("roster", json.dumps(roster)), ("policy", policy)):
            (tmp_path / f"{name}.yaml").write_text(said, "utf-8")
            monkeypatch.setenv(f"YINGDA_{name.upper()}", str(tmp_path / f"{name}.yaml"))
        monkeypatch.setenv("YINGDA_LOCALE", locale)
        settings.forget()

    return now


@pytest.fixture
def gateway(httpserver: HTTPServer, reached: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The office director has a phone; texts go there."""
    made = Gateway()
    httpserver.expect_request("/send", method="POST").respond_with_handler(made.take)
    connection = {"conn_type": "http", "host": httpserver.url_for("/send"), "password": "a key"}
    monkeypatch.setenv("AIRFLOW_CONN_SMS_DEFAULT", json.dumps(connection))
    reached(shen_ruolan={"sms": PHONE})
    return made


def to_be_signed(desk: Desk, open_incident: Callable[..., str], severity: str = "major") -> str:
    """Bring an incident to its first signature; return the link's token of the office director."""
    desk.number = open_incident(severity=severity)
    if severity != "general":
        desk.answer("brief_reply", "submit", reply="正在核查")
    return desk.up_to("sign_statement")


@pytest.fixture
def token(gateway: Gateway, desk: Desk, open_incident: Callable[..., str]) -> str:
    return to_be_signed(desk, open_incident)


def send(desk: Desk, token: str) -> httpx.Response:
    return desk.client.post("/desk/api/r/code", headers={"X-Desk-Token": token})


def sign(desk: Desk, token: str, **fields: Any) -> httpx.Response:
    sha256 = desk.get(token).json()["revision_sha256"]
    return desk.post(token, action="approve", revision_sha256=sha256, **fields)


def other(code: str, by: int = 1) -> str:
    """A code of as many digits that is not this one."""
    return f"{(int(code) + by) % 1_000_000:06}"


def signatures(session: Session) -> list[Signature]:
    """Those under statements, not the branch leader's under the report."""
    session.rollback()
    found = session.scalars(select(Signature).order_by(Signature.id).execution_options(populate_existing=True))
    return [one for one in found if one.role != "branch_leader"]


def events(session: Session, kind: str) -> list[Event]:
    session.rollback()
    return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def test_a_signature_needs_the_code_that_went_to_the_phone_and_says_that_it_was_there(
    desk: Desk, token: str, gateway: Gateway, session: Session, logged_in: TestClient
):
    factor = desk.get(token).json()["context"]["second_factor"]
    assert (factor["needed"], factor["sent_to"], factor["state"]) == (True, "138****0000", None)
    refused = sign(desk, token)
    assert refused.status_code == 422
    assert "发送验证码" in refused.json()["code"]

    sent = send(desk, token)
    assert sent.status_code == 200
    assert sent.json()["sent_to"] == "138****0000"
    assert sent.json()["expires_at"] == "2026-11-23T06:13:00Z"
    [(to, said)] = gateway.texts
    assert to == PHONE
    assert desk.number in said
    assert "14:13 前有效" in said
    assert desk.get(token).json()["context"]["second_factor"]["state"] == "sent"

    wrong = sign(desk, token, code=other(gateway.code))
    assert (wrong.status_code, list(wrong.json())) == (422, ["code"])
    assert "还可以试 4 次" in wrong.json()["code"]
    assert signatures(session) == []

    taken = sign(desk, token, code=f" {gateway.code[:3]} {gateway.code[3:]} ", comment="同意")
    assert taken.status_code == 200
    assert taken.json()["decision"]["fields"] == {"comment": "同意"}
    [signature] = signatures(session)
    assert (signature.signer_id, signature.confirmed_by) == ("shen_ruolan", "sms")
    assert [one.data["second_channel"] for one in events(session, "signed")][-1] == "sms"
    shown = logged_in.get(f"/desk/api/incidents/{desk.number}").json()["signatures"]
    assert [one["confirmed_by"] for one in shown] == [None, "sms"]
    page = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert "已用短信验证码确认" in page
    assert page.count("已发出签发验证码") == 1
    assert page.count("签发验证码不对") == 1


def test_an_exact_repeat_of_a_signature_gets_the_same_reply_and_another_answer_does_not(
    desk: Desk, token: str, gateway: Gateway
):
    sha256 = desk.get(token).json()["revision_sha256"]
    send(desk, token)
    body = {"action": "approve", "revision_sha256": sha256, "comment": "同意", "code": gateway.code}
    first = desk.post(token, **body)
    assert first.status_code == 200
    assert desk.post(token, **body).json() == first.json()
    # The code is no part of the answer, so an answer without it, or with another, is the same one.
    for code in ({}, {"code": other(gateway.code)}):
        again = desk.post(token, **{name: said for name, said in body.items() if name != "code"}, **code)
        assert (again.status_code, again.json()) == (200, first.json())
    assert desk.post(token, **body | {"comment": "另一句"}).status_code == 409
    assert send(desk, token).status_code == 409


@pytest.mark.parametrize("action", ["return", "no_publication"])
def test_to_send_a_text_back_no_code_is_needed(desk: Desk, token: str, action: str):
    sha256 = desk.get(token).json()["revision_sha256"]
    assert desk.post(token, action=action, revision_sha256=sha256, comment="第二段不妥").status_code == 200


def test_officers_without_a_second_channel_sign_as_ever(
    desk: Desk, gateway: Gateway, reached: Callable[..., None], open_incident: Callable[..., str], session: Session
):
    reached()
    token = to_be_signed(desk, open_incident, "critical")
    factor = desk.get(token).json()["context"]["second_factor"]
    assert (factor["needed"], factor["sent_to"]) == (False, None)
    assert "one-time-code" not in opened(desk.client, token)[1].html  # type: ignore[arg-type]
    assert send(desk, token).status_code == 422
    for _ in range(3):
        desk.answer("sign_statement", "approve")
    assert [one.confirmed_by for one in signatures(session)] == [None] * 3
    assert gateway.texts == []


def test_where_policy_refuses_it_nobody_signs_without_a_second_channel(
    desk: Desk, token: str, reached: Callable[..., None], session: Session
):
    reached(policy="second_factor: {without_channel: refuse}")
    refused = sign(desk, token)
    assert refused.status_code == 422
    assert "second_channel" in refused.json()["code"]
    address, page = opened(desk.client, token)  # type: ignore[arg-type]
    assert "所以您现在不能签发" in page.words
    posted = desk.client.post(address, data=page.forms[0])
    assert posted.status_code == 422
    assert "请办公室在名册里补上" in posted.text
    assert signatures(session) == []


def test_general_incidents_need_no_code_until_they_are_regraded(
    desk: Desk, gateway: Gateway, open_incident: Callable[..., str], session: Session, logged_in: TestClient
):
    token = to_be_signed(desk, open_incident, "general")
    assert desk.get(token).json()["context"]["second_factor"]["needed"] is False
    assert send(desk, token).status_code == 422
    regraded = logged_in.post(
        f"/desk/api/incidents/{desk.number}/regrade", json={"severity": "major", "reason": "转载增多"}
    )
    assert regraded.status_code == 200, regraded.text
    assert sign(desk, token).status_code == 422
    assert send(desk, token).status_code == 200
    assert sign(desk, token, code=gateway.code).status_code == 200
    assert [one.confirmed_by for one in signatures(session)] == ["sms"]


def test_the_code_goes_to_the_deputy_who_signs(
    desk: Desk, gateway: Gateway, reached: Callable[..., None], open_incident: Callable[..., str], house: Settings
):
    reached(shen_ruolan={"sms": PHONE}, fang_qi={"sms": "13911112222"})
    plain = json.loads(Path(str(settings.current().written["roster"][0].shown)).read_text("utf-8"))
    for officer in plain["officers"]:
        if officer["id"] == "shen_ruolan":
            officer["absences"] = [{"start": "2026-11-20", "end": "2026-11-30", "deputy": "fang_qi"}]
    Path(str(settings.current().written["roster"][0].shown)).write_text(json.dumps(plain), "utf-8")
    settings.forget()
    token = to_be_signed(desk, open_incident)
    assert send(desk, token).json()["sent_to"] == "139****2222"
    assert gateway.texts[-1][0] == "13911112222"
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_a_code_holds_for_ten_minutes(desk: Desk, token: str, gateway: Gateway, clock: Clock, session: Session):
    send(desk, token)
    clock.now += timedelta(minutes=10, seconds=1)
    late = sign(desk, token, code=gateway.code)
    assert late.status_code == 422
    assert "已过期" in late.json()["code"]
    assert "上一个验证码已过期" in opened(desk.client, token)[1].words  # type: ignore[arg-type]
    assert signatures(session) == []
    clock.now -= timedelta(seconds=1)
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_the_newest_code_counts_and_no_other(desk: Desk, token: str, gateway: Gateway):
    send(desk, token)
    old = gateway.code
    while True:
        send(desk, token)
        if gateway.code != old:
            break
    assert sign(desk, token, code=old).status_code == 422
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_after_the_last_try_the_right_code_is_of_no_use_and_the_duty_officers_hear_of_it(
    desk: Desk, token: str, gateway: Gateway, session: Session
):
    send(desk, token)
    for left in range(TRIES - 1, -1, -1):
        said = sign(desk, token, code=other(gateway.code, 1 + left)).json()["code"]
        assert (f"还可以试 {left} 次" in said) is (left > 0)
    assert sign(desk, token, code=gateway.code).status_code == 422
    assert [one.data["tries_left"] for one in events(session, "code_wrong")] == [4, 3, 2, 1, 0]
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.values["about"].astext == "codes_wrong")).all()
    assert {one.officer_id for one in told} == {"ding_yifan", "xia_mengjie"}
    from yingda.services.composing import compose

    letter = compose(session, told[0], settings.current())
    assert "沈若兰" in letter.text
    assert signatures(session) == []

    send(desk, token)
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_what_is_no_code_costs_no_try(desk: Desk, token: str, gateway: Gateway, session: Session):
    send(desk, token)
    for given in ("12345", "1234567", "abcdef", " "):
        assert list(sign(desk, token, code=given).json()) == ["code"]
    assert events(session, "code_wrong") == []
    wide = gateway.code.translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    assert sign(desk, token, code=wide).status_code == 200


def test_a_code_is_for_one_text(desk: Desk, token: str, gateway: Gateway, session: Session, house: Settings):
    send(desk, token)
    old, sha256 = gateway.code, desk.get(token).json()["revision_sha256"]
    desk.post(token, action="return", revision_sha256=sha256, comment="改一处")
    desk.answer("draft_statement", "submit", **{**STATEMENT, "body": "另一段"})
    renewed = desk.token("sign_statement")
    assert sign(desk, renewed, code=old).status_code == 422
    # Not even where the row itself is put under the new text.
    request = desk.request("sign_statement")
    code = session.scalars(select(SigningCode)).one()
    code.request_id = request.id
    session.commit()
    assert "不对" in sign(desk, renewed, code=old).json()["code"]


def test_what_is_stored_of_a_code_differs_with_all_that_it_is_for(house: Settings):
    def proof(salt: str = "s", request: str = "r", officer: str = "o", sha256: str = "t", code: str = "1") -> str:
        about = Request(public_id=request, revision_sha256=sha256)
        return confirming.proof(house, salt, about, officer, code)

    others = [{"salt": "x"}, {"request": "x"}, {"officer": "x"}, {"sha256": "x"}, {"code": "2"}]
    assert proof() == proof()
    assert len({proof(), *(proof(**one) for one in others)}) == 6


def test_so_many_codes_an_hour_and_then_a_pause_with_words(desk: Desk, token: str, gateway: Gateway, clock: Clock):
    for _ in range(5):
        assert send(desk, token).status_code == 200
        clock.now += timedelta(minutes=1)
    full = send(desk, token)
    assert full.status_code == 429
    assert "15:03 以后才能再发" in full.json()["error"]
    assert int(full.headers["retry-after"]) == 55 * 60
    assert len(gateway.texts) == 5
    address, page = opened(desk.client, token)  # type: ignore[arg-type]
    shown = desk.client.post(f"{address}/code", data=page.forms[0] | {"comment": "写到一半"})
    assert shown.status_code == 429
    assert "15:03 以后才能再发" in shown.text
    assert "写到一半" in shown.text
    assert sign(desk, token, code=other(gateway.code)).status_code == 422
    clock.now += timedelta(minutes=55, seconds=1)
    assert send(desk, token).status_code == 200


def test_a_gateway_that_refuses_is_said_on_the_page_and_does_not_use_up_the_codes_of_the_hour(
    desk: Desk, token: str, gateway: Gateway, session: Session
):
    gateway.status = 503
    for _ in range(6):
        failed = send(desk, token)
        assert failed.status_code == 502
        assert failed.json() == {"error": "not_sent", "detail": "localhost answered 503."}
    assert len(events(session, "code_not_sent")) == 6
    # It surely did not go out, so whoever overheard it can do nothing with it.
    assert "没有可用的验证码" in sign(desk, token, code=gateway.code).json()["code"]
    _, page = opened(desk.client, token)  # type: ignore[arg-type]
    assert "验证码未能发到短信 138****0000" in page.words
    assert "localhost answered 503." in page.words
    assert "再发一次验证码" in page.words
    gateway.status = 200
    assert send(desk, token).status_code == 200
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_a_gateway_that_is_down_is_not_hammered_for_ever(desk: Desk, token: str, gateway: Gateway):
    gateway.status = 503
    assert [send(desk, token).status_code for _ in range(21)] == [502] * 20 + [429]


def test_a_gateway_that_hangs_may_have_sent_the_code_and_then_it_holds(
    desk: Desk, token: str, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(messenger, "QUICK_ANSWER", 0.3)
    gateway.slow = 1.0
    began = time.monotonic()
    sent = send(desk, token)
    assert time.monotonic() - began < 0.9
    assert sent.status_code == 200
    assert "did not answer in time" in sent.json()["problem"]
    assert "不能确定验证码是否已发到短信 138****0000" in opened(desk.client, token)[1].words  # type: ignore[arg-type]
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_whoever_died_between_making_and_sending_left_a_code_that_can_be_had_again(
    desk: Desk, token: str, gateway: Gateway, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    class Died(BaseException):
        pass

    def die(kind: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(wiring, "messenger", die)
        with pytest.raises(Died):
            linked.send_code(token, settings.current(), clock.now)
    assert desk.get(token).json()["context"]["second_factor"]["state"] == "unknown"
    assert send(desk, token).status_code == 200
    assert sign(desk, token, code=gateway.code).status_code == 200


def test_a_missing_connection_is_named(desk: Desk, token: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AIRFLOW_CONN_SMS_DEFAULT")
    monkeypatch.setattr("airflow.sdk.Connection.get", _unknown)
    assert (
        "Connection sms_default is not there; create it in Airflow (Admin, Connections), set AIRFLOW_CONN_SMS_DEFAULT"
        in send(desk, token).json()["detail"]
    )


def _unknown(name: str) -> None:
    from airflow.sdk.exceptions import AirflowNotFoundException

    raise AirflowNotFoundException(name)


def test_a_code_over_wecom(
    desk: Desk,
    token: str,
    reached: Callable[..., None],
    httpserver: HTTPServer,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(wecom_app, "_tokens", {})
    texts: list[dict[str, Any]] = []

    def take(request: Heard) -> Answered:
        texts.append(json.loads(request.get_data()))
        return Answered(json.dumps({"errcode": 0, "errmsg": "ok"}))

    httpserver.expect_request("/cgi-bin/gettoken").respond_with_json(
        {"errcode": 0, "access_token": "t", "expires_in": 7200}
    )
    httpserver.expect_request("/cgi-bin/message/send").respond_with_handler(take)
    monkeypatch.setenv(
        "AIRFLOW_CONN_WECOM_DEFAULT",
        json.dumps(
            {
                "conn_type": "http",
                "host": "localhost",
                "schema": "http",
                "port": httpserver.port,
                "login": "corp",
                "password": "secret",
                "extra": {"agentid": 1000002},
            }
        ),
    )
    reached(shen_ruolan={"wecom": "shenruolan"})
    assert send(desk, token).json()["sent_to"] == "sh****"
    assert texts[0]["touser"] == "shenruolan"
    [code] = re.findall(r"\b[0-9]{6}\b", texts[0]["text"]["content"])
    assert sign(desk, token, code=code).status_code == 200
    assert [one.confirmed_by for one in signatures(session)] == ["wecom"]


def test_the_page_sends_the_code_keeps_what_was_typed_and_takes_the_signature_without_javascript(
    desk: Desk, token: str, gateway: Gateway, clock: Clock, session: Session
):
    client = desk.client
    address, page = opened(client, token)  # type: ignore[arg-type]
    assert "发到您第二渠道（短信 138****0000）的验证码" in page.words
    assert "签发（须输入验证码）" in page.words
    assert page.forms[0]["code"] == ""
    assert [form["action"] for form in page.forms if "code" in form] == ["approve"]
    assert 'inputmode="numeric" autocomplete="one-time-code"' in page.html
    assert set(page.fields) <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    # What Enter presses: first the sending, once it was sent the signing.
    form = page.html.split("<form", 2)[1]
    assert f'formaction="{address}/code"' in form.split("<button", 2)[1]

    sent = client.post(f"{address}/code", data=page.forms[0] | {"comment": "请值班员留意评论"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{address}#code")
    page = Page(client.get(address).text)
    assert page.forms[0]["comment"] == "请值班员留意评论"
    assert "验证码已于 14:03 发到短信 138****0000，14:13 前有效。" in page.words
    assert "formaction" not in page.html.split("<form", 2)[1].split("<button", 2)[1].split(">", 1)[0]

    wrong = client.post(address, data=page.forms[0] | {"code": other(gateway.code)})
    assert wrong.status_code == 422
    shown = Page(wrong.text)
    assert shown.forms[0]["code"] == ""
    assert shown.forms[0]["comment"] == "请值班员留意评论"
    assert 'href="#f1-code"' in wrong.text
    assert 'id="f1-code-error"' in wrong.text
    assert 'aria-describedby="f1-code-error f1-code-state f1-code-hint"' in wrong.text

    done = client.post(address, data=shown.forms[0] | {"code": gateway.code})
    assert (done.status_code, done.headers["location"]) == (303, address)
    receipt = client.get(address)
    assert "已收到" in receipt.text
    assert gateway.code not in receipt.text
    assert [one.confirmed_by for one in signatures(session)] == ["sms"]


def test_the_page_and_the_text_in_english(desk: Desk, token: str, gateway: Gateway, reached: Callable[..., None]):
    reached(locale="en", shen_ruolan={"sms": PHONE})
    address, page = opened(desk.client, token)  # type: ignore[arg-type]
    assert "Sign (needs the code)" in page.words
    assert "Send the code" in page.words
    desk.client.post(f"{address}/code", data=page.forms[0])
    assert "valid until 14:13. Tell nobody." in gateway.texts[-1][1]
    page = Page(desk.client.get(address).text)
    assert "The code was sent to text message 138****0000 at 14:03, valid until 14:13." in page.words
    assert not re.search("[\u4e00-\u9fff]", "".join(re.findall(r'id="f1-code-(?:hint|state)">([^<]*)', page.html)))
    assert "tries left: 4" in sign(desk, token, code=other(gateway.code)).json()["code"]


def test_a_form_that_did_not_come_from_the_page_sends_no_code(desk: Desk, token: str, gateway: Gateway):
    address, page = opened(desk.client, token)  # type: ignore[arg-type]
    assert desk.client.post(f"{address}/code", data=page.forms[0] | {"csrf": "x"}).status_code == 403
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert desk.client.post(f"{address}/code", data=page.forms[0], headers=elsewhere).status_code == 403
    assert desk.client.get(f"{address}/code").status_code == 405
    assert gateway.texts == []


def test_the_code_is_kept_nowhere(
    desk: Desk,
    token: str,
    gateway: Gateway,
    engine: Engine,
    house: Settings,
    caplog: pytest.LogCaptureFixture,
    session: Session,
    clock: Clock,
):
    caplog.set_level(logging.DEBUG)
    address, page = opened(desk.client, token)  # type: ignore[arg-type]
    gateway.status = 500
    desk.client.post(f"{address}/code", data=page.forms[0])
    codes = {gateway.code}
    gateway.status = 200
    desk.client.post(f"{address}/code", data=page.forms[0])
    codes.add(gateway.code)
    form = page.forms[0]
    desk.client.post(f"{address}/draft", data=form | {"code": gateway.code})
    desk.client.post(f"{address}/code", data=form | {"code": gateway.code})
    codes.add(gateway.code)
    assert linked.keep(token, {"action": "approve", "code": gateway.code}, settings.current(), clock.now)
    desk.client.post(address, data=form | {"code": gateway.code, "csrf": "x"})
    desk.client.post(address, data=form | {"code": gateway.code, "comment": "长" * 30_000})
    assert signatures(session) == []
    assert found(engine, codes) == []
    taken = desk.client.post(address, data=form | {"code": gateway.code, "comment": "同意"})
    assert taken.status_code == 303
    assert len(codes) == 3
    assert found(engine, codes) == []
    assert found(engine, {PHONE}) == []
    assert found(engine, {"138****0000"}) == ["signing_code"]
    ours = [one for one in caplog.records if not one.name.startswith(("werkzeug", "pytest_httpserver"))]
    logged = "\n".join(one.getMessage() for one in ours)
    assert not any(code in logged for code in codes)
    assert PHONE not in logged
    from yingda.services.composing import compose

    for message in session.scalars(select(OutboxMessage)):
        letter = compose(session, message, settings.current())
        assert not any(code in letter.text + letter.subject + letter.html for code in codes)
    files = [path for path in house.home.rglob("*") if path.is_file()]
    assert not any(code.encode() in path.read_bytes() for path in files for code in codes)


def found(engine: Engine, words: set[str]) -> list[str]:
    """The tables of the whole database in which one of the words stands by itself, in whatever column."""
    hits = []
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        for table in tables:
            rows = connection.execute(text(f'SELECT to_jsonb(t)::text FROM "{table}" t')).scalars()  # noqa: S608
            whole = "\n".join(rows)
            # Digits inside a hash or a number are no code.
            if any(re.search(rf"(?<![0-9a-f]){re.escape(word)}(?![0-9a-f])", whole) for word in words):
                hits.append(table)
    return sorted(hits)


def all_at_once(calls: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    replies: list[httpx.Response] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], httpx.Response]) -> None:
        start.wait()
        replies.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def posted(address: str, desk: Desk, token: str, code: str) -> Callable[[], httpx.Response]:
    body = {"action": "approve", "revision_sha256": desk.get(token).json()["revision_sha256"], "code": code}
    return lambda: httpx.post(f"{address}/desk/api/r", headers={"X-Desk-Token": token}, json=body, timeout=30)


def test_the_right_code_twice_at_once_makes_one_signature(
    address: str, desk: Desk, gateway: Gateway, open_incident: Callable[..., str], session: Session
):
    for turn in range(5):
        token = to_be_signed(desk, open_incident)
        send(desk, token)
        replies = all_at_once([posted(address, desk, token, gateway.code)] * 2)
        assert [one.status_code for one in replies] == [200, 200]
        assert replies[0].json() == replies[1].json()
        assert len(signatures(session)) == turn + 1


def test_of_many_wrong_codes_at_once_five_count_and_none_is_tried_after_them(
    address: str, desk: Desk, token: str, gateway: Gateway, session: Session
):
    send(desk, token)
    replies = all_at_once([posted(address, desk, token, other(gateway.code, n + 1)) for n in range(TRIES + 4)])
    assert {one.status_code for one in replies} == {422}
    assert sorted(one.data["tries_left"] for one in events(session, "code_wrong")) == [0, 1, 2, 3, 4]
    assert sign(desk, token, code=gateway.code).status_code == 422
    assert signatures(session) == []


def test_two_who_ask_for_a_code_at_once_get_two_and_the_later_one_holds(
    address: str, desk: Desk, token: str, gateway: Gateway, session: Session
):
    def ask() -> httpx.Response:
        return httpx.post(f"{address}/desk/api/r/code", headers={"X-Desk-Token": token}, timeout=30)

    assert [one.status_code for one in all_at_once([ask, ask])] == [200, 200]
    session.rollback()
    live = [one for one in session.scalars(select(SigningCode)) if one.voided_at is None]
    assert len(live) == 1
    assert desk.request("sign_statement", RequestState.OPEN)


def test_the_chain_of_events_holds_after_all_this(
    desk: Desk, token: str, gateway: Gateway, session: Session, logged_in: TestClient
):
    send(desk, token)
    sign(desk, token, code=other(gateway.code))
    sign(desk, token, code=gateway.code)
    assert logged_in.get("/desk/api/audit/verify").status_code == 200
