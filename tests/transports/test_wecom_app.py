"""Messages of a WeCom application, against a peer on the loopback that speaks as WeCom documents it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from yingda.domain.hosts import Host
from yingda.transports import wecom_app
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.web import Web
from yingda.transports.wecom_app import WecomApp

SENT = {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "1"}


@dataclass
class Peer:
    """WeCom: hands out tokens, takes messages, answers what a test says."""

    server: HTTPServer
    lasts: int = 7200
    token_says: dict[str, Any] | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    handed_out: list[str] = field(default_factory=list)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    slow: float = 0.0

    def token(self, request: Request) -> Response:
        assert request.args.to_dict() == {"corpid": "corp", "corpsecret": "secret"}
        if self.token_says is not None:
            return Response(json.dumps(self.token_says))
        self.handed_out.append(f"token-{len(self.handed_out) + 1}")
        return Response(
            json.dumps({"errcode": 0, "errmsg": "ok", "access_token": self.handed_out[-1], "expires_in": self.lasts})
        )

    def message(self, request: Request) -> Response:
        time.sleep(self.slow)
        self.taken.append((request.args["access_token"], json.loads(request.get_data())))
        return Response(json.dumps(self.answers.pop(0) if self.answers else SENT))


@pytest.fixture
def peer(httpserver: HTTPServer) -> Peer:
    made = Peer(httpserver)
    httpserver.expect_request("/cgi-bin/gettoken", method="GET").respond_with_handler(made.token)
    httpserver.expect_request("/cgi-bin/message/send", method="POST").respond_with_handler(made.message)
    return made


@pytest.fixture
def app(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., WecomApp]:
    monkeypatch.setattr(wecom_app, "_tokens", {})

    def made(answer: float = 5.0, **extra: Any) -> WecomApp:
        web = Web((Host(name="localhost", private=True),), answer=answer)
        url = peer.server.url_for("").rstrip("/")
        return WecomApp(Access(url=url, login="corp", password="secret", extra={"agentid": 1000002, **extra}), web)

    return made


def test_a_text_goes_to_one_member_and_the_token_serves_again(peer: Peer, app):
    app().send("wangli", "验证码 123456", "key-1")
    app().send("wangli", "验证码 654321", "key-2")

    assert peer.handed_out == ["token-1"]
    assert peer.taken[0] == (
        "token-1",
        {"touser": "wangli", "msgtype": "text", "agentid": 1000002, "text": {"content": "验证码 123456"}, "safe": 0},
    )
    assert len(peer.taken) == 2


def test_a_token_is_not_used_until_its_last_minute(peer: Peer, app, monkeypatch: pytest.MonkeyPatch):
    app().send("wangli", "一", "1")
    later = time.monotonic() + 7200 - 59
    monkeypatch.setattr(wecom_app.time, "monotonic", lambda: later)
    app().send("wangli", "二", "2")

    assert [token for token, _ in peer.taken] == ["token-1", "token-2"]


def test_a_token_that_wecom_took_back_is_fetched_anew_once(peer: Peer, app):
    app().send("wangli", "一", "1")
    peer.answers = [{"errcode": 42001, "errmsg": "access_token expired"}]
    app().send("wangli", "二", "2")
    assert [token for token, _ in peer.taken] == ["token-1", "token-1", "token-2"]

    peer.answers = [{"errcode": 40014, "errmsg": "invalid"}, {"errcode": 40014, "errmsg": "invalid"}]
    with pytest.raises(TransportError, match="errcode 40014"):
        app().send("wangli", "三", "3")
    assert len(peer.taken) == 5


@pytest.mark.parametrize(
    ("answer", "said", "permanent"),
    [
        ({"errcode": 60020, "errmsg": "not allow to access from your ip, 13800000000"}, "trusted ones", True),
        ({"errcode": 81013, "errmsg": "user invalid"}, "user id in the roster", True),
        ({"errcode": -1, "errmsg": "system busy"}, "errcode -1", False),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, "errcode 45009", False),
        ({**SENT, "invaliduser": "wangli"}, "no such member", True),
        ({**SENT, "unlicenseduser": "wangli"}, "no such member", True),
    ],
)
def test_a_refusal_inside_a_200_is_one_and_says_what_to_do(peer: Peer, app, answer, said: str, permanent: bool):
    peer.answers = [answer]

    with pytest.raises(TransportError, match=said) as failed:
        app().send("wangli", "验证码 123456", "key")

    assert (failed.value.permanent, failed.value.uncertain) == (permanent, False)
    assert "wangli" not in failed.value.message
    assert "13800000000" not in failed.value.message


def test_a_wrong_secret_is_said_before_anything_is_sent(peer: Peer, app):
    peer.token_says = {"errcode": 40001, "errmsg": "invalid credential, secret"}

    with pytest.raises(TransportError, match=r"errcode 40001\). Correct the secret") as failed:
        app().send("wangli", "一", "1")

    assert failed.value.permanent
    assert peer.taken == []


def test_a_wecom_that_hangs_over_the_message_may_have_sent_it_and_over_the_token_surely_not(peer: Peer, app):
    peer.slow = 1.5
    with pytest.raises(TransportError) as failed:
        app(answer=0.3).send("wangli", "一", "1")
    assert failed.value.uncertain

    peer.server.clear()
    peer.server.expect_request("/cgi-bin/gettoken").respond_with_handler(lambda request: time.sleep(1.5))
    wecom_app._tokens.clear()
    with pytest.raises(TransportError) as failed:
        app(answer=0.3).send("wangli", "一", "1")
    assert not failed.value.uncertain


@pytest.mark.parametrize("extra", [{"agentid": ""}, {"agentid": "one"}])
def test_a_connection_that_is_not_complete_is_said_to_be_so(peer: Peer, app, extra):
    with pytest.raises(TransportError, match="Set login"):
        app(**extra).send("wangli", "一", "1")
    assert peer.server.log == []
