"""The statement on paper: letterhead, every element that a statement may hold, signatures, and what stands above it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from yingda import rendering
from yingda.transports import paragraphs, statement_files
from yingda.transports.errors import TransportError
from yingda.transports.statement_files import Signed, Statement

BODY = """\
开头一段，**加粗**和*斜体*，见[通告](https://example.org/a?b=1&c=2)。
第二行

# 一级
## 二级
### 三级
###### 六级

- 甲
- 乙
  - 乙一
    - 乙一甲
      - 更深

1. 第一
2. 第二

   第二的续段

另一段

1. 又从一起
2. 又是二

> 引用的话
"""

STATEMENT = Statement(
    number="YQCZBG-2026-001",
    office="云桥街道办公室",
    kind="情况说明",
    title="关于路灯的情况说明",
    body_html=rendering.statement_html(BODY),
    notices=[],
    signatures=[Signed("办公室主任", "沈若兰", datetime(2026, 11, 23, 7, 0, tzinfo=UTC))],
    published_at=datetime(2026, 11, 23, 16, 30, tzinfo=UTC),
    revision=1,
    sha256="cd" * 32,
    written_at=datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
    locale="zh_CN",
)


def opened(statement: Statement):  # type: ignore[no-untyped-def]
    return Document(BytesIO(statement_files.compose(statement)))


def said(statement: Statement) -> list[tuple[str, str]]:
    return [(one.style.name, one.text) for one in opened(statement).paragraphs]


def body_of(markdown: str) -> list[tuple[str, str]]:
    """The paragraphs between title and the empty line above the office's name."""
    found = said(replace(STATEMENT, body_html=rendering.statement_html(markdown)))
    first = next(place for place, (style, _) in enumerate(found) if style == "Title") + 1
    return found[first : found.index(("Normal", ""), first)]


def test_letterhead_title_signatures_and_checksum_are_there():
    found = said(STATEMENT)
    assert found[:4] == [
        ("Normal", "云桥街道办公室"),
        ("Normal", "YQCZBG-2026-001\t2026年11月24日"),
        ("Normal", "情况说明"),
        ("Title", "关于路灯的情况说明"),
    ]
    assert [text for _, text in found[-5:]] == [
        "",
        "云桥街道办公室",
        "2026年11月24日",
        "签发",
        "办公室主任 沈若兰 2026-11-23 15:00",
    ]
    assert "第 1 稿 · SHA-256 cdcdcdcdcdcd" in opened(STATEMENT).sections[0].footer.paragraphs[0].text


def test_every_element_of_a_statement_has_its_form():
    assert body_of(BODY) == [
        ("Statement Text", "开头一段，加粗和斜体，见通告。\n第二行"),
        ("Heading 2", "一级"),
        ("Heading 2", "二级"),
        ("Heading 3", "三级"),
        ("Heading 4", "六级"),
        ("List Bullet", "甲"),
        ("List Bullet", "乙"),
        ("List Bullet 2", "乙一"),
        ("List Bullet 3", "乙一甲"),
        ("List Bullet 3", "更深"),
        ("List Number", "第一"),
        ("List Number", "第二"),
        ("List Continue", "第二的续段"),
        ("Statement Text", "另一段"),
        ("List Number", "又从一起"),
        ("List Number", "又是二"),
        ("Quote", "引用的话"),
    ]


def test_emphasis_is_on_its_own_words():
    [first] = [one for one in opened(STATEMENT).paragraphs if one.text.startswith("开头一段")]
    looks = {run.text: (bool(run.bold), bool(run.italic)) for run in first.runs}
    assert looks["加粗"] == (True, False)
    assert looks["斜体"] == (False, True)
    assert looks["开头一段，"] == (False, False)


def test_a_link_leads_where_it_led():
    [link] = [link for one in opened(STATEMENT).paragraphs for link in one.hyperlinks]
    assert (link.text, link.address) == ("通告", "https://example.org/a?b=1&c=2")
    assert link.runs[0].style.name == "Hyperlink"


def test_each_numbered_list_begins_with_one():
    document = opened(STATEMENT)
    numbered = [one for one in document.paragraphs if one.style.name == "List Number"]
    ids = [one._p.pPr.numPr.numId.val for one in numbered]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    numbers = document.part.numbering_part.numbering_definitions._numbering
    for one in set(ids):
        made = numbers.num_having_numId(one)
        assert [start.get(qn("w:val")) for start in made.iter(qn("w:startOverride"))] == ["1"]


def test_an_incident_page_and_the_paper_hold_the_same_words():
    html = STATEMENT.body_html
    text = "".join(text for _, text in body_of(BODY))
    assert "".join(text.split()) == "".join(rendering.plain_text(html).split())


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ 7*7 }} {% if x %}",
        "{_{ a }_} a_b",
        "<w:p><script>alert(1)</script>",
        "]]> &amp; &#10;",
        "👍🏽𠮷",
        "\x00\x07\ufffe后",
    ],
)
def test_words_are_data_wherever_they_stand(hostile: str):
    shown = rendering.legible(hostile).strip()
    statement = replace(
        STATEMENT, title=hostile, office=hostile, kind=hostile, notices=[hostile],
        signatures=[Signed(hostile, hostile, STATEMENT.written_at)],
        body_html=rendering.statement_html(hostile),
    )  # fmt: skip
    found = said(statement)
    assert [style for style, _ in found].count("Title") == 1
    assert next(text for style, text in found if style == "Title") == rendering.legible(hostile)
    assert [text for style, text in found if style == "Statement Text"] == [
        "".join(piece.text for one in paragraphs.read(rendering.statement_html(hostile)) for piece in one.pieces)
    ]
    assert sum(shown in text for _, text in found) >= 6
    with zipfile.ZipFile(BytesIO(statement_files.compose(statement))) as file:
        for name in file.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(file.read(name))


