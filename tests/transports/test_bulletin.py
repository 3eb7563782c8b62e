"""The public bulletin on a real disk, from several processes at once, with hostile texts."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from multiprocessing.synchronize import Barrier as BarrierOfProcesses
from pathlib import Path
from typing import Any

import feedparser
import pytest

from yingda import rendering
from yingda.transports import bulletin as bulletin_module
from yingda.transports import files
from yingda.transports.bulletin import Bulletin, Notice, Receipt, Signed
from yingda.transports.errors import TransportError

NOW = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
NUMBER = "YQCZBG-2026-001"
ATOM = "{http://www.w3.org/2005/Atom}"

PAYLOADS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[点我](javascript:alert(1))",
    "[点我](JaVaScRiPt:alert(1))",
    "[点我](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[点我](vbscript:x)",
    '[点我](https://example.org" onmouseover="alert(1))',
    "![图](https://tracker.example.org/pixel.png)",
    '</article><iframe src="https://evil.example.org"></iframe>',
    "<svg><script>alert(1)</script></svg>",
    "<!--<script>alert(1)//-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '<a href="https://evil.example.org" style="position:fixed">x</a>',
    "]]><script>alert(1)</script>",
    "\x00<script\x00>alert(1)</script>\x0b",
]


def a_notice(**changes: Any) -> Notice:
    notice = Notice(
        incident_no=NUMBER,
        kind="final",
        title="关于某路段积水情况的说明",
        body_html=rendering.statement_html("积水已于当日**排除**。\n\n- 已疏通\n- 已加装水泵\n"),
        sha256="a" * 64,
        revision=1,
        topic="urban_management",
        office_name="某街道办事处",
        unit_name="城镇管理科",
        signed=(Signed("办公室主任", "王明", NOW - timedelta(hours=1)),),
        published_at=NOW,
        drill=False,
        base_url="https://example.org/bulletin",
        locale="zh_CN",
    )
    return replace(notice, **changes)


def tree_of(folder: Path) -> dict[str, bytes]:
    """What is served; the catalogue knows the times of files."""
    files_there = [
        path for path in folder.rglob("*") if path.is_file() and path.name not in {".catalogue.json", ".lock"}
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files_there}


def page_of(folder: Path, number: str = NUMBER) -> str:
    return (folder / number / "index.html").read_text(encoding="utf-8")


def atom_of(folder: Path) -> ElementTree.Element:
    return ElementTree.fromstring((folder / "atom.xml").read_bytes())  # noqa: S314 - written by the code under test


class Elements(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "bulletin"


def test_a_statement_is_published_and_found_again(folder: Path) -> None:
    notice = a_notice()

    receipt = Bulletin(folder).publish(notice)

    assert receipt == Receipt(f"https://example.org/bulletin/{NUMBER}/index.html", notice.sha256)
    assert Bulletin(folder).look(NUMBER) == notice.sha256
    page = page_of(folder)
    assert rendering.same_text(f"<h1>{notice.title}</h1>{notice.body_html}", page)
    words = rendering.plain_text(page)
    for expected in (NUMBER, "某街道办事处", "城镇管理科", "办公室主任 王明", "2026-11-23 14:05", "城镇管理"):
        assert expected in words


def test_the_page_names_the_text_it_shows(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())

    found = Elements(page_of(folder)).found
    assert ("article", {"id": "statement", "data-sha256": "a" * 64, "lang": "zh-CN"}) in found
    assert ("meta", {"name": "yingda-sha256", "content": "a" * 64}) in found


def test_publishing_twice_gives_the_same_bytes_and_the_first_moment_stays(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())
    once = tree_of(folder)

    Bulletin(folder).publish(a_notice())
    Bulletin(folder).publish(a_notice(published_at=NOW + timedelta(hours=3)))

    assert tree_of(folder) == once


def test_a_correction_stands_on_top_and_what_it_corrects_stays(folder: Path) -> None:
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice())
    bulletin.publish(
        a_notice(
            kind="correction",
            title="更正",
            body_html="<p>水深应为半米。</p>",
            sha256="b" * 64,
            revision=2,
            published_at=NOW + timedelta(days=1),
        )
    )

    assert bulletin.look(NUMBER) == "b" * 64
    words = rendering.plain_text(page_of(folder))
    assert words.index("水深应为半米") < words.index("此前发布的内容") < words.index("积水已于当日排除")
    kept = json.loads((folder / NUMBER / "notice.json").read_text(encoding="utf-8"))["notices"]
    assert [entry["sha256"] for entry in kept] == ["a" * 64, "b" * 64]


def test_a_late_repeat_of_the_first_statement_does_not_push_the_correction_down(folder: Path) -> None:
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice())
    bulletin.publish(a_notice(kind="correction", sha256="b" * 64, revision=2, published_at=NOW + timedelta(days=1)))
    before = tree_of(folder)

    bulletin.publish(a_notice(published_at=NOW + timedelta(days=2)))

    assert tree_of(folder) == before
    assert bulletin.look(NUMBER) == "b" * 64


def test_the_first_text_can_come_back_as_a_new_revision(folder: Path) -> None:
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice())
    bulletin.publish(a_notice(sha256="b" * 64, revision=2, published_at=NOW + timedelta(days=1)))
    bulletin.publish(a_notice(revision=3, published_at=NOW + timedelta(days=2)))

    assert bulletin.look(NUMBER) == "a" * 64
    assert len(json.loads((folder / NUMBER / "notice.json").read_bytes())["notices"]) == 3


def test_a_withdrawal_is_shown_above_what_was_withdrawn(folder: Path) -> None:
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice())
    bulletin.publish(
        a_notice(kind="withdrawal", title="撤回", sha256="c" * 64, revision=2, published_at=NOW + timedelta(1))
    )

    page = page_of(folder)
    words = rendering.plain_text(page)
    assert (
        words.index("撤回声明") < words.index("此前发布的内容") < words.index("积水已于当日排除", words.index("此前"))
    )
    assert rendering.plain_text(page[page.index("<main") : page.index("<article")]) == (
        "已撤回 Withdrawn 2026-11-23 14:05 发布的《关于某路段积水情况的说明》已于 2026-11-24 14:05 撤回，不再有效。"
        " “关于某路段积水情况的说明”, published 2026-11-23 14:05, was withdrawn 2026-11-24 14:05 and holds no more."
        " 撤回声明 Withdrawal"
    )


def test_nothing_stands_where_nothing_was_published(folder: Path) -> None:
    assert Bulletin(folder).look(NUMBER) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("积水已于当日", "积水未"),
        ('data-sha256="' + "a" * 64, 'data-sha256="' + "b" * 64),
        ("</ul>", "</ul><p>加一句</p>"),
    ],
)
def test_a_page_changed_by_hand_is_not_taken_for_the_statement(folder: Path, old: str, new: str) -> None:
    Bulletin(folder).publish(a_notice())
    page = page_of(folder)
    assert old in page
    (folder / NUMBER / "index.html").write_text(page.replace(old, new, 1), encoding="utf-8")

    assert Bulletin(folder).look(NUMBER) is None

    Bulletin(folder).publish(a_notice())
    assert Bulletin(folder).look(NUMBER) == "a" * 64


@pytest.mark.parametrize("title", ["a & b <i>", "一  二", "引号\"和'", "尾空 "])
def test_any_title_is_found_again(folder: Path, title: str) -> None:
    Bulletin(folder).publish(a_notice(title=title))

    assert Bulletin(folder).look(NUMBER) == "a" * 64


@pytest.mark.parametrize(
    "number",
    [
        "",
        "../x",
        "..",
        "a/b",
        "YQCZBG-2026-001\n",
        "YQCZBG-2026-001/..",
        "YQCZBG",
        "/etc",
        "YQCZBG-2026-００１",
        "a" * 300,
    ],
)
def test_what_is_no_incident_number_never_becomes_a_path(folder: Path, number: str) -> None:
    with pytest.raises(TransportError, match="incident number") as publishing:
        Bulletin(folder).publish(a_notice(incident_no=number))
    with pytest.raises(TransportError, match="incident number"):
        Bulletin(folder).look(number)

    assert publishing.value.permanent
    assert not folder.exists()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sha256": "A" * 64}, "sha256"),
        ({"kind": "rumour"}, "kind 'rumour'"),
        ({"title": " "}, "title"),
        ({"body_html": "<p> </p>"}, "body"),
        ({"base_url": "javascript:alert(1)"}, "base_url"),
        ({"published_at": datetime(2026, 11, 23)}, "time zone"),  # noqa: DTZ001 - a naive moment is the point
    ],
)
def test_a_notice_that_cannot_be_published_is_refused_for_good(
    folder: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(TransportError, match=named) as refusal:
        Bulletin(folder).publish(a_notice(**changes))

    assert refusal.value.permanent
    assert not folder.exists()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("cleaned_before", [True, False])
def test_no_text_brings_active_content_onto_a_page(folder: Path, payload: str, cleaned_before: bool) -> None:
    body = rendering.statement_html(f"正文\n\n{payload}") if cleaned_before else f"<p>正文</p>{payload}"
    Bulletin(folder).publish(a_notice(title=f"标题 {payload}", body_html=body, unit_name=payload, office_name=payload))

    for page in (page_of(folder), (folder / "index.html").read_text(encoding="utf-8")):
        for tag, attributes in Elements(page).found:
            assert tag not in {"script", "img", "iframe", "svg", "object", "embed", "form", "style"}
            assert not any(name.startswith("on") or name == "style" for name in attributes)
            scheme, colon, _ = (attributes.get("href") or "").partition(":")
            assert not colon or scheme in {"http", "https", "mailto", "tel"}
    assert page_of(folder).count("<article") == 1
    assert Bulletin(folder).look(NUMBER) == "a" * 64
    atom_of(folder)
    json.loads((folder / "feed.json").read_bytes())


def test_pages_need_no_script_and_load_nothing_from_elsewhere(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())

    for page in (page_of(folder), (folder / "index.html").read_text(encoding="utf-8")):
        found = Elements(page).found
        [policy] = [a["content"] for tag, a in found if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy is not None
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert ("html", {"lang": "zh-CN"}) in found
        assert not [tag for tag, a in found if "src" in a or tag == "script"]
        for tag, attributes in found:
            if tag in {"a", "link"}:
                assert not (attributes["href"] or "").startswith(("/", "http")), "links are relative, for any subfolder"


def test_every_relative_link_leads_to_a_file(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())

    for page in (folder / "index.html", folder / NUMBER / "index.html"):
        for tag, attributes in Elements(page.read_text(encoding="utf-8")).found:
            target = attributes.get("href") or ""
            if tag in {"a", "link"} and not target.startswith("#"):
                assert (page.parent / target).is_file(), target


def test_a_drill_says_so_and_is_kept_out_of_search_engines(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(drill=True))
    Bulletin(folder).publish(a_notice(incident_no="YQCZBG-2026-002"))

    page = page_of(folder)
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "<title>【演练】" in page
    assert "这是一次演练" in page
    for listing in ("index.html", "atom.xml", "feed.json"):
        text = (folder / listing).read_text(encoding="utf-8")
        assert "YQCZBG-2026-002" in text
        assert NUMBER not in text
    assert "演练" not in page_of(folder, "YQCZBG-2026-002")
    assert "noindex" not in page_of(folder, "YQCZBG-2026-002")


def test_a_bulletin_of_nothing_but_drills_lists_nothing_and_says_so(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(drill=True))

    assert "目前还没有公开的情况说明" in (folder / "index.html").read_text(encoding="utf-8")
    assert json.loads((folder / "feed.json").read_text(encoding="utf-8"))["items"] == []


def test_an_english_bulletin_speaks_english(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(locale="en"))

    page = page_of(folder)
    assert '<html lang="en">' in page
    assert "Urban management" in page
    assert "Responsible unit" in page


def test_the_atom_feed_is_valid_and_keeps_its_ids(folder: Path) -> None:
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice(title="积水 & <其他>"))
    before = feedparser.parse((folder / "atom.xml").read_bytes())
    bulletin.publish(
        a_notice(kind="correction", sha256="b" * 64, revision=2, published_at=NOW + timedelta(days=1), title="更正")
    )
    bulletin.publish(
        a_notice(
            incident_no="YQCZBG-2026-002", base_url="https://new.example.org", published_at=NOW + timedelta(days=2)
        )
    )

    after = feedparser.parse((folder / "atom.xml").read_bytes())
    assert not before.bozo
    assert not after.bozo
    assert before.entries[0].title_detail.value == "积水 & <其他>"
    [entry] = [entry for entry in after.entries if entry.link.endswith(f"{NUMBER}/index.html")]
    assert entry.id == before.entries[0].id == f"tag:example.org,2026-11-23:{NUMBER}"
    assert (before.feed.id, before.feed.author) == (after.feed.id, "某街道办事处")
    assert entry.updated == "2026-11-24T14:05:00+08:00"
    assert entry.published == "2026-11-23T14:05:00+08:00"
    assert entry.author == "某街道办事处"
    assert [entry.title for entry in after.entries] == ["关于某路段积水情况的说明", "【更正】更正"]
    root = atom_of(folder)
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}updated") == "2026-11-25T14:05:00+08:00"


def test_the_json_feed_has_what_the_format_asks_for(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())

    feed = json.loads((folder / "feed.json").read_bytes())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["feed_url"] == "https://example.org/bulletin/feed.json"
    [item] = feed["items"]
    assert item["id"] == f"tag:example.org,2026-11-23:{NUMBER}"
    assert item["url"] == f"https://example.org/bulletin/{NUMBER}/index.html"
    assert item["content_html"] == a_notice().body_html
    assert item["date_published"] == "2026-11-23T14:05:00+08:00"


def test_everybody_may_read_what_is_public_whatever_the_umask(folder: Path) -> None:
    old = os.umask(0o077)
    try:
        Bulletin(folder).publish(a_notice())
    finally:
        os.umask(old)

    for path in [folder, *folder.rglob("*")]:
        if path.name != ".lock":
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def publish_some(folder: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        Bulletin(folder).publish(
            a_notice(incident_no=f"YQCZBG-2026-{number:03}", published_at=NOW + timedelta(minutes=number))
        )


def test_publishing_from_several_processes_at_once_loses_none(folder: Path) -> None:
    fork = multiprocessing.get_context("fork")
    # The ranges overlap: some incidents are published by two processes at once.
    processes = [fork.Process(target=publish_some, args=(folder, first, 8)) for first in (1, 5, 9, 13)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    numbers = {f"YQCZBG-2026-{number:03}" for number in range(1, 21)}
    assert {number for number in numbers if Bulletin(folder).look(number)} == numbers
    feed = json.loads((folder / "feed.json").read_bytes())
    assert {item["_yingda"]["incident_no"] for item in feed["items"]} == numbers
    assert len(feedparser.parse((folder / "atom.xml").read_bytes()).entries) == 20
    assert not list(folder.rglob("*.draft"))
    once = tree_of(folder)
    publish_some(folder, 1, 20)
    assert tree_of(folder) == once


def publish_revisions(folder: Path, first: int, start: BarrierOfProcesses) -> None:
    start.wait(20)
    for revision in range(first, first + 10):
        Bulletin(folder).publish(
            a_notice(revision=revision, sha256=f"{revision:064x}", published_at=NOW + timedelta(minutes=revision))
        )


def test_revisions_of_one_incident_published_at_once_are_all_kept(folder: Path) -> None:
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(4)
    processes = [fork.Process(target=publish_revisions, args=(folder, first, start)) for first in (1, 11, 21, 31)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    kept = json.loads((folder / NUMBER / "notice.json").read_bytes())["notices"]
    assert [entry["revision"] for entry in kept] == list(range(1, 41))
    assert Bulletin(folder).look(NUMBER) == f"{40:064x}"


@pytest.mark.parametrize("writes_before_the_crash", range(22))
def test_a_crash_between_any_two_files_is_mended_by_doing_it_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes_before_the_crash: int
) -> None:
    Bulletin(tmp_path / "whole").publish(a_notice())
    write = files.write
    done: list[Path] = []

    def write_until_the_crash(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
        if len(done) == writes_before_the_crash:
            raise KeyboardInterrupt
        done.append(path)
        return write(path, content, mode=mode)

    with monkeypatch.context() as crash:
        crash.setattr(files, "write", write_until_the_crash)
        with pytest.raises(KeyboardInterrupt):
            Bulletin(folder).publish(a_notice())

    Bulletin(folder).publish(a_notice())

    assert tree_of(folder) == tree_of(tmp_path / "whole")


def test_a_full_disk_is_worth_another_try_and_leaves_the_old_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bulletin(folder).publish(a_notice())
    before = tree_of(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(TransportError, match="No space left") as failure:
            Bulletin(folder).publish(a_notice(sha256="b" * 64, revision=2))

    assert not failure.value.permanent
    assert tree_of(folder) == before


def publish_on_a_full_disk(folder: Path, first: int, seed: int) -> None:
    """Publish eight incidents while every third or so write finds no room; try each until it is done."""
    chance = random.Random(seed)
    sync = os.fsync

    def sync_or_fail(descriptor: int) -> None:
        if chance.random() < 0.3:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    for number in range(first, first + 8):
        for attempt in range(100):
            os.fsync = sync_or_fail if attempt < 4 else sync
            try:
                Bulletin(folder).publish(
                    a_notice(incident_no=f"YQCZBG-2026-{number:03}", published_at=NOW + timedelta(minutes=number))
                )
            except TransportError as failure:
                if failure.permanent:
                    raise
                continue
            break


def test_processes_that_publish_at_once_while_the_disk_is_full_lose_nothing_in_the_end(
    folder: Path, tmp_path: Path
) -> None:
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=publish_on_a_full_disk, args=(folder, first, first)) for first in (1, 5, 9)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0]
    publish_some(tmp_path / "with room", 1, 16)
    assert tree_of(folder) == tree_of(tmp_path / "with room")


def test_a_publication_that_hangs_is_named_instead_of_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulletin_module, "LOCK_PATIENCE", 0.1)
    bulletin = Bulletin(folder)
    bulletin.publish(a_notice())

    with bulletin._locked(), pytest.raises(TransportError, match="held") as failure:
        Bulletin(folder).publish(a_notice())

    assert not failure.value.permanent


def test_a_damaged_record_is_named_with_its_remedy(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())
    (folder / NUMBER / "notice.json").write_text("{", encoding="utf-8")

    with pytest.raises(TransportError, match=r"notice\.json is damaged"):
        Bulletin(folder).publish(a_notice(incident_no="YQCZBG-2026-002"))


def publish_life(folder: Path, *kinds: str, **changes: Any) -> None:
    """Publish a notice of each kind, a day apart, with titles 第1篇, 第2篇, …"""
    for place, kind in enumerate(kinds):
        notice = a_notice(
            kind=kind,
            title=f"第{place + 1}篇",
            body_html=f"<p>正文{place + 1}</p>",
            sha256=f"{place + 1:064x}",
            revision=place + 1,
            published_at=NOW + timedelta(days=place),
        )
        Bulletin(folder).publish(replace(notice, **changes))


class Earlier(HTMLParser):
    """What the page shows of earlier statements: the line one sees, and what unfolds below it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []
        self._into: int | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "details":
            assert "open" not in dict(attrs)
            self.seen.append(("", ""))
        if tag == "summary":
            self._into = 0
        elif tag == "details":
            self._into = 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "summary":
            self._into = 1
        elif tag == "details":
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None and self.seen:
            shown = list(self.seen[-1])
            shown[self._into] = " ".join(f"{shown[self._into]}{data}".split()) + (" " if data.endswith(" ") else "")
            self.seen[-1] = (shown[0], shown[1])


