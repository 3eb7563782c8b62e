"""The register in a real browser: its own page, which is one file, and the desk's list and comparison of days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.browser.conftest import Site, layout, picture, violations
from tests.browser.test_accessible import Walk, post

from yingda import wiring
from yingda.services import registering


def compiled(site: Site) -> tuple[str, str]:
    """Compile the registers of two days between which something happened; return the days."""
    days = []
    late = post(
        site, "hazards", unit="liuxi", content="码头雨后积水，夜间看不清路面。" * 3, due="2026-11-20", risk="high"
    )
    post(site, "hazards", unit="sanitation", content="垃圾清运不及时 = + - @", due="2026-12-05", topic="sanitation")
    for _ in range(2):
        day = site.clock.now.date()
        with wiring.transaction() as session:
            registering.compile_day(session, day, wiring.settings(), site.clock.now)
        with wiring.reading() as session:
            registering.write_files(session, day, wiring.settings())
        days.append(day.isoformat())
        post(site, "hazards", unit="nantang", content="水库围栏松动", risk="low", topic="livelihood")
        change = {"offline_measures": "安排人员清淤、设立警示牌", "version": None}
        site.client.patch(f"/desk/api/hazards/{late['id']}", json={k: v for k, v in change.items() if v})
        site.clock.now += timedelta(days=1)
    return days[0], days[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "wide"])
def test_the_page_of_a_register_is_accessible_and_never_scrolls_sideways_on_a_phone(
    site: Site, size: str, theme: str
) -> None:
    _, day = compiled(site)
    page = site.window(size, theme=theme)
    page.goto(f"/desk/register/{day}/register.html")

    assert violations(page) == []
    assert layout(page) == []
    picture(page, f"register-{size}-{theme}")
    if size == "phone":
        page.set_viewport_size({"width": 320, "height": 640})
        assert layout(page) == []
        # What looks like cards is a table still, for those who hear it.
        assert page.get_by_role("table").count() >= 3
        assert page.get_by_role("cell", name="码头雨后积水").first.is_visible()


def test_a_printed_register_is_landscape_and_has_no_navigation(site: Site) -> None:
    _, day = compiled(site)
    page = site.window("wide")
    page.goto(f"/desk/register/{day}/register.html")
    page.emulate_media(media="print")

    assert not page.get_by_role("navigation").is_visible()
    assert len(page.pdf(format="A4", landscape=True)) > 5_000


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_of_registers_and_the_comparison_are_accessible(site: Site, theme: str, locale: str) -> None:
    walk = Walk(site, theme, locale)
    since, until = compiled(site)
    walk.look("registers", "/desk/register", pictures=("wide",))
    walk.look("registers-compared", f"/desk/register?from={since}&to={until}", pictures=("wide",))
    walk.look("registers-wrong", f"/desk/register?from={since}&to=2020-01-01", status=422)
