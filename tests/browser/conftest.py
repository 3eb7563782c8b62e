"""The desk in a real browser: served on the loopback, looked at by Debian's Chromium on a phone and on a wide screen.

Skipped with a word where there is no Chromium. YINGDA_CHROMIUM names another one.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from tests.desk.conftest import Clock, Desk, clock, server

from yingda import settings
from yingda.desk import access, wellbeing
from yingda.settings import Settings

__all__ = ["clock", "server"]

HERE = Path(__file__).parent
SIZES = {"phone": (390, 844), "wide": (1280, 900)}
AXE = HERE / "vendored" / "axe.min.js"
PICTURES = HERE.parents[1] / "docs" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and of each job the two windows that `make test` does without.

    A phone with JavaScript and a wide screen without show both sizes and both ways; the other two are crosswise.
    """
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        item.add_marker(pytest.mark.browser)
        given = getattr(item, "callspec", None)
        window = {name: given.params.get(name) for name in ("size", "javascript")} if given else {}
        if window.get("javascript") is not None and (window["size"] == "phone") != window["javascript"]:
            item.add_marker(pytest.mark.crosswise)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each opens windows of its own."""
    path = os.environ.get("YINGDA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium: install Debian's package chromium, or name one in YINGDA_CHROMIUM")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, and what is opened here is ours.
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@dataclass
class Site:
    """The desk where a browser finds it, and what its windows complained of."""

    address: str
    browser: Browser
    desk: Desk
    clock: Clock
    client: TestClient
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def window(self, size: str = "wide", *, javascript: bool = True, theme: str = "light") -> Page:
        """Open a window of its own, with nothing remembered."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            java_script_enabled=javascript,
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(8_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self._hear("error", str(error)))
        page.on("request", lambda request: self._see(request.url))
        return page

    def link(self, kind: str, officer: str | None = None) -> str:
        """Return the address of a personal link, as a mail has it."""
        return f"/desk/r?token={self.desk.token(kind, officer)}"

    def _hear(self, kind: str, text: str) -> None:
        # That an answer was 4xx is what some tests are about.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def _see(self, url: str) -> None:
        asked = urlsplit(url)
        if asked.scheme in {"http", "https"} and f"{asked.scheme}://{asked.netloc}" != self.address:
            self.complaints.append(f"asked another host: {url}")


@pytest.fixture
def locale() -> str:
    return "zh_CN"


@pytest.fixture
def house_environment(tmp_path: Path, locale: str) -> dict[str, str]:
    """As everywhere, in the language of the test."""
    from tests.conftest import LINK_KEY

    return {"YINGDA_HOME": str(tmp_path / "var"), "YINGDA_LINK_KEY": LINK_KEY, "YINGDA_LOCALE": locale}


@pytest.fixture
def site(
    chromium: Browser,
    server: FastAPI,
    clock: Clock,
    wired: Settings,
    session: Session,
    house: Settings,
    open_incident: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """The desk with a general incident of Liuxi village; whoever opens a window is logged in as the duty officer."""
    app = server.routes[-1].app  # type: ignore[attr-defined]
    app.dependency_overrides[access.may_view] = lambda: None
    app.dependency_overrides[access.may_act] = lambda: None
    app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="duty", role="user")
    monkeypatch.setattr(access, "can_act", lambda user: True)
    monkeypatch.setattr(wellbeing, "_ask_airflow", lambda: ())
    monkeypatch.setattr(wellbeing, "_told", None)
    house.bulletin.mkdir(parents=True, exist_ok=True)
    server.mount("/bulletin", StaticFiles(directory=house.bulletin, html=True))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(64)
        port = bound.getsockname()[1]
        # What is published links to where the desk is served.
        monkeypatch.setenv("YINGDA_PUBLIC_URL", f"http://127.0.0.1:{port}")
        settings.forget()
        served = uvicorn.Server(uvicorn.Config(server, log_level="warning", access_log=False, lifespan="off"))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not served.started:
            time.sleep(0.01)
        with TestClient(server, follow_redirects=False) as client:
            desk = Desk(client, session, house, open_incident())
            made = Site(f"http://127.0.0.1:{port}", chromium, desk, clock, client)
            yield made
        for context in made.contexts:
            context.close()
        served.should_exit = True
        thread.join(20)
    settings.forget()
    assert made.complaints == []


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page under WCAG 2.2 AA and its own best practices."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        """() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        resultTypes: ["violations"]})"""
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def layout(page: Page) -> list[str]:
    """Return what makes a page hard to use by touch: it scrolls sideways, or what is to be touched is small."""
    found: list[str] = page.evaluate(
        """() => {
        const wrong = [];
        if (document.documentElement.scrollWidth > innerWidth + 1)
            wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${innerWidth}`);
        for (const one of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, summary")) {
            const box = one.getBoundingClientRect();
            if (one.checkVisibility() && box.width && (box.width < 24 || box.height < 24))
                wrong.push(`small: ${one.outerHTML.slice(0, 120)}`);
        }
        return wrong;
    }"""
    )
    return found


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page for the documentation, if YINGDA_SCREENSHOTS is set."""
    if os.environ.get("YINGDA_SCREENSHOTS"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=70)
