"""Speaking outside over the desk: the acts of those logged in, and the personal pages that follow from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import wiring
from yingda.domain.life import RequestState, Stage
from yingda.services import linking, moving, sending
from yingda.services.case import take
from yingda.settings import Settings

from .conftest import REPORT, STATEMENT, Clock, Desk
from .test_link_pages import Page, opened

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
CLAIM = "三盏路灯已坏一年"
LETTER = {
    "kind": "correction_request",
    "recipient": "某某日报",
    "claim": CLAIM,
    "refutation": "11月20日断电，次日已换线。",
    "evidence": ["11月21日维修单"],
    "ground": "false_fact",
}
ENQUIRY = {"outlet": "某某日报", "question": "路灯坏了多久？", "due": "2026-11-23T18:00"}
REPLY = {
    "account": "wechat",
    "url": "https://www.example.org/c/1",
    "text": "路灯已修复。",
    "when": "2026-11-23T14:03",
}


@pytest.fixture
def critical(client: TestClient, session: Session, house: Settings, open_incident: Callable[..., str]) -> Desk:
    return Desk(client, session, house, open_incident(severity="critical"))


def act(logged_in: TestClient, desk: Desk, name: str, **given: Any) -> Any:
    return logged_in.post(f"/desk/api/incidents/{desk.number}/{name}", json=given, headers=HEADERS)


def seen(logged_in: TestClient, desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = logged_in.get(f"/desk/api/incidents/{desk.number}").json()
    return found


def refuted(desk: Desk) -> None:
    desk.answer("report", "submit", **REPORT, refuted=[CLAIM])
    desk.answer("approve_report", "approve")


def published(desk: Desk) -> None:
    """Bring the incident to the public: signed, taken by the bulletin, not looked at yet."""
    desk.answer("draft_statement", "submit", **STATEMENT)
    desk.answer("sign_statement", "approve")
    sending.publish_due(wiring.transaction, desk.number, desk.house, wiring.utcnow)


def labels(page: Page) -> None:
    """Every field has a label of its own, and nothing needs a script."""
    assert set(page.fields) <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert "script" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]


def test_a_letter_goes_from_the_claim_to_the_record_that_it_was_sent(
    logged_in: TestClient, desk: Desk, client: TestClient, clock: Clock
) -> None:
    refuted(desk)
    assert act(logged_in, desk, "letter", **LETTER).status_code == 200
    shown = desk.get(desk.token("decide_letter")).json()
    assert shown["actions"] == ["approve", "refuse"]
    assert shown["officer"]["id"] == "shen_ruolan"
    facts = {one["label"]: one["text"] for one in shown["context"]["particulars"]}
    assert (facts["发给"], facts["经核查报告证明不属实的说法"]) == ("某某日报", CLAIM)

    address, page = opened(client, desk.token("decide_letter"))
    labels(page)
    assert CLAIM in page.words
    assert "报道所述事实经核实不属实" in page.words
    assert client.post(address, data=page.forms[0] | {"comment": "同意发函"}).status_code == 303
    receipt = Page(client.get(address).text).words
    assert "同意发函" in receipt
    file = desk.house.home / "letters" / f"{desk.number}-1.txt"
    assert file.is_file(), "written right after the commit"
    assert file.stat().st_mode & 0o777 == 0o600

    address, page = opened(client, desk.token("send_letter"))
    labels(page)
    assert "更正请求函" in page.words
    assert f"{desk.number}-1" in page.words
    clock.now += timedelta(hours=1)
    sent = client.post(address, data=page.forms[0] | {"when": "2026-11-23T14:40", "how": "传真"})
    assert sent.status_code == 303
    told = Page(client.get(address).text).words
    assert "2026-11-23 14:40" in told
    assert "传真" in told
    [letter] = seen(logged_in, desk)["letters"]
    assert (letter["state"], letter["sent_at"], letter["sent_how"]) == ("sent", "2026-11-23T06:40:00Z", "传真")
    again = client.post(address, data=page.forms[0] | {"when": "2026-11-23T14:40", "how": "传真"})
    assert again.status_code == 303
    assert client.post(address, data=page.forms[0] | {"when": "2026-11-23T14:41", "how": "邮寄"}).status_code == 409


def test_a_letter_that_cannot_be_is_refused_and_leaves_no_trace(logged_in: TestClient, desk: Desk) -> None:
    reply = act(logged_in, desk, "letter", **LETTER)
    assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
    refuted(desk)
    before = seen(logged_in, desk)
    for changed, field in [
        ({"claim": "村里办事不力"}, "claim"),
        ({"ground": "fabricated_disaster"}, "ground"),
        ({"ground": "unfavourable"}, "ground"),
        ({"evidence": []}, "evidence"),
        ({"kind": "complaint"}, "kind"),
        ({"recipient": ""}, "recipient"),
        ({"tone": "unfriendly"}, "tone"),
    ]:
        reply = act(logged_in, desk, "letter", **(LETTER | changed))
        assert reply.status_code == 422, changed
        assert list(reply.json()) == [field]
    assert seen(logged_in, desk)["timeline"] == before["timeline"]
    assert act(logged_in, desk, "letter", **LETTER).status_code == 200
    assert act(logged_in, desk, "letter", **LETTER).status_code == 409


def test_the_page_offers_a_letter_only_where_a_claim_was_refuted(logged_in: TestClient, desk: Desk) -> None:
    address = f"/desk/incidents/{desk.number}"
    assert "提请更正请求或移送" not in logged_in.get(address).text
    refuted(desk)
    html = logged_in.get(address).text
    assert "提请更正请求或移送" in html
    page = Page(html)
    labels(page)
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', html)[1]
    form = next(form for form in page.forms if "ground" in form)
    assert form["claim"] == CLAIM
    filled = form | {**LETTER, "evidence": "11月21日维修单\r\n现场照片", "csrf": token}
    wrong = logged_in.post(f"{address}/letter", data=filled | {"ground": "forged_document"})
    assert wrong.status_code == 422
    assert "不能作为更正请求的事由" in wrong.text
    assert logged_in.post(f"{address}/letter", data=filled).status_code == 303
    again = logged_in.post(f"{address}/letter", data=filled)
    assert again.status_code == 409
    assert "正待审定" in again.text


def test_the_director_cannot_approve_what_the_report_no_longer_refutes(
    logged_in: TestClient, desk: Desk, client: TestClient
) -> None:
    refuted(desk)
    act(logged_in, desk, "letter", **LETTER)
    published(desk)
    case = take(desk.session, desk.number, desk.house, desk.request("decide_letter").opened_at)
    case.move(Stage.VERIFICATION)
    moving.advance(case)
    desk.session.commit()
    desk.answer("report", "submit", **REPORT)
    desk.answer("approve_report", "approve")
    reply = desk.post(desk.token("decide_letter"), action="approve")
    assert (reply.status_code, list(reply.json())) == (422, ["action"])
    address, page = opened(client, desk.token("decide_letter"))
    refused = client.post(address, data=page.forms[0])
    assert refused.status_code == 422
    assert "没有把这一说法列为不属实" in Page(refused.text).words
    desk.answer("decide_letter", "refuse", comment="新报告不再认定")


def test_an_enquiry_is_recorded_answered_and_told(
    logged_in: TestClient, desk: Desk, client: TestClient, clock: Clock
) -> None:
    assert act(logged_in, desk, "enquiry", **ENQUIRY).status_code == 200
    [one] = seen(logged_in, desk)["enquiries"]
    assert (one["outlet"], one["due_at"], one["answered_at"]) == ("某某日报", "2026-11-23T10:00:00Z", None)
    for officer, role in (("jiang_wenbo", "media_liaison"), ("luo_chunsheng", "section_head")):
        shown = desk.get(desk.token("enquiry", officer)).json()
        assert (shown["officer"]["role"], shown["due_at"]) == (role, "2026-11-23T10:00:00Z")
    refuted(desk)
    published(desk)
    address, page = opened(client, desk.token("enquiry", "jiang_wenbo"))
    labels(page)
    assert "11月23日 18:00" in page.words
    assert STATEMENT["title"] in page.words
    form = page.forms[0] | {"answer": "以公开说明为准", "who": "江文博", "when": "2026-11-23T14:04"}
    early = client.post(address, data=form)
    assert early.status_code == 422
    assert "不能晚于现在" in early.text
    clock.now += timedelta(minutes=1)
    assert client.post(address, data=form).status_code == 303
    told = Page(client.get(address).text).words
    for words in ("以公开说明为准", "江文博", "2026-11-23 14:04"):
        assert words in told
    [one] = seen(logged_in, desk)["enquiries"]
    assert one["answered_at"] == "2026-11-23T06:04:00Z"
    late = linking.token(desk.house, desk.request("enquiry", RequestState.ANSWERED), "luo_chunsheng")
    other = client.get("/desk/r", params={"token": late})
    assert "已由他人答复" in client.get(other.headers["location"]).text


def test_a_wrong_enquiry_is_refused_by_field(logged_in: TestClient, desk: Desk) -> None:
    for changed, field in [
        ({"outlet": ""}, "outlet"),
        ({"question": "x" * 4_001}, "question"),
        ({"asked_at": "2026-11-23T15:00"}, "asked_at"),
        ({"due": "2026-11-23T01:00"}, "due"),
        ({"reporter": "王记者"}, "reporter"),
    ]:
        reply = act(logged_in, desk, "enquiry", **(ENQUIRY | changed))
        assert reply.status_code == 422, changed
        assert list(reply.json()) == [field]
    assert seen(logged_in, desk)["enquiries"] == []
    assert act(logged_in, desk, "enquiry", **ENQUIRY).status_code == 200
    assert list(act(logged_in, desk, "enquiry", **ENQUIRY).json()) == ["question"]


def test_a_key_makes_an_enquiry_that_is_sent_twice_one(logged_in: TestClient, desk: Desk) -> None:
    address, key = f"/desk/api/incidents/{desk.number}/enquiry", {**HEADERS, "Idempotency-Key": "enquiry-1"}
    replies = [logged_in.post(address, json=ENQUIRY, headers=key) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert len(seen(logged_in, desk)["enquiries"]) == 1


def test_the_form_of_an_enquiry_takes_an_empty_moment_for_now(logged_in: TestClient, desk: Desk) -> None:
    address = f"/desk/incidents/{desk.number}"
    html = logged_in.get(address).text
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', html)[1]
    form = next(form for form in Page(html).forms if "outlet" in form)
    filled = form | {"outlet": "某某电视台", "question": "何时修好？", "csrf": token}
    assert (form["asked_at"], form["due"]) == ("", "")
    assert logged_in.post(f"{address}/enquiry", data=filled).status_code == 303
    [one] = seen(logged_in, desk)["enquiries"]
    assert (one["asked_at"], one["due_at"]) == ("2026-11-23T06:03:00Z", None)


def test_a_reply_under_an_official_account_is_recorded_once_something_is_public(
    logged_in: TestClient, desk: Desk
) -> None:
    reply = act(logged_in, desk, "official_reply", **REPLY)
    assert (reply.status_code, reply.json()["error"]) == (409, "not_now")
    refuted(desk)
    published(desk)
    for changed, field in [
        ({"account": "my_own"}, "account"),
        ({"url": "ftp://example.org/1"}, "url"),
        ({"url": "https://"}, "url"),
        ({"text": ""}, "text"),
        ({"when": "2026-11-24T00:00"}, "when"),
        ({"when": "2026-11-20T00:00"}, "when"),
        ({"author": "某人"}, "author"),
    ]:
        reply = act(logged_in, desk, "official_reply", **(REPLY | changed))
        assert reply.status_code == 422, changed
        assert list(reply.json()) == [field]
    assert act(logged_in, desk, "official_reply", **REPLY).status_code == 200
    assert list(act(logged_in, desk, "official_reply", **REPLY).json()) == ["url"]
    [one] = seen(logged_in, desk)["official_replies"]
    assert (one["account"], one["url"]) == ("街道微信公众号", REPLY["url"])
    html = logged_in.get(f"/desk/incidents/{desk.number}").text
    assert "登记官方账号答复" in html
    labels(Page(html))


def test_the_group_leader_decides_on_the_plan_without_a_script(
    logged_in: TestClient, critical: Desk, client: TestClient
) -> None:
    token = critical.token("emergency_plan")
    shown = critical.get(token).json()
    assert shown["actions"] == ["start", "not_now"]
    assert "interviewee" in shown["form"]["oneOf"][0]["properties"]
    address, page = opened(client, token)
    labels(page)
    assert page.html.count('<option value="pan_lihong">潘丽红</option>') == 2
    assert [form["interviewee"] for form in page.forms] == ["", ""], "nobody is chosen for the leader"
    wrong = client.post(address, data=page.forms[0] | {"interviewee": "pan_lihong"})
    assert wrong.status_code == 422
    assert '<option value="pan_lihong" selected>' in wrong.text, "what was chosen is kept"
    unknown = client.post(address, data=page.forms[0] | {"reason": "险情", "interviewee": "nobody"})
    assert unknown.status_code == 422
    assert "没有这个人" in unknown.text
    form = page.forms[0] | {"reason": "人员受伤", "interviewee": "pan_lihong"}
    assert client.post(address, data=form).status_code == 303
    told = Page(client.get(address).text).words
    assert "人员受伤" in told
    assert "潘丽红" in told
    assert "pan_lihong" not in told
    on_record = seen(logged_in, critical)
    assert (on_record["emergency_plan_at"], on_record["interviewee"]["id"]) == ("2026-11-23T06:03:00Z", "pan_lihong")


def test_the_new_events_have_words_on_the_incidents_page(logged_in: TestClient, critical: Desk) -> None:
    critical.answer("brief_reply", "submit", reply="正在查看")
    refuted(critical)
    critical.answer("emergency_plan", "not_now", reason="先核查", interviewee="pan_lihong")
    act(logged_in, critical, "enquiry", **ENQUIRY)
    act(logged_in, critical, "letter", **LETTER)
    critical.answer("decide_letter", "approve")
    critical.answer("send_letter", "not_sent", comment="对方已更正")
    html = logged_in.get(f"/desk/incidents/{critical.number}").text
    for kind in {event["kind"] for event in seen(logged_in, critical)["timeline"]}:
        assert f"<strong>{kind}</strong>" not in html
    words = Page(html).words
    for said in ("暂不启动应急预案", "登记媒体询问", "同意发函，函件已生成", "函件未送出", "对方已更正"):
        assert said in words


def test_a_forged_link_learns_nothing_of_the_new_kinds(desk: Desk, critical: Desk) -> None:
    token = critical.token("emergency_plan")
    assert critical.post(token[:-2] + "xx", action="start", reason="x").status_code == 404
    stranger = linking.token(critical.house, critical.request("emergency_plan"), "wei_guilan")
    assert critical.post(stranger, action="start", reason="x").status_code == 404
