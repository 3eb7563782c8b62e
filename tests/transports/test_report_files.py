"""附件2 舆情处置情况报告单: opened again in Word's format and compared field by field with what was entered."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from yingda import rendering
from yingda.transports import report_files, word_files
from yingda.transports.errors import TransportError
from yingda.transports.report_files import Report

LABELS = ["标题", "舆情产生原因（事实真相）", "具体处置措施及网络舆论引导措施", "应对口径", "处置结果"]
ROWS = ["title", "cause", "measures", "wording", "result"]

REPORT = Report(
    number="YQCZBG-2026-001",
    day=date(2026, 11, 23),
    title="柳溪村路灯不亮",
    unit="柳溪村",
    branch_leader="韩越",
    phone="0571-5550-0121",
    cause="线路老化，三盏路灯断电。",
    measures="已换线。",
    wording="路灯已抢修。",
    result="已恢复照明。",
    approved=True,
    drill=False,
    office="云桥街道办公室",
    revision=2,
    sha256="ab" * 32,
    at=datetime(2026, 11, 23, 6, 3, tzinfo=UTC),
)

HOSTILE = {
    "a template": "{{ 7*7 }} {% for x in y %} {# none #} {{ number }} {%p endif %} {{r x }}",
    "what docxtpl unescapes": "{_{ 7*7 }_} {_% x %_} a_b __init__",
    "XML": "<w:p><w:r><w:t>x</w:t></w:r></w:p> </w:t> ]]> <![CDATA[x]]> <!-- x --> &amp; &#10; & \" '",
    "blank lines": "第一行\n\n\n第四行",
    "spaces": "  两格　全角  完",
    "a tab": "左\t右",
    "emoji": "👍🏽 𠮷 👨‍👩‍👧",
    "4,000 characters": "长" * 3_999 + "完",
}


def opened(content: bytes):  # type: ignore[no-untyped-def]
    return Document(BytesIO(content))


def lines(content: bytes) -> list[str]:
    return [one.text for one in opened(content).paragraphs]


def table(content: bytes) -> list[tuple[str, str]]:
    [found] = opened(content).tables
    return [(row.cells[0].text, row.cells[1].text) for row in found.rows]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_form_holds_every_field_in_the_order_of_the_paper():
    content = report_files.compose(REPORT)
    assert lines(content) == [
        "附件2",
        "舆情处置情况报告单",
        "编号：YQCZBG-2026-001\t日期：2026年11月23日",
        "舆情监控调度处置中心：",
        "现将“柳溪村路灯不亮”的舆情处置情况报告如下：",
        "责任单位：柳溪村",
        "分管领导：韩越",
        "联系电话：0571-5550-0121",
        "注：详细内容可另附页。",
    ]
    assert table(content) == [(label, getattr(REPORT, name)) for label, name in zip(LABELS, ROWS, strict=True)]
    body = opened(content).element.body
    kinds = [child.tag.rpartition("}")[2] for child in body]
    assert kinds == ["p"] * 8 + ["tbl", "p", "sectPr"], "the table stands between the telephone and the note"


@pytest.mark.parametrize(
    ("approved", "drill", "mark"),
    [(False, False, "（未审批）"), (True, True, "（演练）"), (False, True, "（演练，未审批）")],
)
def test_what_is_not_approved_or_a_drill_says_so_below_the_title(approved: bool, drill: bool, mark: str):
    assert lines(report_files.compose(replace(REPORT, approved=approved, drill=drill)))[2] == mark


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ROWS)
def test_whatever_was_written_stands_there_as_it_was_written(name: str, text: str):
    content = report_files.compose(replace(REPORT, **{name: text}))
    expected = [getattr(REPORT, one) if one != name else text for one in ROWS]
    assert table(content) == list(zip(LABELS, expected, strict=True))
    assert len(lines(content)) == 9


def test_names_and_telephones_are_data_as_well():
    odd = "{{ 7*7 }}<w:p>&_}"
    content = report_files.compose(replace(REPORT, unit=odd, branch_leader=odd, phone=odd, number=odd, office=odd))
    said = lines(content)
    assert said[5:8] == [f"责任单位：{odd}", f"分管领导：{odd}", f"联系电话：{odd}"]
    assert opened(content).core_properties.author == odd


def test_characters_that_no_xml_may_hold_are_left_out_and_nothing_else():
    forbidden = "".join(map(chr, [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF])) + "\ud800"
    content = report_files.compose(replace(REPORT, cause=f"前{forbidden}后"))
    assert table(content)[1][1] == "前后"
    for name, part in parts(content).items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(part)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_comes_back_but_for_what_xml_cannot_hold(text: str):
    content = report_files.compose(replace(REPORT, measures=text))
    assert table(content)[2] == (LABELS[2], rendering.legible(text))


def test_the_same_report_gives_the_same_bytes_and_no_moment_of_writing():
    first = report_files.compose(REPORT)
    assert report_files.compose(REPORT) == first
    with zipfile.ZipFile(BytesIO(first)) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist()[0] == "[Content_Types].xml"
    of_itself = opened(first).core_properties
    assert (of_itself.created, of_itself.modified) == (datetime(2026, 11, 23, 6, 3, tzinfo=UTC),) * 2
    assert of_itself.title == "舆情处置情况报告单 YQCZBG-2026-001"


def test_every_field_of_the_report_changes_the_document():
    other = {str: "别的", bool: False, int: 9, date: date(2026, 1, 2), datetime: datetime(2026, 1, 2, tzinfo=UTC)}
    first = report_files.compose(REPORT)
    for one in fields(Report):
        value = getattr(REPORT, one.name)
        changed = not value if isinstance(value, bool) else other[type(value)]
        assert report_files.compose(replace(REPORT, **{one.name: changed})) != first, one.name


def test_the_fonts_of_chinese_text_are_set_and_have_a_fallback():
    document = opened(report_files.compose(REPORT))
    font = lambda style: document.styles[style].element.rPr.rFonts.get(qn("w:eastAsia"))  # noqa: E731
    assert font("Normal") == "仿宋"
    assert font("Title") == "方正小标宋简体"
    [defaults] = document.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr/w:rFonts")
    assert defaults.get(qn("w:eastAsia")) == "仿宋"
    for row in document.tables[0].rows:
        [run] = row.cells[0].paragraphs[0].runs
        assert run._r.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    table_of_fonts = etree.fromstring(parts(report_files.compose(REPORT))["word/fontTable.xml"])
    w = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
    instead = {
        one.get(qn("w:name")): [alt.get(qn("w:val")) for alt in one.iterfind("w:altName", w)]
        for one in table_of_fonts.iterfind("w:font", w)
    }
    assert instead["方正小标宋简体"] == ["黑体"]
    assert instead["仿宋"] == ["FangSong"]


def test_the_foot_of_the_page_names_the_text():
    footer = opened(report_files.compose(REPORT)).sections[0].footer.paragraphs[0].text
    assert "第 2 稿 · SHA-256 abababababab" in footer


def test_writing_twice_leaves_one_file_that_knows_what_it_was_made_from(tmp_path: Path):
    folder = tmp_path / "var" / "reports"
    assert report_files.write(folder, REPORT) is True
    assert report_files.write(folder, REPORT) is False
    assert [one.name for one in folder.iterdir()] == ["YQCZBG-2026-001.docx"]
    file = folder / "YQCZBG-2026-001.docx"
    assert file.stat().st_mode & 0o777 == 0o640
    assert report_files.names(folder) == {"YQCZBG-2026-001"}
    assert report_files.is_whole(folder, REPORT.number, report_files.identifier(REPORT.sha256, approved=True))
    assert not report_files.is_whole(folder, REPORT.number, report_files.identifier(REPORT.sha256, approved=False))
    file.write_bytes(file.read_bytes()[:-30])
    assert not report_files.is_whole(folder, REPORT.number, report_files.identifier(REPORT.sha256, approved=True))
    assert report_files.write(folder, REPORT) is True


def test_a_disk_that_takes_nothing_is_named_with_what_to_do(tmp_path: Path):
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(TransportError, match=r"YQCZBG-2026-001 could not be written.*has room"):
        report_files.write(tmp_path / "reports", REPORT)


def with_text(template: Path, old: str, new: str) -> Path:
    """The template after somebody edited one of its words."""
    with zipfile.ZipFile(report_files.TEMPLATE) as before, zipfile.ZipFile(template, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "word/document.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            after.writestr(name, content)
    return template


def test_the_office_may_edit_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = with_text(tmp_path / "own.docx", "舆情监控调度处置中心：", "街道舆情中心：")
    monkeypatch.setattr(report_files, "TEMPLATE", own)
    assert lines(report_files.compose(REPORT))[3] == "街道舆情中心："


@pytest.mark.parametrize("tag", ["{{ telephone }}", "{{ phone", "{{ ''.__class__.__mro__ }}"])
def test_a_tag_that_means_nothing_is_named_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str):
    own = with_text(tmp_path / "own.docx", "{{ phone }}", tag)
    monkeypatch.setattr(report_files, "TEMPLATE", own)
    with pytest.raises(TransportError, match=r"own\.docx.*Correct the tags") as refused:
        report_files.compose(REPORT)
    assert refused.value.permanent


def test_a_template_that_is_no_word_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, content in (("none.docx", None), ("text.docx", b"not a zip")):
        file = tmp_path / name
        if content is not None:
            file.write_bytes(content)
        monkeypatch.setattr(report_files, "TEMPLATE", file)
        with pytest.raises(TransportError, match=re.escape(name)):
            report_files.compose(REPORT)


def test_what_is_no_document_was_made_from_nothing(tmp_path: Path):
    assert word_files.identifier_of(tmp_path / "none.docx") is None
    (tmp_path / "text.docx").write_bytes(b"text")
    assert word_files.identifier_of(tmp_path / "text.docx") is None


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice: install libreoffice-writer")
def test_libreoffice_opens_and_prints_it(tmp_path: Path):
    report_files.write(tmp_path, REPORT)
    subprocess.run(
        [
            "soffice",
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "YQCZBG-2026-001.docx"),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )
    assert (tmp_path / "YQCZBG-2026-001.pdf").read_bytes().startswith(b"%PDF")
