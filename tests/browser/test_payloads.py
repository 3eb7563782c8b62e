"""Every hostile text on a page of the bulletin in a real browser, without the policy that would stop it there."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.payloads.reading import CLASSES, SCHEMES, TAGS
from tests.transports.test_bulletin_payloads import publish_all

from yingda.settings import Settings

JUDGE = """(tags) => {
    const wrong = [];
    for (const article of document.querySelectorAll("article")) {
        const before = article.innerHTML;
        const again = document.createElement("article");
        again.innerHTML = before;
        if (again.innerHTML !== before) wrong.push("changes when it is parsed again");
        for (const one of article.querySelectorAll("*")) {
            if (!tags.includes(one.localName) || one.namespaceURI !== "http://www.w3.org/1999/xhtml")
                wrong.push(`element ${one.localName}`);
            for (const {name} of one.attributes)
                if (!["href", "rel", "start"].includes(name)) wrong.push(`attribute ${name}`);
        }
    }
    for (const one of document.querySelectorAll("a[href], link"))
        if (!SCHEMES.includes(one.protocol ?? new URL(one.href).protocol)) wrong.push(`link ${one.href}`);
    if (window.ran) wrong.push("a script ran");
    if (document.querySelectorAll("article").length !== 1) wrong.push("broke out of its article");
    if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push("scrolls sideways");
    return wrong;
}""".replace("SCHEMES", str([f"{scheme}:" for scheme in sorted(SCHEMES)]))


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(bypass_csp=True, viewport={"width": 390, "height": 844})
    context.add_init_script(
        "window.ran = false; for (const n of ['alert', 'open']) window[n] = () => { window.ran = true; };"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("of", CLASSES)
def test_no_script_runs_and_no_request_leaves(
    window: Page, of: str, tmp_path: Path, house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = publish_all(tmp_path, of, house, monkeypatch)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *said: None)
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        top = f"http://127.0.0.1:{server.server_port}/"
        wrong = []
        for incident_no, (payload, _) in shown.items():
            window.goto(f"{top}{incident_no}/index.html")
            wrong += [(payload.name, one) for one in window.evaluate(JUDGE, sorted(TAGS | {"h1", "h5", "h6"}))]
        server.shutdown()

    assert wrong == []
    assert [address for address in asked if not address.startswith(top)] == []
    assert {address.rpartition("/")[2] for address in asked} <= {"index.html", "style.css", "favicon.ico"}
