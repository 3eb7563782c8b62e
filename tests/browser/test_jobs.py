"""What officers, leaders and ops do, in a real browser: on a phone and a wide screen, with and without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from tests.browser.conftest import Site, layout, picture, violations
from tests.browser.test_accessible import post
from werkzeug import Request as Heard
from werkzeug import Response as Answered

from yingda import settings, wiring
from yingda.domain.life import SendState
from yingda.services import moving, publishing, sending
from yingda.services.case import take
from yingda.settings import Settings
from yingda.store.models import OutboxMessage

pytestmark = [
    pytest.mark.parametrize("size", ["phone", "wide"]),
    pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"]),
]

CAUSE = "线路老化，三盏路灯断电。"


def form(page: Page, button: str) -> Page:
    """The form whose button says so."""
    return page.locator("form").filter(has=page.get_by_role("button", name=button))  # type: ignore[return-value]


def fill_report(page: Page) -> None:
    mine = form(page, "报送")
    mine.get_by_label("具体处置措施").fill("已换线，明日全部恢复。")
    mine.get_by_label("应对口径").fill("柳溪村路灯因线路老化断电，已抢修。")
    mine.get_by_label("处置结果").fill("已恢复照明。")


def test_an_officer_reports_wrongly_first_then_rightly(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    link = site.link("report")
    page.goto(link)
    assert "token" not in page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("报送舆情处置情况报告单")
    fill_report(page)
    mine = form(page, "报送")
    mine.evaluate("one => { one.noValidate = true }")
    mine.get_by_role("button", name="报送").click()

    top = page.get_by_role("alert")
    expect(top).to_contain_text("没有收到")
    expect(form(page, "报送").get_by_label("应对口径")).to_have_value("柳溪村路灯因线路老化断电，已抢修。")
    top.get_by_role("link").first.click()
    cause = form(page, "报送").get_by_label("舆情产生原因")
    expect(cause).to_be_focused()
    expect(cause).to_have_attribute("aria-invalid", "true")
    assert layout(page) == []
    cause.fill(CAUSE)
    form(page, "报送").get_by_role("button", name="报送").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")
    expect(page.locator("main")).to_contain_text("14:03")
    expect(page.locator("main")).to_contain_text(CAUSE)
    if javascript:
        picture(page, f"receipt-{size}")
    # The link shows from now on what was received.
    page.goto(link)
    expect(page.locator("main")).to_contain_text(CAUSE)


def test_what_was_typed_is_there_again(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    link = site.link("report")
    page.goto(link)
    mine = form(page, "报送")
    cause = mine.get_by_label("舆情产生原因")
    if javascript:
        with page.expect_response(lambda reply: reply.url.endswith("/draft")):
            cause.press_sequentially("线路老化", delay=5)
        expect(mine.locator(".kept")).to_contain_text("已暂存")
    else:
        cause.fill("线路老化")
        mine.get_by_role("button", name="暂存").click()
    page.close()

    another = site.window(size, javascript=javascript)
    another.goto(link)
    expect(another.get_by_role("status").first).to_contain_text("尚未提交")
    expect(form(another, "报送").get_by_label("舆情产生原因")).to_have_value("线路老化")


def test_an_officer_brings_a_photo_takes_one_back_and_the_leader_opens_it(
    site: Site, size: str, javascript: bool, tmp_path: Path
):
    for name, color in (("现场.jpg", "gray"), ("误传.jpg", "red")):
        Image.new("RGB", (80, 60), color).save(tmp_path / name, "JPEG")
    page = site.window(size, javascript=javascript)
    page.goto(site.link("report"))
    fill_report(page)
    form(page, "报送").get_by_label("佐证照片和 PDF").set_input_files([tmp_path / "现场.jpg", tmp_path / "误传.jpg"])
    page.get_by_role("button", name="上传所选文件").click()
    expect(page.get_by_role("link", name="现场.jpg")).to_be_visible()
    expect(form(page, "报送").get_by_label("处置结果")).to_have_value("已恢复照明。")
    page.get_by_role("button", name="撤下 误传.jpg").click()
    expect(page.get_by_role("link", name="误传.jpg")).to_have_count(0)
    assert layout(page) == []
    if javascript:
        picture(page, f"evidence-{size}")
    form(page, "报送").get_by_label("舆情产生原因").fill(CAUSE)
    form(page, "报送").get_by_role("button", name="报送").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")

    page.goto(site.link("approve_report"))
    page.get_by_role("link", name="现场.jpg").click()
    assert page.evaluate("document.contentType") == "image/jpeg"


def test_a_leader_returns_a_report_and_signs_the_exact_text(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    site.desk.up_to("approve_report")
    page.goto(site.link("approve_report"))
    page.locator("summary", has_text="退回修改").click()
    back = form(page, "退回修改")
    back.get_by_label("修改意见").fill("请写清楚时间")
    back.get_by_label("其中“舆情产生原因（事实真相）”").fill("哪天断的电？")
    back.get_by_role("button", name="退回修改").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")
    page.goto(site.link("report"))
    expect(page.locator("main")).to_contain_text("请写清楚时间")
    cause = form(page, "报送").get_by_label("舆情产生原因")
    expect(cause).to_have_accessible_description(re.compile("哪天断的电？"))

    site.desk.up_to("sign_statement")
    page.goto(site.link("sign_statement"))
    sha256 = site.desk.request("sign_statement").revision_sha256
    assert sha256 is not None
    expect(page.get_by_role("article")).to_contain_text("路灯已恢复。")
    sign = page.get_by_role("button", name=re.compile(sha256[:12]))
    assert layout(page) == []
    sign.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")
    site.desk.session.rollback()
    told = site.client.get(f"/desk/api/incidents/{site.desk.number}").json()
    assert {one["sha256"] for one in told["signatures"] if one["role"] == "office_director"} == {sha256}


def test_a_link_that_is_not_wanted_any_more_says_why(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    link = site.link("report")
    site.desk.answer("report", "hand_back", reason="不归我们")
    site.desk.answer("assign_unit", "assign", unit="urban_management")
    page.goto(link)
    expect(page.locator("main")).to_contain_text("已收到")
    page.goto("/desk/r?token=made-up")
    expect(page.get_by_role("heading", level=1)).to_have_text("链接无效")


def test_the_duty_officer_finds_an_incident_and_regrades_it(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    page.goto("/desk/")
    page.get_by_label("编号或文字").fill("没有这样的")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("main")).to_contain_text("没有符合条件的事件")
    assert "q=" in page.url
    page.get_by_label("编号或文字").fill("路灯")
    page.get_by_label("排序").select_option("newest")
    page.get_by_role("button", name="筛选").click()
    page.get_by_role("link", name=site.desk.number).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("柳溪村路灯不亮")

    page.locator("summary", has_text="调整级别").click()
    mine = form(page, "调整级别")
    mine.evaluate("one => { one.noValidate = true }")
    mine.get_by_label("级别").select_option("critical")
    mine.get_by_role("button", name="调整级别").click()
    expect(page.get_by_role("alert")).to_contain_text("没有办理")
    again = form(page, "调整级别")
    expect(again.get_by_label("级别")).to_have_value("critical")
    again.get_by_label("理由").fill("群众大量反映")
    again.get_by_role("button", name="调整级别").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("ol.timeline").last).to_contain_text("群众大量反映")


def test_a_mail_that_was_given_up_is_settled_on_the_board(site: Site, size: str, javascript: bool):
    with wiring.transaction() as session:
        row = session.scalars(select(OutboxMessage).limit(1)).one()
        row.state, row.problem, row.attempts = SendState.DEAD, "550 mailbox full", 8
    page = site.window(size, javascript=javascript)
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="需要人工处理")).to_be_visible()
    page.get_by_role("button", name="不再发送").click()
    expect(page.get_by_role("heading", name="需要人工处理")).to_have_count(0)


def test_a_lead_is_recorded_and_opened(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    page.goto("/desk/leads")
    opener = page.locator("summary").first
    if opener.count() and not page.get_by_label("标题").is_visible():
        opener.click()
    page.get_by_label("标题").fill("南塘村水质浑浊")
    page.locator("form").filter(has=page.get_by_label("标题")).get_by_role("button").last.click()
    expect(page.locator("main")).to_contain_text("南塘村水质浑浊")


def test_a_watched_site_is_ticked_off(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    page.goto("/desk/rounds")
    page.get_by_role("button").first.click()
    expect(page.locator("main")).to_contain_text("duty")


def test_the_board_refreshes_itself_where_there_is_javascript(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    if javascript:
        page.clock.install()
    page.goto("/desk/")
    late = page.locator(".clock.late")
    expect(late).to_have_count(0)
    site.clock.now += timedelta(hours=30)
    if not javascript:
        page.reload()
    else:
        page.clock.run_for(21_000)
    expect(late.first).to_be_visible()


def publish(site: Site) -> None:
    """Sign what is drafted and publish it; the page counts as seen."""
    site.desk.up_to("sign_statement")
    site.desk.answer("sign_statement", "approve")
    sending.publish_due(wiring.transaction, site.desk.number, wiring.settings(), wiring.utcnow)
    with wiring.transaction() as session:
        case = take(session, site.desk.number, wiring.settings(), wiring.utcnow())
        moving.advance(case)
        for publication_id, _, _ in publishing.to_look_at(case):
            publishing.seen_live(case, publication_id)
        moving.advance(case)


def test_a_reader_says_that_it_is_not_settled_and_the_duty_officer_takes_it_up_again(
    site: Site, size: str, javascript: bool
):
    publish(site)
    site.desk.answer("close", "close", result="已办")
    reader = site.window(size, javascript=javascript)
    reader.goto(f"/bulletin/{site.desk.number}/index.html")
    reader.get_by_role("link", name="这件事解决了吗").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("这件事解决了吗？")
    reader.get_by_label("没有解决", exact=True).check()
    reader.get_by_label("解决后又出现了").check()
    reader.get_by_label("补充说明").fill("昨晚又不亮了")
    assert layout(reader) == []
    reader.get_by_role("button", name="提交反馈").click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("已收到")
    reader.get_by_role("link", name="回到情况说明").click()
    expect(reader.get_by_role("article").first).to_contain_text("路灯已恢复")

    page = site.window(size, javascript=javascript)
    page.goto(site.link("feedback"))
    expect(page.locator("main")).to_contain_text("昨晚又不亮了")
    again = form(page, "重新办理")
    again.get_by_label("从哪一步起").select_option("verification")
    again.get_by_label("理由").fill("现场确有三盏不亮")
    again.get_by_role("button", name="重新办理").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")
    assert site.desk.request("report").round == 2


def test_an_op_gives_an_incident_to_another_unit_merges_it_and_parts_it_again(site: Site, size: str, javascript: bool):
    post(site, "leads", title="南塘村水质浑浊", severity="major")
    lead = site.client.get("/desk/api/leads").json()["leads"][0]["id"]
    other = post(site, f"leads/{lead}/open", unit="nantang")["incident_no"]
    page = site.window(size, javascript=javascript)
    page.goto(f"/desk/incidents/{site.desk.number}")
    page.locator("summary", has_text="改派责任单位").click()
    given = form(page, "改派责任单位")
    given.get_by_label("责任单位").select_option("sanitation")
    given.get_by_label("理由").fill("属环卫职责")
    given.get_by_role("button", name="改派责任单位").click()
    expect(page.locator("dl.facts").first).to_contain_text("环境卫生")

    page.locator("summary", has_text="并入其他事件").click()
    merge = form(page, "并入其他事件")
    merge.get_by_label("并入的事件编号").fill(other)
    merge.get_by_role("button", name="并入其他事件").click()
    expect(page.locator("main")).to_contain_text("本事件已并入")
    page.locator("summary", has_text="撤销并入").click()
    form(page, "撤销并入").get_by_role("button", name="撤销并入").click()
    expect(page.locator("main")).not_to_contain_text("本事件已并入")
    assert layout(page) == []


def test_a_closed_incident_is_reopened_on_its_page(site: Site, size: str, javascript: bool):
    publish(site)
    site.desk.answer("close", "close", result="已办")
    page = site.window(size, javascript=javascript)
    page.goto(f"/desk/incidents/{site.desk.number}")
    page.locator("summary", has_text="重新办理").click()
    again = form(page, "重新办理")
    again.get_by_label("从哪一步起").select_option("statement")
    again.get_by_label("理由").fill("上级要求补充")
    again.get_by_role("button", name="重新办理").click()
    expect(page.locator("ol.steps [aria-current=step]")).to_have_text("起草说明")


def test_statistics_are_told_apart_and_taken_away_as_a_file(site: Site, size: str, javascript: bool):
    page = site.window(size, javascript=javascript)
    page.goto("/desk/statistics")
    page.get_by_label("分组").select_option("unit")
    page.get_by_label("至（含当日）").fill("2026-12-10")
    page.get_by_role("button", name="统计").click()
    expect(page.locator("main")).to_contain_text("柳溪村")
    assert "by=unit" in page.url
    charts = page.locator("div.chart canvas")
    expect(charts).to_have_count(3 if javascript else 0)
    assert layout(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert "柳溪村" in taken.value.path().read_text("utf-8-sig")


def test_a_leader_signs_with_the_code_from_the_phone(
    site: Site,
    size: str,
    javascript: bool,
    open_incident: Callable[..., str],
    httpserver: HTTPServer,
    tmp_path: Path,
    house: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    texts: list[str] = []

    def take(request: Heard) -> Answered:
        texts.append(json.loads(request.get_data())["text"])
        return Answered("")

    httpserver.expect_request("/send").respond_with_handler(take)
    connection = {"conn_type": "http", "host": httpserver.url_for("/send"), "password": "a key"}
    monkeypatch.setenv("AIRFLOW_CONN_SMS_DEFAULT", json.dumps(connection))
    roster = house.roster.model_dump(mode="json", exclude_none=True)
    for officer in roster["officers"]:
        if officer["id"] == "shen_ruolan":
            officer["second_channel"] = {"sms": "13800000000"}
    channels = house.channels.model_dump(mode="json") | {"hosts": [{"name": "localhost", "private": True}]}
    for name, said in (("roster", roster), ("channels", channels)):
        (tmp_path / f"{name}.yaml").write_text(json.dumps(said), "utf-8")
        monkeypatch.setenv(f"YINGDA_{name.upper()}", str(tmp_path / f"{name}.yaml"))
    settings.forget()
    site.desk.number = open_incident(severity="major")
    site.desk.answer("brief_reply", "submit", reply="正在核查")
    site.desk.up_to("sign_statement")

    page = site.window(size, javascript=javascript)
    page.goto(site.link("sign_statement"))
    page.get_by_label("意见").first.fill("请值班员留意评论")
    page.get_by_role("button", name="发送验证码").click()
    code = page.get_by_role("textbox", name="验证码")
    expect(page.locator("#code").get_by_role("status")).to_contain_text("138****0000，14:13 前有效")
    expect(page.get_by_label("意见").first).to_have_value("请值班员留意评论")
    assert layout(page) == []
    if javascript:
        assert violations(page) == []
    code.fill("000000" if "000000" not in texts[-1] else "000001")
    code.press("Enter")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    code.fill(re.findall(r"\b[0-9]{6}\b", texts[-1])[0])
    code.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到")
    assert len(texts) == 1
