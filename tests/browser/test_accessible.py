"""Every page in both languages, themes and sizes: nothing that axe finds wrong, nothing that needs a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from tests.browser.conftest import Site, layout, picture, violations
from tests.desk.conftest import REPORT, STATEMENT

from yingda import wiring
from yingda.domain.life import PublicationState, SendState
from yingda.services import sending
from yingda.store.models import OutboxMessage, Publication

HEADERS = {"Authorization": "Bearer checked-by-airflow"}
TABS = 60


def post(desk: Site, path: str, /, **fields: Any) -> Any:
    reply = desk.client.post(f"/desk/api/{path}", json=fields, headers=HEADERS)
    assert reply.status_code in {200, 201}, reply.text
    return reply.json()


class Walk:
    """Looks at pages one after the other, in one theme and language, on the phone and on the wide screen."""

    def __init__(self, site: Site, theme: str, locale: str) -> None:
        self.site, self.theme, self.locale = site, theme, locale
        self.windows = {size: site.window(size, theme=theme) for size in ("phone", "wide")}
        self.wrong: list[str] = []
        self.seen = 0

    def look(self, name: str, path: str, *, status: int = 200, pictures: tuple[str, ...] = ()) -> None:
        for size, page in self.windows.items():
            reply = page.goto(path)
            assert reply is not None
            assert reply.status == status, (name, reply.status)
            self.judge(name, size, page)
            plain = (self.locale, self.theme) == ("zh_CN", "light")
            if size in pictures and (plain or (name, size) == ("board", "wide")):
                picture(page, f"{name}-{size}-{self.locale}-{self.theme}")

    def judge(self, name: str, size: str, page: Page) -> None:
        for details in page.locator("details").all():
            details.evaluate("one => { one.open = true }")
        self.seen += 1
        self.wrong += [f"{name} on {size}: {one}" for one in violations(page)]
        self.wrong += [f"{name} on {size}: {one}" for one in layout(page)]
        if size == "phone":
            page.set_viewport_size({"width": 320, "height": 700})
            self.wrong += [f"{name} at 320: {one}" for one in layout(page)]
            page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible(site: Site, theme: str, locale: str) -> None:
    walk, desk = Walk(site, theme, locale), site.desk
    number = desk.number
    walk.look("board-of-one", "/desk/")
    walk.look("leads-empty", "/desk/leads")
    walk.look("no-feedback", f"/desk/feedback/{number}", status=404)
    walk.look("office", "/desk/office", pictures=("wide",))
    walk.look("language", "/desk/language")
    walk.look("registers-empty", "/desk/register")
    walk.look("not-found", "/desk/incidents/YQCZBG-1999-001", status=404)
    walk.look("forged-link", "/desk/r?token=forged", status=404)
    walk.look("bad-filter", "/desk/?severity=terrible", status=422)

    walk.look("report", site.link("report"), pictures=("phone",))
    desk.answer("report", "request_extension", reason="等供电所", until="2026-11-23T23:00")
    walk.look("extension", site.link("extension"))
    desk.answer("extension", "grant")
    desk.answer("report", "submit", **REPORT)
    link = site.link("approve_report")
    walk.look("approve-report", link)
    desk.answer("approve_report", "return", comment="时间写清楚")
    walk.look("receipt", link)
    desk.answer("report", "submit", **REPORT | {"cause": "线路老化，11月22日三盏路灯断电。"})
    walk.look("approve-report-again", site.link("approve_report"))
    desk.answer("approve_report", "approve")
    walk.look("draft", site.link("draft_statement"))
    statement = STATEMENT | {"commitments": [{"text": "全部更换", "due": "2026-12-01T18:00", "unit": "liuxi"}]}
    desk.answer("draft_statement", "submit", **statement)
    walk.look("signing", site.link("sign_statement"), pictures=("phone",))
    desk.answer("sign_statement", "approve")
    sending.publish_due(wiring.transaction, number, wiring.settings(), wiring.utcnow)
    post(site, f"incidents/{number}/observe", seen_at="2026-11-23T14:00", text="评论减少")
    post(site, f"incidents/{number}/enquiry", outlet="本地日报", question="何时修好？")
    walk.look("incident", f"/desk/incidents/{number}", pictures=("wide",))
    walk.look("bulletin", "/bulletin/index.html")
    walk.look("bulletin-incident", f"/bulletin/{number}/index.html")
    walk.look("bulletin-unit", "/bulletin/unit/liuxi/index.html")
    walk.look("bulletin-find", "/bulletin/find/index.html")
    walk.look("bulletin-character", f"/bulletin/find/{ord('路'):04x}.html")
    walk.look("bulletin-all", "/bulletin/all/index.html")

    walk.look("feedback", f"/desk/feedback/{number}", pictures=("phone",))
    post(site, "leads", title="南塘村水质浑浊", source_url="https://forum.example.org/t/7", severity="major")
    lead = site.client.get("/desk/api/leads").json()["leads"][0]["id"]
    walk.look("leads", "/desk/leads", pictures=("wide",))
    walk.look("lead", f"/desk/leads/{lead}")
    post(site, f"leads/{lead}/open", severity="critical", unit="nantang")
    post(site, "rounds", site="forum", note="两条新帖")
    walk.look("rounds", "/desk/rounds")
    walk.look("statistics", "/desk/statistics?by=unit&until=2026-12-10", pictures=("wide",))
    with wiring.transaction() as session:
        row = session.scalars(select(Publication)).one()
        row.state, row.problem, row.live_at = PublicationState.UNKNOWN, "The connection broke.", None
        for mail in session.scalars(select(OutboxMessage).limit(2)):
            mail.state, mail.problem = SendState.DEAD, "550 mailbox full"
    walk.look("board", "/desk/", pictures=("phone", "wide"))
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.seen >= 40


def test_everything_on_the_page_is_reached_with_the_keyboard_and_seen_to_be(site: Site) -> None:
    page = site.window("wide")
    page.goto(site.link("report"))
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true }")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("main :is(button, input:not([type=hidden]), select, textarea, summary)")]
        .map((one, place) => { one.dataset.place = place; return place; }).length"""
    )
    reached, seen = set(), set()
    for _ in range(TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => { const one = document.activeElement; const style = getComputedStyle(one);
            return {tag: one.tagName, key: one.dataset.place, main: !!one.closest("main"),
            seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2}; }"""
        )
        if here["tag"] == "BODY":
            break
        if here["main"] and here["tag"] in {"BUTTON", "INPUT", "SELECT", "TEXTAREA", "SUMMARY"}:
            reached.add(here["key"])
            if here["seen"]:
                seen.add(here["key"])
    assert reached == seen
    assert len(reached) == wanted
