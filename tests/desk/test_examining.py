"""What the examination of a statement finds: told to the drafter before anything is sent, and to whoever signs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from yingda import settings
from yingda.domain.quality.rule import Check

from .conftest import STATEMENT, Desk
from .test_link_pages import NASTY, Page, opened

PHONE = "13800138000"
WITH_PHONE = f"## 情况\n\n路灯已恢复，请联系{PHONE}。"


def findings_of(html: str) -> str:
    """The words of the section about the examination, tags left out; empty where there is none."""
    section = re.search(r'<section[^>]*id="findings".*?</section>', html, re.DOTALL)
    return re.sub(r"<[^>]+>", "", section[0]) if section else ""


def test_a_program_is_refused_with_the_field_the_quote_and_the_remedy(desk: Desk) -> None:
    token = desk.up_to("draft_statement")
    refused = desk.post(token, action="submit", **{**STATEMENT, "body": WITH_PHONE})

    assert refused.status_code == 422
    assert list(refused.json()) == ["body"]
    assert PHONE in refused.json()["body"]
    assert "请删去" in refused.json()["body"]
    assert desk.get(token).json()["actions"] == ["submit"]
    assert desk.post(token, action="submit", **STATEMENT).status_code == 200


def test_the_page_refuses_beside_the_field_and_keeps_what_was_typed(desk: Desk, client: TestClient) -> None:
    address, page = opened(client, desk.up_to("draft_statement"))
    typed = page.forms[0] | {"title": "关于路灯", "body": WITH_PHONE}
    refused = client.post(address, data=typed)

    assert refused.status_code == 422
    shown = Page(refused.text)
    assert shown.forms[0]["body"] == WITH_PHONE
    assert shown.forms[0]["title"] == "关于路灯"
    error = re.search(r'id="f1-body-error">([^<]*)<', refused.text)
    assert error is not None
    assert PHONE in error[1]
    # What only warns is told as well, so that both are mended at once.
    assert "写明发言人" in findings_of(refused.text)
    assert "不得提交" in findings_of(refused.text)
    assert Page(client.get(address).text).forms[0]["body"] == WITH_PHONE
    assert client.post(address, data=shown.forms[0] | {"body": "路灯已恢复。"}).status_code == 303


def test_the_drafter_examines_without_sending_and_without_javascript(desk: Desk, client: TestClient) -> None:
    address, page = opened(client, desk.up_to("draft_statement"))
    assert findings_of(page.html) == ""
    assert "先检查，不提交" in page.words
    kept = client.post(f"{address}/draft", data=page.forms[0] | {"title": "说明", "body": f"我们高度重视。{PHONE}"})
    assert (kept.status_code, kept.headers["location"]) == (303, address)

    again = client.get(address)
    said = findings_of(again.text)
    assert again.status_code == 200
    assert PHONE in said
    assert "“高度重视”旁边没有具体内容" in said
    assert '<a href="#findings">' in again.text
    assert "没有收到" not in again.text
    assert desk.request("draft_statement").ended_at is None


def test_only_a_statement_is_examined(desk: Desk, client: TestClient) -> None:
    address, page = opened(client, desk.up_to("report"))
    assert "先检查" not in page.words
    client.post(f"{address}/draft", data=page.forms[0] | {"cause": f"我们高度重视。{PHONE}"})
    assert findings_of(client.get(address).text) == ""
    assert desk.get(desk.token("report")).json()["context"]["findings"] == []


def test_the_signer_is_shown_the_findings_and_may_sign_all_the_same(desk: Desk, client: TestClient) -> None:
    desk.up_to("draft_statement")
    desk.answer("draft_statement", "submit", **{**STATEMENT, "body": "我们高度重视。"})
    token = desk.token("sign_statement")
    findings = desk.get(token).json()["context"]["findings"]

    [empty] = [one for one in findings if one["code"] == "empty_words"]
    assert empty == {
        "code": "empty_words",
        "level": "warn",
        "field": "body",
        "quote": "高度重视",
        "message": "“高度重视”旁边没有具体内容。写明谁在什么时候做了什么",
    }
    assert {one["code"] for one in findings} <= set(Check)
    address, page = opened(client, token)
    assert empty["message"] in findings_of(page.html)
    assert "由您判断" in findings_of(page.html)
    assert client.post(address, data=page.forms[0]).status_code == 303


def test_a_signer_of_a_clean_text_is_told_that_nothing_was_found(
    desk: Desk, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = tmp_path / "policy.yaml"
    off.write_text("quality:\n  checks:\n" + "".join(f"    {check}: off\n" for check in Check), "utf-8")
    monkeypatch.setenv("YINGDA_POLICY", str(off))
    settings.forget()
    _, page = opened(client, desk.up_to("sign_statement"))
    assert "没有查出问题" in findings_of(page.html)


def test_the_office_s_own_policy_lets_a_check_go(
    desk: Desk, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.up_to("draft_statement")
    laxer = tmp_path / "policy.yaml"
    laxer.write_text("quality: {checks: {mobile: warn}}\n", "utf-8")
    monkeypatch.setenv("YINGDA_POLICY", str(laxer))
    settings.forget()
    assert desk.post(token, action="submit", **{**STATEMENT, "body": WITH_PHONE}).status_code == 200
    found = desk.get(desk.token("sign_statement")).json()["context"]["findings"]
    assert [(one["level"], one["quote"]) for one in found if one["code"] == "mobile"] == [("warn", PHONE)]


def test_the_incident_page_shows_them_beside_the_newest_statement_only(desk: Desk, logged_in: TestClient) -> None:
    desk.up_to("draft_statement")
    address = f"/desk/incidents/{desk.number}"
    assert "自动检查" not in logged_in.get(address).text
    desk.answer("draft_statement", "submit", **{**STATEMENT, "body": "我们高度重视。"})
    desk.answer("sign_statement", "return", comment="写具体")
    desk.answer("draft_statement", "submit", **{**STATEMENT, "body": "我们压实责任。"})

    page = logged_in.get(address).text
    assert page.count("自动检查") == 1
    assert "“压实责任”是公文腔" in page
    assert "“高度重视”旁边" not in page
    record = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    assert "压实责任" in {one["quote"] for one in record["findings"]}


def test_what_is_quoted_shows_as_text(desk: Desk, client: TestClient) -> None:
    address, page = opened(client, desk.up_to("draft_statement"))
    client.post(f"{address}/draft", data=page.forms[0] | {"title": NASTY, "body": f"{NASTY}1{NASTY}7盏<b>灯</b>"})
    html = client.get(address).text
    assert "<script>alert" not in html
    assert "<b>灯" not in html
    assert "7盏" in findings_of(html)


def test_the_words_are_those_of_the_office_s_language(
    desk: Desk, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    settings.forget()
    address, page = opened(client, desk.up_to("draft_statement"))
    refused = client.post(address, data=page.forms[0] | {"title": "Lamps", "body": WITH_PHONE})
    assert refused.status_code == 422
    assert f"“{PHONE}” is a resident's mobile number" in findings_of(refused.text).replace("&#39;", "'")
    assert "Automatic examination" in refused.text
