"""The lists of the bulletin: everything is found without JavaScript, from any subfolder, and little is written."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urldefrag, urljoin
from urllib.request import urlopen

import pytest
from lxml import html
from tests.transports.test_bulletin import NOW, NUMBER, a_notice, folder, publish_life, tree_of

from yingda import rendering
from yingda.transports import bulletin as bulletin_module
from yingda.transports import files
from yingda.transports.bulletin import Bulletin, Notice
from yingda.transports.bulletin_catalogue import NAME
from yingda.transports.bulletin_lists import NEWEST, PAGE

__all__ = ["folder"]

MATTERS = ["污水外溢", "路灯不亮", "占道停车", "施工噪声", "停水", "垃圾清运", "公交改线"]
PLACES = [("shiqiao", "石桥村"), ("liuxi", "柳溪村"), ("nantang", "南塘村")]


def number(place: int) -> str:
    return f"YQCZBG-2026-{place:03}"


def publish_many(folder: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `count` incidents there, six hours apart, as that many publications would, but with one listing."""
    bulletin = Bulletin(folder)
    files.make_folder(folder)
    with monkeypatch.context() as fast:
        fast.setattr(os, "fsync", lambda descriptor: None)
        for place in range(1, count + 1):
            notice = many(place)
            bulletin._keep(notice)
            bulletin._show(notice.incident_no)
        Bulletin(folder).publish(many(count))


def many(place: int) -> Notice:
    unit_id, unit = PLACES[place % 3]
    return a_notice(
        incident_no=number(place),
        title=f"关于{unit[:2]}{MATTERS[place % 7]}的情况说明",
        sha256=f"{place:064x}",
        unit_id=unit_id,
        unit_name=unit,
        topic="sanitation" if place % 2 else "livelihood",
        published_at=NOW + timedelta(hours=6 * place),
    )


