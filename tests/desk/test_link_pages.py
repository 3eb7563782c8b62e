from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.domain.forms import FORMS
from yingda.domain.life import RequestKind, RequestState, Stage
from yingda.services import asking, linking
from yingda.services.case import take
from yingda.store.models import Incident

from .conftest import REPORT, STATEMENT, Clock, Desk

NASTY = "<script>alert(1)</script>\"'&{{7*7}}</textarea><img src=x onerror=1>"


class Page(HTMLParser):
    """What a browser without JavaScript makes of a page: forms with their fields, labels and ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[dict[str, str]] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""
        self._area: str | None = None
        self._select: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and str(given.get("src")).startswith("/desk/static/"):
            return  # ours, and without it all works
        self.tags.append(tag)
        self.attributes |= set(given)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "form":
            self.forms.append({})
        if tag == "label":
            self.labelled.add(str(given["for"]))
        if tag in {"input", "textarea", "select"} and given.get("type") != "hidden":
            self.fields.append(str(given["id"]))
        if tag == "input":
            self.forms[-1][str(given["name"])] = given.get("value") or ""
        elif tag == "textarea":
            self._area = str(given["name"])
            self.forms[-1][self._area] = ""
        elif tag == "select":
            self._select = str(given["name"])
        elif tag == "option" and self._select and (self._select not in self.forms[-1] or "selected" in given):
            self.forms[-1][self._select] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._area = None if tag == "textarea" else self._area
        self._select = None if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._area:
            # As browsers do: the line break after the tag is not part of the text.
            self.forms[-1][self._area] += data.removeprefix("\n")


def opened(client: TestClient, token: str) -> tuple[str, Page]:
    """Open a link as a browser does; return the address it ends up at, and the page."""
    arrived = client.get("/desk/r", params={"token": token})
    assert arrived.status_code == 303, arrived.text
    address = arrived.headers["location"]
    shown = client.get(address)
    assert shown.status_code == 200, shown.text
    return address, Page(shown.text)


def test_the_token_leaves_the_address_and_stays_in_a_cookie_of_this_request_only(desk: Desk, client: TestClient):
    token = desk.up_to("report")
    arrived = client.get("/desk/r", params={"token": token})
    public_id = desk.request("report").public_id
    assert arrived.headers["location"] == f"/desk/r/{public_id}"
    cookie = arrived.headers["set-cookie"]
    assert token in cookie
    assert f"Path=/desk/r/{public_id}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert token not in client.get(f"/desk/r/{public_id}").text


def test_the_cookie_is_for_https_only_where_the_office_is_reached_by_https(
    desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    token = desk.up_to("report")
    monkeypatch.setenv("YINGDA_PUBLIC_URL", "https://desk.example.org")
    settings.forget()
    assert "Secure" in client.get("/desk/r", params={"token": token}).headers["set-cookie"]


def test_a_report_is_filled_in_and_received(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    assert "11月23日 16:03" in page.words
    form = page.forms[0] | {**REPORT, "evidence": "第一条\r\n\r\n https://example.org/2 "}
    sent = client.post(address, data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, address)
    receipt = client.get(address)
    assert receipt.status_code == 200
    words = Page(receipt.text).words
    assert "已收到 14:03" in words
    assert f"{desk.number}-" in words
    assert REPORT["cause"] in words
    assert desk.request("report", RequestState.ANSWERED)
    again = client.post(address, data=form)
    assert again.status_code == 303
    other = client.post(address, data=form | {"cause": "另一个说法"})
    assert other.status_code == 409
    assert "刚才提交的没有收到" in other.text
    report = desk.get(desk.token("approve_report")).json()["context"]["documents"][0]["content"]
    assert report["evidence"] == ["第一条", "https://example.org/2"]


def test_every_way_to_answer_has_a_form_the_usual_one_first(desk: Desk, client: TestClient):
    _, page = opened(client, desk.up_to("report"))
    assert [form["action"] for form in page.forms] == ["submit", "hand_back", "request_extension"]
    assert page.html.count("<details") == 2


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("draft_statement"))
    assert page.forms[0]["body"] == REPORT["wording"]
    typed = page.forms[0] | {
        "title": " ",
        "body": "第一段\r\n\r\n第二段",
        "commitments-1-text": "换杆",
        "commitments-1-unit": "liuxi",
        "commitments-1-due": "2020-01-01T10:00",
        "commitments-2-text": "巡检",
        "commitments-2-unit": "liuxi",
        "commitments-2-due": "2026-12-01T10:00",
    }
    refused = client.post(address, data=typed)
    assert refused.status_code == 422
    shown = Page(refused.text)
    assert "没有收到" in shown.words
    assert refused.text.count("必填</p>") == 1
    kept = shown.forms[0]
    assert kept["body"] == "第一段\n\n第二段"
    assert [kept[f"commitments-{row}-text"] for row in range(3)] == ["换杆", "巡检", ""]
    assert kept["commitments-1-due"] == "2026-12-01T10:00"
    promise = client.post(address, data=kept | {"title": "标题"})
    assert promise.status_code == 422
    assert "须晚于现在" in promise.text
    assert 'id="f1-commitments-0-due-error"' in promise.text
    done = client.post(address, data=Page(promise.text).forms[0] | {"commitments-0-due": "2026-11-30T10:00"})
    assert done.status_code == 303
    statement = desk.get(desk.token("sign_statement")).json()["context"]["documents"][1]["content"]
    assert [each["due"][:16] for each in statement["commitments"]] == ["2026-11-30T10:00", "2026-12-01T10:00"]


def test_the_signer_sees_the_statement_as_it_will_be_published(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("sign_statement"))
    assert "<p>路灯<strong>已恢复</strong>。</p>" in page.html
    sha256 = desk.request("sign_statement").revision_sha256
    assert sha256 is not None
    assert sha256[:12] in page.words
    assert page.forms[0]["revision_sha256"] == sha256
    assert client.post(address, data=page.forms[0]).status_code == 303


def test_a_returned_statement_comes_back_with_its_text_and_the_comments(desk: Desk, client: TestClient):
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "return", comment="请写明恢复时间。")
    _, page = opened(client, desk.token("draft_statement"))
    assert "请写明恢复时间。" in page.words
    assert page.forms[0]["title"] == STATEMENT["title"]
    assert page.forms[0]["body"] == STATEMENT["body"]


def test_a_forged_link_and_a_lost_cookie_get_the_same_page(desk: Desk, client: TestClient):
    token = desk.up_to("report")
    pages = [
        client.get("/desk/r", params={"token": forged}) for forged in ("", "x", token[:-1], token[1:], "x" + token)
    ]
    pages.append(client.get("/desk/r"))
    pages.append(client.get(f"/desk/r/{desk.request('report').public_id}"))
    pages.append(client.get("/desk/r/unknown"))
    pages.append(client.post("/desk/r/unknown", data={"action": "submit"}))
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1


def test_the_cookie_of_one_request_opens_no_other(desk: Desk, client: TestClient):
    token = desk.up_to("report")
    client.cookies.set("yingda_link", token)
    assert client.get("/desk/r/another").status_code == 404


def test_who_comes_second_is_told_who_was_first(desk: Desk, client: TestClient):
    desk.up_to("draft_statement")
    address, page = opened(client, desk.token("draft_statement", "xia_mengjie"))
    desk.answer("draft_statement", "submit", "ding_yifan", **STATEMENT)
    for reply in (client.get(address), client.post(address, data=page.forms[0])):
        assert reply.status_code == 409
        assert "丁一帆" in reply.text
        assert "11月23日 14:03" in reply.text


def test_expired_and_withdrawn_links_say_so(desk: Desk, client: TestClient, session: Session, clock: Clock):
    token = desk.up_to("report")
    address, page = opened(client, token)
    asking.withdraw_all(take(session, desk.number, desk.house, clock.now), "reassigned")
    session.commit()
    for reply in (client.get(address), client.post(address, data=page.forms[0])):
        assert reply.status_code == 410
        assert "事件已转由其他单位办理" in reply.text
    clock.now += timedelta(days=31)
    for reply in (client.get("/desk/r", params={"token": token}), client.get(address)):
        assert reply.status_code == 410
        assert "有效期" in reply.text


def test_a_text_that_changed_since_is_409_with_the_way_on(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("sign_statement"))
    reply = client.post(address, data=page.forms[0] | {"revision_sha256": "0" * 64})
    assert reply.status_code == 409
    assert "新文本已另发邮件" in reply.text


@pytest.mark.parametrize(
    ("headers", "change"),
    [
        ({}, {"csrf": ""}),
        ({}, {"csrf": "0" * 64}),
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({"Sec-Fetch-Site": "same-site"}, {}),
        ({"Origin": "https://evil.example"}, {}),
        ({"Origin": "null"}, {}),
    ],
)
def test_a_form_of_somebody_elses_page_is_refused(
    desk: Desk, client: TestClient, headers: dict[str, str], change: dict[str, str]
):
    address, page = opened(client, desk.up_to("report"))
    form = page.forms[0] | {**REPORT, "evidence": "", **change}
    refused = client.post(address, data=form, headers=headers)
    assert refused.status_code == 403
    assert REPORT["cause"] in refused.text
    assert desk.request("report").state is RequestState.OPEN


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {"Origin": "http://127.0.0.1:8080"}],
)
def test_a_form_of_our_page_is_taken(desk: Desk, client: TestClient, headers: dict[str, str]):
    address, page = opened(client, desk.up_to("report"))
    form = page.forms[0] | {**REPORT, "evidence": ""}
    assert client.post(address, data=form, headers=headers).status_code == 303


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_what_people_write_shows_as_text_wherever_it_shows(
    desk: Desk,
    client: TestClient,
    logged_in: TestClient,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
):
    monkeypatch.setenv("YINGDA_LOCALE", locale)
    settings.forget()
    incident = session.query(Incident).filter_by(number=desk.number).one()
    incident.title, incident.summary, incident.platform = NASTY, NASTY, NASTY[:60]
    session.commit()
    harmless: list[str] = []

    def look(kind: str, **typed: str) -> None:
        address, page = opened(client, desk.token(kind))
        harmless.append(page.html)
        refused = client.post(address, data=page.forms[0] | typed | {"csrf": "wrong"})
        assert refused.status_code == 403
        harmless.append(refused.text)

    report: dict[str, Any] = dict.fromkeys(("cause", "measures", "wording", "result"), NASTY)
    look("report", **report, evidence=NASTY)
    desk.answer("report", "request_extension", reason=NASTY, until="2026-11-23T23:00")
    look("extension", reason=NASTY)
    desk.answer("extension", "refuse", reason=NASTY)
    desk.answer("report", "submit", **report, evidence=[NASTY])
    look("approve_report", comment=NASTY)
    desk.answer("approve_report", "return", comment=NASTY)
    look("report", **report)
    desk.answer("report", "submit", **report)
    desk.answer("approve_report", "approve", comment=NASTY)
    promise = {"text": NASTY, "unit": "liuxi", "due": "2026-12-01T10:00"}
    statement = {"kind": "holding", "title": NASTY, "body": NASTY, "commitments": [promise]}
    look("draft_statement", **{"title": NASTY, "body": NASTY, "commitments-0-text": NASTY, "commitments-0-unit": NASTY})
    token = desk.token("draft_statement")
    desk.answer("draft_statement", "submit", **statement)
    harmless.append(client.get(client.get("/desk/r", params={"token": token}).headers["location"]).text)
    look("sign_statement", comment=NASTY)
    for path in (
        f"/desk/incidents/{desk.number}",
        "/desk/",
        "/desk/?q=" + "%3Cscript%3E",
        "/desk/runs?run_id=" + NASTY,
    ):
        harmless.append(logged_in.get(path).text)
    for html in harmless:
        page = Page(html)
        assert "script" not in page.tags
        assert "img" not in page.tags
        assert not any(name.startswith("on") or name == "style" for name in page.attributes)
    assert sum("&lt;script&gt;" in html for html in harmless) >= len(harmless) - 1


# These are about a row of their own; their pages are looked at where that is written (test_speaking.py).
ABOUT_A_ROW = {RequestKind.DECIDE_LETTER, RequestKind.SEND_LETTER, RequestKind.ENQUIRY}


@pytest.mark.parametrize("kind", [kind for kind in RequestKind if kind not in ABOUT_A_ROW])
def test_the_page_of_every_kind_of_request_is_whole_and_labelled(
    desk: Desk, client: TestClient, session: Session, kind: RequestKind
):
    desk.up_to("sign_statement")
    request = desk.request("sign_statement")
    request.kind = kind
    incident = session.get_one(Incident, request.incident_id)
    # Once the statement is being signed nobody may hand back any more.
    if "hand_back" in FORMS[kind]:
        incident.stage = Stage.VERIFICATION
    session.commit()
    _, page = opened(client, linking.token(desk.house, request, request.addressees[0].officer_id))
    assert [form["action"] for form in page.forms] == list(FORMS[kind])
    assert len(page.ids) == len(set(page.ids))
    assert set(page.fields) <= page.labelled
    assert '<html lang="zh-CN">' in page.html
    assert not {"script", "style", "iframe"} & set(page.tags)
    assert page.tags.count("h1") == 1


def test_the_page_keeps_everything_out_but_its_own_style(desk: Desk, client: TestClient):
    address, _ = opened(client, desk.up_to("report"))
    headers = client.get(address).headers
    assert "default-src 'none'; style-src 'self'; script-src 'self';" in headers["content-security-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    style = client.get("/desk/static/desk.css")
    assert style.headers["content-type"].startswith("text/css")
    assert client.get("/desk/static/../app.py").status_code in {401, 404}


def test_a_form_of_many_megabytes_is_not_read(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    assert client.post(address, data=page.forms[0] | {"cause": "好" * 500_000}).status_code == 413


def test_the_longest_report_there_may_be_goes_through_the_form(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    long = dict.fromkeys(("cause", "measures", "wording", "result"), "好" * 20_000)
    evidence = "\r\n".join(["证" * 2_000] * 50)
    assert client.post(address, data=page.forms[0] | long | {"evidence": evidence}).status_code == 303


def test_the_office_may_work_in_english(desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    settings.forget()
    address, page = opened(client, desk.up_to("report"))
    assert '<html lang="en">' in page.html
    assert "Disposal report" in page.words
    sent = client.post(address, data=page.forms[0])
    assert sent.status_code == 422
    assert "is required" in sent.text


@pytest.mark.parametrize(
    ("kind", "field", "again"), [("approve_report", "cause", "report"), ("sign_statement", "body", "draft_statement")]
)
def test_what_was_said_of_a_field_stands_beside_it_when_the_text_comes_back(
    desk: Desk, client: TestClient, kind: str, field: str, again: str
):
    address, page = opened(client, desk.up_to(kind))
    back = page.forms[1] | {"comment": "总体可以", f"comment_{field}": NASTY}
    assert client.post(address, data=back).status_code == 303

    _, page = opened(client, desk.token(again))
    assert "总体可以" in page.words
    beside = page.html.index(f'id="f1-{field}-remark"')
    assert page.html.index(f'<label for="f1-{field}"') < beside < page.html.index(f'<textarea id="f1-{field}"')
    assert f'aria-describedby="f1-{field}-remark' in page.html
    assert page.words.count("<script>alert(1)</script>") == 1, "what was said is text, and stands there once"
    assert len(re.findall(r'id="f1-\w+-remark"', page.html)) == 1, "one field was spoken of"


def test_the_receipt_says_what_happens_next_and_who_does_it(desk: Desk, client: TestClient):
    address, page = opened(client, desk.up_to("report"))
    assert client.post(address, data=page.forms[0] | REPORT | {"evidence": ""}).status_code == 303
    leader = desk.house.roster.officer(desk.request("approve_report").addressees[0].officer_id)
    assert f"接下来：报告审批，由 {leader.name} 办理。" in Page(client.get(address).text).words
    desk.answer("approve_report", "approve")
    assert "接下来：起草说明" in Page(client.get(address).text).words
