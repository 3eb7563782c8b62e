from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from yingda import settings
from yingda.desk import access
from yingda.store.models import Event, SiteRound

from .conftest import Clock

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def tick(client: TestClient, site: str = "forum", key: str | None = None, **fields: Any) -> httpx.Response:
    headers = HEADERS | ({"Idempotency-Key": key} if key else {})
    return client.post("/desk/api/rounds", json={"site": site, **fields}, headers=headers)


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_site_is_ticked_off_once_a_day_and_everybody_after_is_told_who_was_first(
    logged_in: TestClient, clock: Clock, session: Session
):
    first = tick(logged_in, note="两条新帖")
    clock.now += timedelta(minutes=30)
    second = tick(logged_in, note="什么也没有")

    assert (first.status_code, second.status_code) == (201, 200)
    said = {
        "day": "2026-11-23",
        "site": "forum",
        "name": "市民论坛本地版",
        "checked_by": {"id": "account:duty", "name": "duty"},
        "checked_at": "2026-11-23T06:03:00Z",
        "note": "两条新帖",
    }
    assert first.json() == {**said, "first": True}
    assert second.json() == {**said, "first": False}
    listed = logged_in.get("/desk/api/rounds").json()
    assert (listed["day"], listed["today"], listed["owed"], listed["missing"]) == (
        "2026-11-23",
        True,
        True,
        ["message_board"],
    )
    assert (count(session, SiteRound), count(session, Event)) == (1, 1)


