"""Each viewer reads the desk in the language they chose; what is stored, mailed and published stays the office's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda.desk import viewer
from yingda.services.composing import compose
from yingda.settings import Settings
from yingda.store.models import Event, OutboxMessage

from .conftest import Desk

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def choose(client: TestClient, language: str, back: str = "/desk/", **headers: str) -> object:
    return client.post("/desk/language", data={"language": language, "back": back}, headers=headers)


def test_the_office_s_language_is_shown_until_another_is_chosen(logged_in: TestClient, open_incident):
    open_incident()

    before = logged_in.get("/desk/").text
    chosen = choose(logged_in, "en", "/desk/?stage=verification")
    after = logged_in.get("/desk/").text

    assert 'lang="zh-CN"' in before
    assert "事件一览" in before
    assert chosen.status_code == 303
    assert chosen.headers["location"] == "/desk/?stage=verification"
    assert '<html lang="en">' in after
    assert "Board" in after
    assert "事件一览" not in after


def test_one_can_go_back_to_chinese(logged_in: TestClient):
    choose(logged_in, "en")
    choose(logged_in, "zh_CN")

    assert '<html lang="zh-CN">' in logged_in.get("/desk/").text


def test_one_viewer_s_language_is_not_another_s(logged_in: TestClient, client: TestClient, desk: Desk):
    choose(logged_in, "en")

    token = desk.up_to("report")
    page = client.get(f"/desk/r?token={token}", follow_redirects=True).text

    assert '<html lang="zh-CN">' in page


@pytest.mark.parametrize(
    "back", ["https://evil.example.org/", "//evil.example.org/", "/desk//evil", "/desk/\\evil", "/desk/a\r\nX: y", "/"]
)
def test_the_way_back_leads_nowhere_but_to_the_desk(logged_in: TestClient, back: str):
    assert choose(logged_in, "en", back).headers["location"] == "/desk/"


@pytest.mark.parametrize("language", ["", "fr", "en; path=/", "zh"])
def test_a_language_that_is_not_there_is_refused(logged_in: TestClient, language: str):
    refused = choose(logged_in, language)

    assert refused.status_code == 422
    assert "set-cookie" not in refused.headers


def test_another_site_cannot_choose_for_a_viewer(logged_in: TestClient):
    refused = choose(logged_in, "en", **{"Sec-Fetch-Site": "cross-site"})

    assert refused.status_code == 422
    assert "set-cookie" not in refused.headers


def test_a_cookie_of_nonsense_counts_as_none(logged_in: TestClient):
    page = logged_in.get("/desk/", headers={"Cookie": f"{viewer.COOKIE}=xx; a=b"})

    assert '<html lang="zh-CN">' in page.text


def test_the_choice_leads_back_to_where_it_was_asked_for_but_never_with_a_link_s_token(client: TestClient):
    def offered(came_from: str) -> str:
        return client.get("/desk/language", headers={"Referer": came_from}).text

    assert 'name="back" value="/desk/leads?state=new"' in offered("http://testserver/desk/leads?state=new")
    assert 'name="back" value="/desk/"' in offered("http://elsewhere.example.org/desk/leads")
    assert "something-secret" not in offered("http://testserver/desk/r?token=something-secret")
    assert 'name="back" value="/desk/"' in offered("")


def test_errors_are_said_in_the_viewer_s_language(client: TestClient, desk: Desk):
    token = desk.up_to("report")

    chinese = client.post("/desk/api/r", headers={"X-Desk-Token": token}, json={"action": "submit"})
    client.cookies.set(viewer.COOKIE, "en")
    english = client.post("/desk/api/r", headers={"X-Desk-Token": token}, json={"action": "submit"})

    assert chinese.status_code == english.status_code == 422
    assert CHINESE.search(str(chinese.json()))
    assert not CHINESE.search(str(english.json()))


def test_whoever_acts_in_english_leaves_mails_and_records_of_a_chinese_office(
    logged_in: TestClient, client: TestClient, desk: Desk, session: Session, house: Settings, open_incident: Callable
):
    client.cookies.set(viewer.COOKIE, "en")
    client.cookies.set(viewer.COOKIE, "en")
    desk.up_to("sign_statement")
    desk.answer("sign_statement", "return", comment="…")
    logged_in.cookies.set(viewer.COOKIE, "en")
    other = open_incident(title="另一盏路灯", severity="major")
    merged = logged_in.post(f"/desk/api/incidents/{other}/merge", json={"into": desk.number, "reason": "…"})
    assert merged.status_code == 200, merged.text
    session.rollback()

    mails = [
        compose(session, message, house.for_the_record())
        for message in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    ]
    kept = [event.data["reason"] for event in session.scalars(select(Event)) if event.data.get("reason")]

    assert len(mails) > 5
    assert all(CHINESE.search(mail.subject) and "Dear" not in mail.text for mail in mails)
    assert any("并入" in reason for reason in kept)
    assert not any(re.search(r"[a-z] [a-z]", reason) for reason in kept), kept
