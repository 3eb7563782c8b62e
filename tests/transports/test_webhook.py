"""The signed webhook against a real receiver: what it is told, how it is signed, and what each answer means."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from yingda.domain.channels import Channel
from yingda.domain.hosts import Host
from yingda.transports import webhook
from yingda.transports.bulletin import Notice, Signed
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted, may_repeat
from yingda.transports.web import Web

NOTICE = Notice(
    incident_no="YQCZBG-2026-001",
    kind="final",
    title="关于路灯的说明",
    body_html="<p>路灯<strong>已修复</strong>。</p>",
    sha256="ab" * 32,
    revision=1,
    topic="livelihood",
    office_name="柳溪街道办事处",
    unit_name="柳溪村",
    signed=(Signed("办公室主任", "沈若兰", datetime(2026, 11, 23, 4, 0, tzinfo=UTC)),),
    published_at=datetime(2026, 11, 23, 5, 0, tzinfo=UTC),
    drill=False,
    base_url="https://www.example.org/yingda",
    locale="zh_CN",
)
HOSTS = (Host(name="localhost", private=True),)


def hook(server: HTTPServer, *, idempotent: bool = True, answer: float = 5.0) -> webhook.Webhook:
    return webhook.Webhook("hook", server.url_for("/in"), "secret", Web(HOSTS, answer=answer), idempotent=idempotent)


def test_the_receiver_can_check_who_sent_it_and_knows_a_text_again(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/in", method="POST").respond_with_json(
        {"url": "https://news.example.org/1", "reference": 7}
    )
    posted = hook(httpserver).publish(NOTICE, None)
    hook(httpserver).publish(replace(NOTICE, published_at=datetime(2026, 11, 24, tzinfo=UTC)), None)

    assert posted == Posted("https://news.example.org/1", "7")
    (first, _), (second, _) = httpserver.log
    body, stamp = first.get_data(), first.headers["X-Yingda-Timestamp"]
    signed = hmac.new(b"secret", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert first.headers["X-Yingda-Signature"] == f"sha256={signed}"
    assert first.headers["Idempotency-Key"] == f"YQCZBG-2026-001/hook/{'ab' * 32}"
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert body == second.get_data(), "the same text is the same to the byte, whenever it is sent"
    told = json.loads(body)
    assert (told["title"], told["body_html"], told["sha256"]) == (NOTICE.title, NOTICE.body_html, NOTICE.sha256)
    assert told["signed"] == [{"role": "办公室主任", "name": "沈若兰", "at": "2026-11-23T04:00:00+00:00"}]
    assert told["bulletin_url"] == "https://www.example.org/yingda/YQCZBG-2026-001/index.html"
    assert told["earlier"] is None


def test_a_correction_says_what_it_takes_the_place_of(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/in").respond_with_data("", 204)
    posted = hook(httpserver).publish(replace(NOTICE, kind="correction"), Posted("https://news.example.org/1", "7"))

    assert posted == Posted()
    told = json.loads(httpserver.log[0][0].get_data())
    assert (told["kind"], told["earlier"]) == ("correction", {"url": "https://news.example.org/1", "reference": "7"})


def test_a_receiver_that_had_it_has_it(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/in").respond_with_json({"reference": "r1"}, status=409)
    assert hook(httpserver).publish(NOTICE, None) == Posted(None, "r1")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "x" * 3000, 7, None, "//example.org"])
def test_an_address_that_is_none_is_not_taken_over(httpserver: HTTPServer, url: Any) -> None:
    httpserver.expect_request("/in").respond_with_json({"url": url})
    assert hook(httpserver).publish(NOTICE, None) == Posted()


@pytest.mark.parametrize(
    ("status", "headers", "permanent", "uncertain_once", "pause", "said"),
    [
        (400, {}, True, False, None, "refuses it with 400"),
        (401, {}, True, False, None, "refuses it with 401"),
        (403, {}, True, False, None, "refuses it with 403"),
        (404, {}, True, False, None, "refuses it with 404"),
        (422, {}, True, False, None, "no such field"),
        (408, {}, False, False, None, "not now"),
        (429, {"Retry-After": "120"}, False, False, 120.0, "not now"),
        (429, {"Retry-After": "Mon, 23 Nov 2020 05:02:00 GMT"}, False, False, 0.0, "not now"),
        (429, {"Retry-After": "soon"}, False, False, None, "not now"),
        (500, {}, False, True, None, "answers 500"),
        (502, {}, False, True, None, "answers 502"),
        (503, {"Retry-After": "30"}, False, False, 30.0, "answers 503"),
        (
            301,
            {"Location": "https://www.example.org/in?key=1"},
            True,
            False,
            None,
            "points to https://www.example.org;",
        ),
    ],
)
def test_what_each_answer_means(
    httpserver: HTTPServer, status: int, headers: Any, permanent: bool, uncertain_once: bool, pause: Any, said: str
) -> None:
    httpserver.expect_request("/in").respond_with_response(Response("no such field", status, headers))
    for idempotent in (True, False):
        with pytest.raises(TransportError, match=said) as failed:
            hook(httpserver, idempotent=idempotent).publish(NOTICE, None)
        assert failed.value.permanent is permanent
        assert failed.value.uncertain is (uncertain_once and not idempotent)
        assert failed.value.pause == pause
        assert "key=1" not in failed.value.message


def test_an_answer_that_never_comes_leaves_it_in_doubt(httpserver: HTTPServer) -> None:
    import time

    httpserver.expect_request("/in").respond_with_handler(lambda request: time.sleep(0.6) or Response(""))
    with pytest.raises(TransportError) as failed:
        hook(httpserver, answer=0.2).publish(NOTICE, None)
    assert failed.value.uncertain


@pytest.mark.parametrize(
    ("options", "password", "repeats"), [({}, "s", True), ({"idempotent": False}, "s", False), ({}, None, None)]
)
def test_it_is_made_from_channel_and_connection(house: Any, options: Any, password: Any, repeats: Any) -> None:
    channel = Channel.model_validate(
        {"id": "hook", "kind": "webhook", "connection": "hook", "label": "推", "label_en": "H", "options": options}
    )
    access = Access("https://hooks.example.org/in", None, password)
    if repeats is None:
        with pytest.raises(TransportError, match="Connection hook has no password") as failed:
            webhook.outlet(channel, access, house)
        assert not failed.value.permanent, "mending the Connection is enough"
        return
    made = webhook.outlet(channel, access, house)
    assert (may_repeat(made), made.looks) == (repeats, False)
