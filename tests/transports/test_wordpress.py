"""WordPress against a small but faithful REST API: one post an incident, whatever stands in between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from tests.peers import WordPressPeer
from tests.transports.test_webhook import NOTICE
from werkzeug import Response

from yingda import rendering
from yingda.domain.channels import Channel
from yingda.domain.hosts import Host
from yingda.transports import wordpress
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.web import Web
from yingda.transports.wordpress import WordPress

CHANNEL = Channel.model_validate(
    {"id": "site", "kind": "wordpress", "connection": "site", "label": "网站", "label_en": "Site"}
)
FIXED = replace(NOTICE, kind="correction", revision=2, sha256="cd" * 32, body_html="<p>更正：路灯明日修复。</p>")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WordPressPeer]:
    peer = WordPressPeer(tmp_path)
    yield peer
    peer.stop()


def to(peer: WordPressPeer, password: str | None = None) -> WordPress:
    return WordPress(peer.url, peer.login, password or peer.password, Web(peer.hosts, answer=2))


def kinds(peer: WordPressPeer) -> list[str]:
    return [kind for kind, _, _ in peer.history]


def test_a_statement_is_one_post_under_the_number_of_its_incident(site: WordPressPeer) -> None:
    assert to(site).find(NOTICE) is None
    posted = to(site).publish(NOTICE, None)

    assert posted == Posted(f"{site.url}/read/yqczbg-2026-001", "101")
    assert to(site).find(NOTICE) == posted
    [post] = site.posts.values()
    assert (post["slug"], post["status"], post["title"]) == ("yqczbg-2026-001", "publish", NOTICE.title)
    assert NOTICE.body_html in post["content"], "the statement stands there exactly as it is presented, in one piece"
    for words in ("柳溪街道办事处", "办公室主任 沈若兰", "https://www.example.org/yingda/YQCZBG-2026-001/index.html"):
        assert words in rendering.plain_text(post["content"])
    assert to(site).publish(NOTICE, None) == posted
    assert kinds(site) == ["create"], "it looked before creating"


@pytest.mark.parametrize("unfiltered", [True, False])
def test_our_marker_survives_what_wordpress_strips(site: WordPressPeer, unfiltered: bool) -> None:
    site.unfiltered = unfiltered
    to(site).publish(NOTICE, None)
    assert f'class="{wordpress.marker(NOTICE)}"' in site.posts[101]["content"]
    assert to(site).find(NOTICE) is not None
    assert to(site).find(FIXED) is None


def test_where_even_the_marker_is_stripped_the_words_decide(site: WordPressPeer) -> None:
    posted = to(site).publish(NOTICE, None)
    site.posts[101]["content"] = re.sub(r'<div class="[^"]*">', "<div>", site.posts[101]["content"])
    assert to(site).find(NOTICE) == posted
    assert to(site).find(FIXED) is None
    assert to(site).publish(FIXED, posted) == posted
    assert kinds(site) == ["create", "update"]


@pytest.mark.parametrize("kind", ["correction", "withdrawal"])
def test_a_later_text_takes_the_place_of_the_earlier_and_says_so(site: WordPressPeer, kind: Any) -> None:
    first = to(site).publish(NOTICE, None)
    later = replace(FIXED, kind=kind)
    assert to(site).publish(later, first) == first, "the address stays"

    [post] = site.posts.values()
    assert post["title"] == {"correction": "【更正】", "withdrawal": "【撤回】"}[kind] + NOTICE.title
    said = {"correction": "本说明更正此前发布的内容。", "withdrawal": "此前发布的说明已撤回，不再有效。"}[kind]
    assert f"<strong>{said}</strong>" in post["content"]
    assert NOTICE.body_html not in post["content"]
    assert (to(site).find(NOTICE), to(site).find(later)) == (None, first)


def test_an_older_text_never_takes_the_place_of_a_newer(site: WordPressPeer) -> None:
    to(site).publish(FIXED, None)
    with pytest.raises(TransportError, match="newer than 1") as failed:
        to(site).publish(NOTICE, None)
    assert failed.value.permanent
    assert kinds(site) == ["create"]


def test_a_post_whose_address_somebody_changed_is_found_by_its_id(site: WordPressPeer) -> None:
    first = to(site).publish(NOTICE, None)
    site.posts[101]["slug"] = "ludeng"
    assert to(site).publish(FIXED, first).reference == "101"
    assert kinds(site) == ["create", "update"]


def test_a_post_that_somebody_took_down_is_not_there_and_is_put_back_in_its_place(site: WordPressPeer) -> None:
    first = to(site).publish(NOTICE, None)
    site.posts[101]["status"] = "draft"
    assert to(site).find(NOTICE) is None
    assert to(site).publish(NOTICE, None) == first
    assert (len(site.posts), site.posts[101]["status"]) == (1, "publish")


def test_a_post_that_is_not_ours_is_left_alone(site: WordPressPeer) -> None:
    site.posts[5] = {"id": 5, "slug": "yqczbg-2026-001", "title": "x", "content": "<p>别的</p>", "status": "publish"}
    with pytest.raises(TransportError, match=r"post 5 .* not ours") as failed:
        to(site).publish(NOTICE, None)
    assert failed.value.permanent
    assert site.posts[5]["content"] == "<p>别的</p>"


def test_a_wrong_password_and_a_user_who_may_not_publish_are_told_apart(site: WordPressPeer) -> None:
    with pytest.raises(TransportError, match=r"401: incorrect_password.*Application Password") as failed:
        to(site, "wrong").publish(NOTICE, None)
    assert (failed.value.permanent, failed.value.uncertain) == (True, False)
    assert "wrong" not in failed.value.message
    site.may_publish = False
    with pytest.raises(TransportError, match=r"403: rest_cannot_publish.*role of an editor") as failed:
        to(site).publish(NOTICE, None)
    assert (failed.value.permanent, failed.value.uncertain) == (True, False)


def answering(server: HTTPServer) -> WordPress:
    return WordPress(server.url_for(""), "yingda", "pass word", Web((Host(name="localhost", private=True),), answer=2))


PAGE = "<!doctype html><title>Just a moment…</title>"
WP_ERROR = '{"code":"rest_invalid_param","message":"Invalid parameter(s): slug","data":{"status":400}}'


@pytest.mark.parametrize(
    ("status", "body", "headers", "permanent", "maybe", "pause", "said"),
    [
        (404, PAGE, {}, True, False, None, "404: .*Permalinks"),
        (400, WP_ERROR, {}, True, False, None, r"rest_invalid_param: Invalid parameter\(s\): slug"),
        (403, PAGE, {}, True, False, None, "403: .*role"),
        (429, PAGE, {"Retry-After": "90"}, False, False, 90.0, "429"),
        (500, PAGE, {}, False, True, None, "500"),
        (503, PAGE, {"Retry-After": "60"}, False, True, 60.0, "503"),
        (200, PAGE, {}, False, True, None, "page instead of JSON.*security plugin"),
        (200, "[" * 50_000, {}, False, True, None, "page instead of JSON"),
        (
            301,
            "",
            {"Location": "https://www.example.org/wp-json?x=1"},
            True,
            False,
            None,
            "points to https://www.example.org;",
        ),
    ],
)
def test_what_each_answer_means(
    httpserver: HTTPServer, status: int, body: str, headers: Any, permanent: bool, maybe: bool, pause: Any, said: str
) -> None:
    broken = Response(body, status, headers)
    httpserver.expect_request("/wp-json/wp/v2/posts", method="GET").respond_with_response(broken)
    for look in (lambda: answering(httpserver).find(NOTICE), lambda: answering(httpserver).publish(NOTICE, None)):
        with pytest.raises(TransportError, match=said) as looked:
            look()
        assert not looked.value.uncertain, "looking sends nothing"
        assert (looked.value.permanent, looked.value.pause) == (permanent, pause)
    assert {request.method for request, _ in httpserver.log} == {"GET"}, "nothing is created before it was looked for"

    httpserver.clear()
    httpserver.expect_request("/wp-json/wp/v2/posts", method="GET").respond_with_json([])
    httpserver.expect_request("/wp-json/wp/v2/posts", method="POST").respond_with_response(broken)
    with pytest.raises(TransportError, match=said) as written:
        answering(httpserver).publish(NOTICE, None)
    assert (written.value.permanent, written.value.uncertain, written.value.pause) == (permanent, maybe, pause)


def test_a_post_that_stays_a_draft_is_not_published(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/wp-json/wp/v2/posts", method="GET").respond_with_json([])
    pending = {"id": 9, "status": "pending", "link": "http://localhost/?p=9"}
    httpserver.expect_request("/wp-json/wp/v2/posts", method="POST").respond_with_json(pending, status=201)
    with pytest.raises(TransportError, match="keeps post 9 as 'pending'") as failed:
        answering(httpserver).publish(NOTICE, None)
    assert failed.value.permanent


@pytest.mark.parametrize("found", [{}, {"code": "x"}, "posts", 7, None])
def test_a_search_that_answers_no_list_creates_nothing(httpserver: HTTPServer, found: Any) -> None:
    httpserver.expect_request("/wp-json/wp/v2/posts", method="GET").respond_with_json(found)
    with pytest.raises(TransportError, match="no list of posts"):
        answering(httpserver).publish(NOTICE, None)


def test_the_password_never_travels_in_the_open(house: Any) -> None:
    for access in (Access("http://www.example.org", "u", "p"), Access("https://www.example.org", "u", None), None):
        with pytest.raises(TransportError, match="Connection site") as failed:
            wordpress.outlet(CHANNEL, access, house)
        assert not failed.value.permanent, "mending the Connection is enough"
    inside = replace(house, channels=house.channels.model_copy(update={"hosts": (Host(name="wp.lan", private=True),)}))
    assert wordpress.outlet(CHANNEL, Access("http://wp.lan", "u", "p"), inside).looks
    assert wordpress.outlet(CHANNEL, Access("https://www.example.org", "u", "p"), house).looks


def test_a_title_is_text_and_never_html(site: WordPressPeer) -> None:
    to(site).publish(replace(NOTICE, title='关于<b onclick="x">路灯</b> & "水"的说明'), None)
    assert site.posts[101]["title"] == '关于&lt;b onclick="x"&gt;路灯&lt;/b&gt; &amp; "水"的说明'


def test_a_drill_says_so_in_title_and_text(site: WordPressPeer) -> None:
    to(site).publish(replace(NOTICE, drill=True), None)
    assert site.posts[101]["title"].startswith("【演练】")
    assert "这是一次演练" in site.posts[101]["content"]
