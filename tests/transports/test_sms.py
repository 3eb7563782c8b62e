"""Text messages, against a real gateway on the loopback that takes, refuses, fails and hangs."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from yingda.domain.hosts import Host
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access
from yingda.transports.sms import SmsGateway
from yingda.transports.web import Web

KEY = "the key of both sides"
AT = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)


@pytest.fixture
def gateway(httpserver: HTTPServer) -> Callable[..., SmsGateway]:
    def made(key: str | None = KEY, answer: float = 5.0) -> SmsGateway:
        web = Web((Host(name="localhost", private=True),), answer=answer)
        return SmsGateway(Access(url=httpserver.url_for("/send"), password=key), web, lambda: AT)

    return made


def test_a_text_arrives_with_a_signature_that_the_gateway_can_check(httpserver: HTTPServer, gateway):
    heard: list[Request] = []

    def take(request: Request) -> Response:
        request.get_data(cache=True)
        heard.append(request)
        return Response("taken", status=202)

    httpserver.expect_request("/send", method="POST").respond_with_handler(take)

    gateway().send("13800000000", "验证码 123456", "request-1")

    [request] = heard
    body = request.get_data()
    assert json.loads(body) == {"to": "13800000000", "text": "验证码 123456", "key": "request-1"}
    assert request.headers["Idempotency-Key"] == "request-1"
    at = request.headers["X-Yingda-Timestamp"]
    assert int(at) == AT.timestamp()
    proof = hmac.new(KEY.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert request.headers["X-Yingda-Signature"] == f"sha256={proof}"


@pytest.mark.parametrize(
    ("status", "permanent"), [(302, True), (400, True), (401, True), (429, False), (500, False), (503, False)]
)
def test_a_gateway_that_refuses_is_named_with_its_status_and_nothing_it_says(
    httpserver: HTTPServer, gateway, status: int, permanent: bool
):
    httpserver.expect_request("/send").respond_with_data("13800000000: 验证码 123456", status=status)

    with pytest.raises(TransportError) as failed:
        gateway().send("13800000000", "验证码 123456", "request-1")

    assert failed.value.message == f"localhost answered {status}."
    assert (failed.value.permanent, failed.value.uncertain) == (permanent, False)


def test_a_gateway_that_hangs_is_not_waited_for_and_may_have_sent_it(httpserver: HTTPServer, gateway):
    def hang(request: Request) -> Response:
        time.sleep(1.5)
        return Response("late")

    httpserver.expect_request("/send").respond_with_handler(hang)
    began = time.monotonic()

    with pytest.raises(TransportError) as failed:
        gateway(answer=0.3).send("13800000000", "验证码 123456", "request-1")

    assert time.monotonic() - began < 1.2
    assert failed.value.uncertain
    assert "123456" not in failed.value.message


def test_without_a_key_nothing_is_sent(httpserver: HTTPServer, gateway):
    with pytest.raises(TransportError, match="has no password") as failed:
        gateway(key=None).send("13800000000", "验证码 123456", "request-1")

    assert failed.value.permanent
    assert httpserver.log == []