def marks_of(folder: Path) -> dict[str, list[str]]:
    """The marks on each earlier statement, by its title."""
    marks: dict[str, list[str]] = {}
    for line, _ in Earlier(page_of(folder)).seen:
        title = line[line.index("第") : line.index("篇") + 1]
        marks[title] = [word for word in ("已撤回", "已更正", "已由后续说明代替") if word in line]
    return marks


@pytest.mark.parametrize(
    ("kinds", "marks"),
    [
        (("final",), {}),
        (("final", "correction"), {"第1篇": ["已更正"]}),
        (("final", "correction", "correction"), {"第2篇": ["已更正"], "第1篇": ["已更正"]}),
        (("final", "withdrawal"), {"第1篇": ["已撤回"]}),
        (("final", "correction", "withdrawal"), {"第2篇": ["已撤回"], "第1篇": ["已撤回", "已更正"]}),
        (("holding", "final", "withdrawal"), {"第2篇": ["已撤回"], "第1篇": ["已由后续说明代替"]}),
        (("final", "withdrawal", "final"), {"第2篇": [], "第1篇": ["已撤回"]}),
        (("final", "withdrawal", "correction"), {"第2篇": ["已更正"], "第1篇": ["已撤回"]}),
        (
            ("final", "withdrawal", "final", "correction", "withdrawal"),
            {"第4篇": ["已撤回"], "第3篇": ["已撤回", "已更正"], "第2篇": [], "第1篇": ["已撤回"]},
        ),
        (
            ("final", "withdrawal", "correction", "withdrawal"),
            {"第3篇": ["已撤回"], "第2篇": ["已更正"], "第1篇": ["已撤回"]},
        ),
    ],
)
def test_each_earlier_statement_says_what_became_of_it(
    folder: Path, kinds: tuple[str, ...], marks: dict[str, list[str]]
) -> None:
    publish_life(folder, *kinds)

    assert marks_of(folder) == marks
    assert Bulletin(folder).look(NUMBER) == f"{len(kinds):064x}"


