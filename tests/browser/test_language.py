"""Each viewer's language in a real browser: chosen on the desk, or followed from Airflow, whichever changed last."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Site


def language(page: Page) -> str | None:
    return page.locator("html").get_attribute("lang")


@pytest.mark.parametrize("size", ["phone", "wide"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_whoever_looks_chooses_the_language_and_comes_back_to_where_they_were(
    site: Site, size: str, javascript: bool
) -> None:
    page = site.window(size, javascript=javascript)
    page.goto("/desk/leads?state=new")
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="English").click()

    expect(page).to_have_url(f"{site.address}/desk/leads?state=new")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leads")
    page.goto("/desk/")
    assert language(page) == "en"
    page.get_by_role("link", name="中文").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("事件一览")


def airflow_speaks(page: Page, chosen: str) -> None:
    page.evaluate("chosen => localStorage.setItem('i18nextLng', chosen)", chosen)
    page.reload()


def test_the_desk_follows_the_language_that_airflow_is_shown_in(site: Site) -> None:
    page = site.window()
    page.goto("/desk/#main")
    assert language(page) == "zh-CN"

    airflow_speaks(page, "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Board")

    # The desk's own choice holds until Airflow's changes.
    page.get_by_role("link", name="中文").click()
    page.get_by_role("button", name="中文").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("事件一览")
    airflow_speaks(page, "zh-CN")
    expect(page.get_by_role("heading", level=1)).to_have_text("事件一览")
    airflow_speaks(page, "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Board")


def test_what_was_typed_is_not_lost_to_another_language(site: Site) -> None:
    page = site.window()
    page.goto(site.link("report"))
    page.evaluate("() => localStorage.setItem('i18nextLng', 'en')")
    # A refused form with what was typed in it: the page says what is wrong, and stays until the next one.
    form = page.locator("form").filter(has=page.get_by_role("button", name="报送"))
    form.evaluate("one => { one.noValidate = true }")
    form.get_by_label("应对口径").fill("柳溪村路灯已抢修。")
    form.get_by_role("button", name="报送").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("应对口径")).to_have_value("柳溪村路灯已抢修。")
    page.goto(page.url)
    assert language(page) == "en"
    expect(page.get_by_label("Proposed wording")).to_have_value("柳溪村路灯已抢修。")
