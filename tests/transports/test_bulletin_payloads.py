"""Hostile texts on the pages and in the feeds of the bulletin: the same HTML as the signers saw, and nothing else."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import html
from tests.payloads.reading import CLASSES, SCHEMES, TAGS, Payload, payloads, wrong_with
from tests.transports.test_bulletin import NOW, a_notice, folder

from yingda import rendering
from yingda.services import presenting
from yingda.settings import Settings
from yingda.transports import files
from yingda.transports.bulletin import Bulletin
from yingda.transports.bulletin_pages import headings, on_top

__all__ = ["folder"]

OF_THE_FRAME = {"html", "head", "meta", "title", "link", "body", "header", "main", "footer", "nav", "div", "section"}
OF_THE_FRAME |= {"article", "h1", "a", "span", "time", "dl", "dt", "dd", "code", "bdi", "details", "summary"}


def number(place: int) -> str:
    return f"YQCZBG-2026-{place:03}"


def publish_all(
    folder: Path, of: str, house: Settings, monkeypatch: pytest.MonkeyPatch
) -> dict[str, tuple[Payload, str]]:
    """Publish each text of a class as title and body; return by number what the desk previews."""
    bulletin, shown = Bulletin(folder), {}
    files.make_folder(folder)
    with monkeypatch.context() as fast:
        fast.setattr(os, "fsync", lambda descriptor: None)
        for place, payload in enumerate(payloads(of), start=1):
            content = {"title": f"题{payload.text[:180]}", "body": f"文\n\n{payload.text}"}
            preview = presenting.public_html(content, house)
            notice = a_notice(
                incident_no=number(place),
                title=content["title"],
                body_html=preview,
                unit_name=payload.text[:60],
                unit_id=payload.text[:60],
                topic=payload.text[:60],
                office_name=f"某{payload.text[:60]}",
                published_at=NOW + timedelta(minutes=place),
            )
            bulletin._keep(notice)
            bulletin._show(notice.incident_no)
            shown[notice.incident_no] = payload, preview
        bulletin.publish(notice)
    return shown


@pytest.mark.parametrize("of", CLASSES)
def test_preview_page_and_feeds_show_the_same(
    folder: Path, of: str, house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = publish_all(folder, of, house, monkeypatch)

    items = {item["_yingda"]["incident_no"]: item for item in json.loads((folder / "feed.json").read_bytes())["items"]}
    parsed = feedparser.parse((folder / "atom.xml").read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo
    entries = {entry.link.split("/")[-2]: entry for entry in parsed.entries}
    assert set(items) == set(entries) == set(shown)
    for incident_no, (payload, preview) in shown.items():
        top = on_top((folder / incident_no / "index.html").read_text("utf-8"))
        assert top is not None
        title, _, body = top[1].strip().partition("</h1>\n")
        assert body == headings(preview, 1).strip(), payload.name
        assert html.fromstring(title).text_content().split() == rendering.legible(f"题{payload.text[:180]}").split()
        assert items[incident_no]["content_html"].strip() == preview.strip(), payload.name
        assert entries[incident_no].content[0].value.strip() == preview.strip(), payload.name
        assert wrong_with(items[incident_no]["content_html"]) == [], payload.name
        assert Bulletin(folder).look(incident_no) is not None, payload.name


@pytest.mark.parametrize("of", CLASSES)
def test_no_page_holds_anything_but_its_frame_and_statements(
    folder: Path, of: str, house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_all(folder, of, house, monkeypatch)

    for page in folder.rglob("*.html"):
        for element in html.fromstring(page.read_bytes()).iter():
            assert element.tag in OF_THE_FRAME | TAGS, (page, element.tag)
            for name, value in element.attrib.items():
                assert not name.startswith("on"), (page, name)
                assert name not in {"style", "src", "srcdoc", "action", "formaction"}, (page, name)
                if name == "href" and ":" in value:
                    assert value.split(":")[0].lower() in SCHEMES, (page, value)