def test_words_that_look_like_the_place_of_the_body_stay_where_they_are():
    found = said(replace(STATEMENT, title="{{ body }}", body_html=rendering.statement_html("{{ body }}")))
    place = found.index(("Title", "{{ body }}"))
    assert found[place + 1] == ("Statement Text", "{{ body }}")


def test_notices_stand_below_the_letterhead_and_above_the_title():
    found = said(replace(STATEMENT, notices=["甲", "乙"]))
    assert [text for _, text in found[2:5]] == ["甲", "乙", "情况说明"]


def test_without_signatures_nobody_is_said_to_have_signed():
    assert "签发" not in [text for _, text in said(replace(STATEMENT, signatures=[]))]


def test_the_same_statement_gives_the_same_bytes():
    first = statement_files.compose(STATEMENT)
    assert statement_files.compose(STATEMENT) == first
    assert statement_files.compose(replace(STATEMENT, title="别的")) != first


def test_in_english_the_paper_is_english():
    found = said(replace(STATEMENT, locale="en", kind="Statement"))
    assert found[1] == ("Normal", "YQCZBG-2026-001\t2026-11-24")
    assert "Signed by" in [text for _, text in found]


def test_the_fonts_of_chinese_text_are_set():
    document = opened(STATEMENT)
    east = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Title", "Heading 2", "Heading 3", "Heading 4", "Statement Text", "Quote", "List Bullet",
                     "List Bullet 3", "List Number", "List Continue")
    }  # fmt: skip
    assert east.pop("Title") == "方正小标宋简体"
    assert east.pop("Heading 2") == "黑体"
    assert {east.pop("Heading 3"), east.pop("Quote")} == {"楷体"}
    assert set(east.values()) == {"仿宋"}


def test_a_template_without_a_place_for_the_body_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path / "own.docx"
    with zipfile.ZipFile(statement_files.TEMPLATE) as before, zipfile.ZipFile(own, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"{{ body }}", b"body"))
    monkeypatch.setattr(statement_files, "TEMPLATE", own)
    with pytest.raises(TransportError, match=r"own\.docx: \{\{ body \}\} must stand in a paragraph of its own"):
        statement_files.compose(STATEMENT)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("甲a \n\t#*->1.[](){}%_`<&|\\:/"), max_size=120))
def test_no_word_of_any_markdown_is_lost(markdown: str):
    html = rendering.statement_html(markdown)
    read = paragraphs.read(html)
    assert "".join("".join(one.text for one in read).split()) == "".join(rendering.plain_text(html).split())
    opened(replace(STATEMENT, body_html=html))