def test_a_withdrawn_statement_can_be_read_and_says_so_before_its_text(folder: Path) -> None:
    publish_life(folder, "final", "withdrawal", "final")

    [_, (line, unfolded)] = Earlier(page_of(folder)).seen
    assert "已撤回 2026-11-24 14:05" in line
    assert unfolded.index("已于 2026-11-24 14:05 撤回，不再有效") < unfolded.index("正文1")
    on_top = page_of(folder)[: page_of(folder).index("<article")]
    assert "2026-11-23 14:05 发布的《第1篇》已于 2026-11-24 14:05 撤回" in rendering.plain_text(on_top)


def test_a_page_without_withdrawal_has_no_banner(folder: Path) -> None:
    publish_life(folder, "holding", "final")

    assert "banner" not in page_of(folder)
    assert "撤回" not in page_of(folder)


def test_index_and_feeds_say_what_it_is_under_the_names_they_always_had(folder: Path) -> None:
    publish_life(folder, "final")
    [first] = json.loads((folder / "feed.json").read_bytes())["items"]
    for kinds, word, said in [
        (("final", "correction"), "【更正】第2篇", "本说明更正 2026-11-23 14:05 发布的《第1篇》，以本说明为准。"),
        (
            ("final", "correction", "withdrawal"),
            "【撤回】第3篇",
            "2026-11-24 14:05 发布的《第2篇》已于 2026-11-25 14:05 撤回，不再有效。",
        ),
    ]:
        publish_life(folder, *kinds)
        [item] = json.loads((folder / "feed.json").read_bytes())["items"]
        assert (item["id"], item["url"], item["date_published"]) == (first["id"], first["url"], first["date_published"])
        assert item["title"] == word
        assert rendering.plain_text(item["content_html"]) == f"{said} 正文{len(kinds)}"
        assert item["_yingda"]["kind"] == kinds[-1]
        assert item["_yingda"]["about_sha256"] == f"{len(kinds) - 1:064x}"
        [entry] = feedparser.parse((folder / "atom.xml").read_bytes()).entries
        assert (entry.id, entry.title) == (first["id"], word)
        assert kinds[-1] in [tag.term for tag in entry.tags]
        assert rendering.plain_text(entry.content[0].value) == f"{said} 正文{len(kinds)}"
        assert word in rendering.plain_text((folder / "index.html").read_text(encoding="utf-8"))
        assert f"<title>{word} ·" in page_of(folder)