def test_the_same_tick_under_one_key_says_the_same(logged_in: TestClient):
    first, again = tick(logged_in, key="k"), tick(logged_in, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content


def test_of_many_ticks_at_once_one_is_first(logged_in: TestClient, session: Session):
    replies: list[int] = []
    start = threading.Barrier(4)

    def go() -> None:
        start.wait()
        replies.append(tick(logged_in).status_code)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(replies) == [200, 200, 200, 201]
    assert count(session, Event) == 1


def test_wrong_ticks_are_refused_by_field_and_leave_nothing(logged_in: TestClient, session: Session):
    for body, field in [
        ({"site": "nowhere"}, "site"),
        ({"site": ""}, "site"),
        ({}, "site"),
        ({"site": ["forum"]}, "site"),
        ({"site": "forum", "note": "长" * 501}, "note"),
        ({"site": "forum", "day": "2026-11-22"}, "day"),
        ({"site": "forum", "who": "x"}, "who"),
    ]:
        reply = logged_in.post("/desk/api/rounds", json=body, headers=HEADERS)
        assert (reply.status_code, list(reply.json())) == (422, [field]), reply.text
    assert "forum, message_board" in tick(logged_in, "nowhere").json()["site"]
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert logged_in.post("/desk/api/rounds", json={"site": "forum"}, headers=foreign).status_code == 403
    assert logged_in.post("/desk/rounds", data={"site": "forum"}).status_code == 403
    assert count(session, SiteRound) == 0


def test_the_page_ticks_off_and_leads_on_to_a_report(logged_in: TestClient):
    page = logged_in.get("/desk/rounds").text
    assert "还有 2 处没有巡查记录" in page
    sent = {"csrf": token(page), "site": "forum", "note": "两条新帖", "day": "2026-11-23"}
    assert logged_in.post("/desk/rounds", data=sent).headers["location"] == "/desk/rounds"

    page = logged_in.get("/desk/rounds").text
    assert "还有 1 处没有巡查记录" in page
    assert "duty · 2026-11-23 14:03" in page
    [link, *_] = re.findall(r'href="(/desk/leads\?[^"#]+)', page)
    assert 'name="platform" value="市民论坛本地版"' in logged_in.get(link).text
    logged_in.post("/desk/rounds", data={**sent, "site": "message_board", "note": ""})
    assert "都已巡查" in logged_in.get("/desk/rounds").text


def test_whoever_is_second_on_the_page_loses_no_word(logged_in: TestClient, session: Session):
    csrf = token(logged_in.get("/desk/rounds").text)
    tick(logged_in, note="第一")
    late = logged_in.post("/desk/rounds", data={"csrf": csrf, "site": "forum", "note": "我看到 <b> 三条"})
    assert late.status_code == 200
    assert "duty 已于 11月23日 14:03 登记" in late.text
    assert "我看到 &lt;b&gt; 三条" in late.text
    refused = logged_in.post("/desk/rounds", data={"csrf": "0", "site": "message_board", "note": "打好的字"})
    assert refused.status_code == 403
    assert 'value="打好的字"' in refused.text
    assert count(session, SiteRound) == 1


def test_a_page_left_open_over_midnight_ticks_off_no_other_day(logged_in: TestClient, clock: Clock, session: Session):
    clock.now = datetime(2026, 11, 23, 23, 59, tzinfo=SHANGHAI)
    page = logged_in.get("/desk/rounds").text
    clock.now += timedelta(minutes=2)
    sent = {"csrf": token(page), "site": "forum", "note": "昨晚看的", "day": "2026-11-23"}
    refused = logged_in.post("/desk/rounds", data=sent)
    assert refused.status_code == 422
    assert "2026-11-24" in refused.text
    assert "昨晚看的" in refused.text
    assert count(session, SiteRound) == 0


def test_earlier_days_are_read_and_not_changed(logged_in: TestClient, clock: Clock):
    tick(logged_in, note="周一的话")
    clock.now += timedelta(days=1)
    page = logged_in.get("/desk/rounds?day=2026-11-23").text
    assert "周一的话" in page
    assert "没有记录" in page
    assert 'method="post"' not in page
    assert 'href="/desk/rounds?day=2026-11-22"' in page
    assert 'href="/desk/rounds?day=2026-11-24"' in page
    assert logged_in.get("/desk/api/rounds?day=2026-11-23").json()["missing"] == ["message_board"]
    for day in ("2026-11-25", "1999-12-31", "20261123", "2026-W48-1", "gestern", "2026-02-30", "%00"):
        reply = logged_in.get(f"/desk/api/rounds?day={day}")
        assert (reply.status_code, list(reply.json())) == (422, ["day"])
        assert logged_in.get(f"/desk/rounds?day={day}").status_code == 422
    assert logged_in.get("/desk/rounds?day=2000-01-01").status_code == 200


def test_days_off_and_unknown_years_say_so_and_take_ticks(logged_in: TestClient, clock: Clock):
    for day, words in (
        (datetime(2026, 11, 22, 9, tzinfo=SHANGHAI), "不是工作日"),
        (datetime(2035, 5, 1, 9, tzinfo=SHANGHAI), "不能判断"),
    ):
        clock.now = day
        assert words in logged_in.get("/desk/rounds").text
        assert tick(logged_in).status_code == 201


def test_a_site_that_left_the_list_keeps_what_was_said_of_it(
    logged_in: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    tick(logged_in, note="旧话")
    own = tmp_path / "policy.yaml"
    own.write_text('watched_sites:\n  - {id: fresh, name: 新站, name_en: Fresh, url: "https://fresh.example.org/"}\n')
    monkeypatch.setenv("YINGDA_POLICY", str(own))
    settings.forget()
    page = logged_in.get("/desk/rounds").text
    assert "旧话" in page
    assert "已不在清单上" in page
    assert "新站" in page
    assert list(tick(logged_in).json()) == ["site"]


def test_an_empty_list_says_where_it_is_kept(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    own = tmp_path / "policy.yaml"
    own.write_text("watched_sites: []\n")
    monkeypatch.setenv("YINGDA_POLICY", str(own))
    settings.forget()
    assert "watched_sites" in logged_in.get("/desk/rounds").text


def test_who_may_only_look_gets_no_form(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "can_act", lambda user: False)
    page = logged_in.get("/desk/rounds").text
    assert "市民论坛本地版" in page
    assert 'method="post"' not in page
    assert "#report" not in page


def test_the_page_speaks_english_where_the_office_does(logged_in: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    settings.forget()
    tick(logged_in)
    body = logged_in.get("/desk/rounds").text
    assert not re.search(r"[\u4e00-\u9fff]", body[body.index("<main") : body.index("</main>")])
