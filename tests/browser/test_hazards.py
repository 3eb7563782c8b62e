"""Hazards in a real browser: every page under axe, and a table imported on the phone and without JavaScript."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Site
from tests.browser.test_accessible import HEADERS, Walk, post

from yingda.domain.hazard_table import COLUMNS

LINES = [
    ["柳溪村", "码头雨后积水", "安排排水", "正在处理，请绕行", "12月1日"],
    ["南塘村", "水库围栏松动", "加固", "", "长期"],
]
WRONG = ["火星科", "x" * 300, "", "", "下周五"]


def table(*lines: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for line in (list(COLUMNS.values()), *lines):
        book.active.append(line)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def uploaded(site: Site, content: bytes) -> str:
    """Upload a table as the page would; return the address of its preview."""
    page = site.client.get("/desk/hazards/import").text
    token = page.partition('name="csrf" value="')[2][:64]
    reply = site.client.post(
        "/desk/hazards/import", files={"file": ("隐患.xlsx", content)}, data={"csrf": token}, headers=HEADERS
    )
    assert reply.status_code == 303
    return str(reply.headers["location"])


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_hazards_is_accessible(site: Site, theme: str, locale: str) -> None:
    walk = Walk(site, theme, locale)
    walk.look("hazards-empty", "/desk/hazards")
    walk.look("hazard-new", "/desk/hazards/new")
    walk.look("hazard-import", "/desk/hazards/import")
    walk.look("no-hazard", "/desk/hazards/99", status=404)
    walk.look("no-import", "/desk/hazards/import/none", status=404)
    walk.look("bad-hazard-filter", "/desk/hazards?risk=terrible", status=422)
    late = post(
        site, "hazards", unit="liuxi", content="路灯不亮" * 40, due="2026-11-01", risk="high", topic="livelihood"
    )
    walk.look("hazard", f"/desk/hazards/{late['id']}")
    for fields in (
        {"due": "2026-11-20", "reason": "等材料", "state": "handling"},
        {"state": "escalated", "reason": "网上已有反映"},
    ):
        reply = site.client.patch(f"/desk/api/hazards/{late['id']}", json=fields, headers=HEADERS)
        assert reply.status_code == 200, reply.text
    walk.look("hazard-escalated", f"/desk/hazards/{late['id']}")
    walk.look("incident-of-a-hazard", f"/desk/incidents/{reply.json()['incident_no']}")
    walk.look("hazard-preview-refused", uploaded(site, table(*LINES, WRONG)))
    preview = uploaded(site, table(*LINES))
    walk.look("hazard-preview", preview)
    token = site.client.get(preview).text.partition('name="csrf" value="')[2][:64]
    assert site.client.post(preview, data={"csrf": token}, headers=HEADERS).status_code == 303
    walk.look("hazard-imported", preview)
    walk.look("hazards", "/desk/hazards?state=all", pictures=("wide",))
    walk.look("statistics-of-hazards", "/desk/statistics")
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.seen == 28


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("size", ["phone", "wide"])
def test_a_table_is_imported_after_its_wrong_row_was_put_right(
    site: Site, size: str, javascript: bool, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "wrong.xlsx", tmp_path / "right.xlsx"
    wrong.write_bytes(table(*LINES, WRONG))
    right.write_bytes(table(*LINES))
    page = site.window(size, javascript=javascript)
    page.goto("/desk/")
    page.get_by_role("link", name="隐患", exact=True).click()
    page.get_by_role("link", name="导入表格").click()
    page.get_by_label("文件").set_input_files(wrong)
    page.get_by_role("button", name="读入并预览").click()
    expect(page.get_by_role("alert")).to_contain_text("1 行不能导入，所以一行也不导入")
    expect(page.get_by_role("row", name="4 不能导入")).to_contain_text("火星科")
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
    page.get_by_role("link", name="重新上传").click()
    page.get_by_label("文件").set_input_files(right)
    page.get_by_role("button", name="读入并预览").click()
    page.get_by_role("button", name="确认导入：新增 2 条").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已导入")
    page.get_by_role("link", name="隐患", exact=True).click()
    page.get_by_role("row", name="码头雨后积水").get_by_role("link").click()
    page.locator("summary", has_text="标为已解决").click()
    page.get_by_label("解决情况和依据").fill("已装排水泵，附照片")
    page.get_by_role("button", name="标为已解决").click()
    expect(page.locator("dl.facts")).to_contain_text("已装排水泵")
    expect(page.locator("ol.timeline")).to_contain_text("隐患已解决")