def test_an_english_bulletin_says_of_corrections_and_withdrawals_in_english(folder: Path) -> None:
    publish_life(folder, "final", "correction", "withdrawal", "final", locale="en")

    page = re.sub(r'<(span|p) class="other" lang="zh-CN">.*?</\1>', "", page_of(folder), flags=re.DOTALL)
    words = rendering.plain_text(page[page.index("<main") :])
    assert "“第2篇”, published 2026-11-24 14:05, was withdrawn 2026-11-25 14:05 and holds no more." in words
    assert "Withdrawal: 第3篇" in words
    assert "Corrected 2026-11-24 14:05" in words
    assert not [word for word in ("更正", "撤回", "说明") if word in words]


def test_doing_all_of_it_again_in_any_order_changes_no_byte(folder: Path) -> None:
    kinds = ("final", "correction", "withdrawal", "final")
    publish_life(folder, *kinds)
    once = tree_of(folder)

    publish_life(folder, *kinds)
    for place in (2, 0, 3, 1):
        Bulletin(folder).publish(
            a_notice(
                kind=kinds[place],
                title=f"第{place + 1}篇",
                body_html=f"<p>正文{place + 1}</p>",
                sha256=f"{place + 1:064x}",
                revision=place + 1,
                published_at=NOW + timedelta(days=9),
            )
        )

    assert tree_of(folder) == once