def linked(page: Path) -> list[str]:
    """The incidents to which a page links, in its order."""
    root = html.fromstring(page.read_bytes())
    targets = root.xpath("//main//ol[@class='incidents']//a/@href | //main//ul[@class='titles']//a/@href")
    return [target.rsplit("/", 2)[-2] for target in targets]


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the names of files that are really written."""
    done: list[str] = []
    write = files.write

    def write_and_tell(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
        if changed := write(path, content, mode=mode):
            done.append(path.as_posix())
        return changed

    with monkeypatch.context() as patched:
        patched.setattr(files, "write", write_and_tell)
        yield done


def test_the_first_page_stays_small_and_everything_is_on_a_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 230, monkeypatch)

    assert linked(folder / "index.html") == [number(place) for place in range(230, 230 - NEWEST, -1)]
    everything = {number(place) for place in range(1, 231)}
    for kind in ("topic", "unit", "month", "number"):
        pages = list((folder / kind).rglob("*.html"))
        listed = [incident for page in pages for incident in linked(page)]
        assert sorted(listed) == sorted(everything), kind
        assert all(len(linked(page)) <= 2 * PAGE for page in pages)
    assert linked(folder / "all" / "index.html") == sorted(everything, reverse=True)
    index = rendering.plain_text((folder / "index.html").read_text("utf-8"))
    for words in ("共 230 件", "环境卫生 Sanitation 115", "石桥村 76", "2026-12 124", "2026 · 100–199 100"):
        assert words in index


def test_a_full_page_keeps_its_incidents_for_good(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 230, monkeypatch)
    first = folder / "topic" / "sanitation" / "1.html"
    before = first.read_bytes()
    assert linked(first) == [number(place) for place in range(2 * PAGE - 1, 0, -2)]

    for place in range(231, 240):
        Bulletin(folder).publish(many(place))

    assert first.read_bytes() == before
    assert "较新的" in rendering.plain_text(before.decode())


def test_who_looks_for_sewage_at_the_stone_bridge_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 42, monkeypatch)
    wanted = {number(place) for place in range(1, 43) if place % 3 == 0 and place % 7 == 0}

    find = html.fromstring((folder / "find" / "index.html").read_bytes())
    [page] = find.xpath("//ul[@class='characters']//a[text()='污']/@href")
    [letter] = find.xpath("//ul[.//a[text()='污']]/preceding-sibling::h3[1]/text()")
    assert letter == "W"
    character = html.fromstring((folder / "find" / page).read_bytes())
    [section] = character.xpath("//section[h2[starts-with(., '污水')]]")
    found = {a.get("href").split("/")[1] for a in section.xpath(".//a") if "石桥" in a.text}
    assert found == wanted
    assert wanted <= set(linked(folder / "unit" / "shiqiao" / "index.html"))


def test_a_word_of_an_earlier_title_is_still_found(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(title="关于石桥污水的说明"))
    Bulletin(folder).publish(
        a_notice(kind="withdrawal", title="撤回声明", sha256="b" * 64, revision=2, published_at=NOW + timedelta(days=1))
    )

    page = folder / "find" / f"{ord('污'):04x}.html"
    assert linked(page) == [NUMBER]
    assert "【撤回】撤回声明" in rendering.plain_text(page.read_text("utf-8"))


def test_a_publication_writes_its_own_page_and_the_lists_it_is_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_many(folder, 300, monkeypatch)
    words = 6  # pages of first characters that its title and unit stand on, at most eight here
    with written(monkeypatch) as done:
        Bulletin(folder).publish(many(301))

    pages = [path for path in done if path.endswith("/index.html") and "/YQCZBG" in path]
    assert pages == [f"{folder}/{number(301)}/index.html"]
    assert len(done) <= 14 + words + 2, done
    with written(monkeypatch) as again:
        Bulletin(folder).publish(many(301))
    assert again == [f"{folder}/{NAME}"]


def test_a_correction_changes_old_lists_in_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 230, monkeypatch)
    old = folder / "topic" / "sanitation" / "1.html"
    before = linked(old)

    correction = a_notice(
        incident_no=number(1),
        kind="correction",
        title="新题",
        revision=2,
        topic="sanitation",
        unit_id="liuxi",
        unit_name="柳溪村",
        published_at=NOW + timedelta(days=400),
    )
    Bulletin(folder).publish(correction)

    assert linked(old) == before
    assert "【更正】新题" in rendering.plain_text(old.read_text("utf-8"))
    assert linked(folder / "index.html")[0] == number(1)


def test_without_its_catalogue_a_bulletin_is_the_same_to_the_byte(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_many(folder, 60, monkeypatch)
    for damage in (lambda path: path.unlink(), lambda path: path.write_text("{"), lambda path: path.write_text("[]")):
        before = tree_of(folder)
        damage(folder / NAME)
        Bulletin(folder).publish(many(60))
        assert tree_of(folder) == before
    for place in range(1, 61):
        Bulletin(tmp_path / "one by one").publish(many(place))
    assert tree_of(tmp_path / "one by one") == tree_of(folder)


def test_a_list_that_was_cut_short_or_removed_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 20, monkeypatch)
    before = tree_of(folder)
    (folder / "month" / "2026-11" / "index.html").write_text("<!DOCTYPE html>", "utf-8")
    (folder / "unit" / "shiqiao" / "index.html").unlink()

    Bulletin(folder).publish(many(20))

    assert tree_of(folder) == before


def test_a_record_put_back_from_a_backup_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 3, monkeypatch)
    record = folder / number(1) / "notice.json"
    record.write_text(record.read_text("utf-8").replace("关于柳溪路灯不亮", "关于柳溪路灯已修"), "utf-8")

    Bulletin(folder).publish(many(3))

    assert "关于柳溪路灯已修" in (folder / "all" / "index.html").read_text("utf-8")


def test_pages_of_an_earlier_version_are_renewed_a_few_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_many(folder, 12, monkeypatch)
    monkeypatch.setattr(bulletin_module, "RENEWED", 5)
    whole = tree_of(folder)
    for place in range(1, 12):
        (folder / number(place) / "index.html").write_text("of an earlier version", "utf-8")
    (folder / NAME).unlink()

    left = []
    for _ in range(3):
        Bulletin(folder).publish(many(12))
        pages = [folder / number(place) / "index.html" for place in range(1, 12)]
        left.append(sum(page.read_text("utf-8") == "of an earlier version" for page in pages))

    assert left == [6, 1, 0]
    assert tree_of(folder) == whole


def test_a_list_of_which_nothing_is_left_says_so_where_it_stood(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(topic="economy", title="市场", unit_id="a", unit_name="甲"))
    Bulletin(folder).publish(
        a_notice(
            topic="sanitation",
            unit_id="b",
            unit_name="乙",
            kind="correction",
            title="市场",
            revision=2,
            published_at=NOW + timedelta(days=1),
        )
    )

    for stood in ("topic/economy", "unit/a"):
        page = folder / stood / "index.html"
        assert linked(page) == []
        assert "这里目前没有情况说明" in page.read_text("utf-8")
        assert stood not in (folder / "index.html").read_text("utf-8")
    assert linked(folder / "topic" / "sanitation" / "index.html") == [NUMBER]


def test_a_unit_keeps_its_list_when_its_name_changes(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(unit_id="sanitation", unit_name="环卫科"))
    Bulletin(folder).publish(
        a_notice(
            incident_no=number(2),
            unit_id="sanitation",
            unit_name="环境卫生科",
            published_at=NOW + timedelta(days=1),
        )
    )

    page = folder / "unit" / "sanitation" / "index.html"
    assert linked(page) == [number(2), NUMBER]
    assert html.fromstring(page.read_bytes()).findtext(".//h1") == "环境卫生科"


def test_an_incident_stands_in_the_month_that_it_is_in_shanghai(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(published_at=datetime(2026, 11, 30, 16, 30, tzinfo=UTC)))

    assert linked(folder / "month" / "2026-12" / "index.html") == [NUMBER]
    [moment] = html.fromstring((folder / "index.html").read_bytes()).xpath("//main//time")
    assert (moment.get("datetime"), moment.text) == ("2026-12-01T00:30:00+08:00", "2026-12-01 00:30")


def test_an_incident_without_topic_and_unit_is_listed_with_no_gap(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(topic="", unit_name=""))

    [about] = html.fromstring((folder / "index.html").read_bytes()).xpath("//p[@class='about']")
    assert [span.text_content() for span in about] == ["情况说明", NUMBER, "2026-11-23 14:05"]
    assert not (folder / "topic").exists()
    assert not (folder / "unit").exists()


@pytest.mark.parametrize("hostile", ["../../x", "a/b", "", "..", "Ä", "x" * 200, "<script>", "con\x00"])
def test_no_topic_and_no_unit_becomes_a_path_outside_its_folder(folder: Path, hostile: str) -> None:
    Bulletin(folder).publish(a_notice(topic=hostile, unit_id=hostile, unit_name=hostile or "甲"))

    for kind in ("topic", "unit"):
        for page in (folder / kind).rglob("*.html"):
            assert page.relative_to(folder / kind).parts[1:] == ("index.html",)
            assert page.parent.name.isalnum()
    assert {path.name for path in folder.iterdir()} <= {
        *("all", "find", "month", "number", "topic", "unit", NUMBER, "index.html", "style.css", "atom.xml"),
        *("feed.json", "sitemap.xml", ".lock", NAME),
    }


def test_what_a_crash_left_half_written_is_swept_away(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())
    left = [
        folder / ".index.html.0123.draft",
        folder / NUMBER / ".notice.json.4567.draft",
        folder / "month" / "2026-11" / ".index.html.89ab.draft",
    ]
    for path in left:
        path.write_text("half", "utf-8")

    Bulletin(folder).publish(a_notice(sha256="b" * 64, revision=2, published_at=NOW + timedelta(days=1)))

    assert not [path for path in left if path.exists()]


def test_every_link_of_a_bulletin_in_a_deep_subfolder_leads_to_a_page_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "served" / "a" / "b" / "c"
    publish_many(folder, 130, monkeypatch)
    publish_life(folder, "final", "correction", "withdrawal", "final")
    Bulletin(folder).publish(a_notice(incident_no=number(900), topic="", unit_name="", drill=True))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *said: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        top = f"http://127.0.0.1:{server.server_port}/a/b/c/"
        seen, ahead = set(), [urljoin(top, "index.html"), urljoin(top, f"{number(900)}/index.html")]
        while ahead:
            address = ahead.pop()
            if address in seen:
                continue
            seen.add(address)
            with urlopen(address) as reply:  # noqa: S310 - our own server; a 404 is an error here
                content = reply.read()
            if not address.endswith(".html"):
                continue
            root = html.fromstring(content)
            names = set(root.xpath("//@id"))
            for target in root.xpath("//@href"):
                whole, name = urldefrag(urljoin(address, target))
                assert whole.startswith(top), (address, target)
                assert not name or whole != address or name in names, (address, target)
                ahead.append(whole)
        server.shutdown()

    served = {urljoin(top, path.relative_to(folder).as_posix()) for path in folder.rglob("*.html")}
    assert served == {address for address in seen if address.endswith(".html")}, "every page is linked from some other"


def test_what_the_bulletin_says_itself_is_there_in_both_languages(folder: Path) -> None:
    publish_life(folder, "final", "correction", "withdrawal")

    for page in folder.rglob("*.html"):
        root = html.fromstring(page.read_bytes())
        english = [one for one in root.xpath("//*[@lang='en']") if one.text_content().strip()]
        assert root.get("lang") == "zh-CN"
        assert len(english) >= 6, page
        for one in english:
            assert not [word for word in ("说明", "更正 ", "撤回 ") if word in one.text_content().split("“")[0]], page
    page = html.fromstring((folder / NUMBER / "index.html").read_bytes())
    assert {article.get("lang") for article in page.xpath("//article")} == {"zh-CN"}


def test_a_statement_in_english_is_spoken_in_english(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(title="The lamp works", body_html="<p>It was <strong>mended</strong>.</p>"))

    assert html.fromstring((folder / NUMBER / "index.html").read_bytes()).xpath("//article/@lang") == ["en"]