def test_two_texts_of_one_moment_stand_in_the_order_of_their_revisions(folder: Path) -> None:
    for revision, kind in ((2, "withdrawal"), (1, "final")):
        Bulletin(folder).publish(a_notice(kind=kind, revision=revision, sha256=f"{revision:064x}"))

    assert Bulletin(folder).look(NUMBER) == f"{2:064x}"


def test_a_withdrawn_drill_is_named_nowhere_but_on_its_page(folder: Path) -> None:
    publish_life(folder, "final", "withdrawal", drill=True)

    assert "<title>【演练】【撤回】第2篇" in page_of(folder)
    for listing in ("index.html", "atom.xml", "feed.json"):
        assert NUMBER not in (folder / listing).read_text(encoding="utf-8")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_title_brings_active_content_into_what_is_said_of_it(folder: Path, payload: str) -> None:
    body = rendering.statement_html(f"正文\n\n{payload}")
    publish_life(folder, "final", "correction", "withdrawal", "final", title=f"标题 {payload}", body_html=body)

    for tag, attributes in Elements(page_of(folder)).found:
        assert tag not in {"script", "img", "iframe", "svg", "object", "embed", "form", "style"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert page_of(folder).count("<article") == 4
    assert Bulletin(folder).look(NUMBER) == f"{4:064x}"
    atom_of(folder)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_headings_follow_each_other_without_gaps_whatever_was_typed(folder: Path, locale: str) -> None:
    body = rendering.statement_html("### 三\n\n# 一\n\n#### 四\n\n## 二\n\n###### 六")
    publish_life(folder, "final", "correction", "withdrawal", locale=locale, body_html=body)

    levels = [int(tag[1]) for tag, _ in Elements(page_of(folder)).found if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert levels.count(3) >= 2, "an earlier statement's title stands above its own headings"
    assert Bulletin(folder).look(NUMBER) == f"{3:064x}"


def test_no_page_uses_a_name_twice(folder: Path) -> None:
    publish_life(folder, "final", "correction", "withdrawal", "final")

    names = [attributes["id"] for _, attributes in Elements(page_of(folder)).found if "id" in attributes]
    assert len(names) == len(set(names))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_that_is_read_stands_out_from_what_is_behind_it(scheme: str) -> None:
    css = (rendering.TEMPLATES / "bulletin" / "style.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark.split("* {")[0]))
    used = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", css))

    assert {"ink", "quiet", "link", "drill-ink", "void-ink", "mended-ink"} == used
    for ink, paper in [
        ("ink", "paper"),
        ("ink", "panel"),
        ("quiet", "paper"),
        ("quiet", "panel"),
        ("link", "paper"),
        ("link", "panel"),
        ("void-ink", "paper"),
        ("mended-ink", "paper"),
        ("drill-ink", "drill"),
        ("void-ink", "void"),
        ("mended-ink", "mended"),
    ]:
        assert contrast(colours[ink], colours[paper]) >= 4.5, (scheme, ink, paper)
