"""Hostile texts through the Markdown of statements: judged by what a parser makes of the result, not by its letters."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from tests.payloads.reading import CLASSES, LONG, TAGS, everything, payloads, wrong_with

from yingda import rendering
from yingda.rendering import statement_html

each_class = pytest.mark.parametrize("of", CLASSES)
CHINESE = re.compile("[\u4e00-\u9fff]")
TURNS_OR_HIDES = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\x00-\x08\x7f-\x9f]")


def test_the_corpus_is_there() -> None:
    assert len(CLASSES) == 10
    assert len(everything()) >= 400
    assert len({payload.name for payload in everything()}) == len(everything())
    assert all(len(payload.text) > LONG * 0.9 for payload in payloads("long_and_deep"))


def test_what_may_stand_in_a_statement_is_what_is_tested() -> None:
    assert rendering.STATEMENT_TAGS == TAGS


@pytest.mark.parametrize(
    "html",
    [
        "<p><img src=x></p>",
        "<p style='x'>x</p>",
        '<a href="javascript:x">x</a>',
        '<a href="&#1;javascript:x">x</a>',
        '<a href="/x">x</a>',
        '<a href="https://example.org" target="_blank">x</a>',
        "<!-- x -->",
        '<ol start="x"></ol>',
    ],
)
def test_the_judge_finds_what_is_wrong(html: str) -> None:
    assert wrong_with(html)


@each_class
def test_only_what_is_allowed_comes_out(of: str) -> None:
    for payload in payloads(of):
        assert wrong_with(statement_html(payload.text)) == [], payload.name
        assert wrong_with(rendering.clean(payload.text)) == [], payload.name


@each_class
def test_cleaning_again_changes_nothing(of: str) -> None:
    for payload in payloads(of):
        for html in (statement_html(payload.text), rendering.clean(payload.text)):
            assert rendering.clean(html) == html, payload.name


@each_class
def test_it_is_rendered_within_a_second(of: str) -> None:
    for name, text in payloads(of):
        long = text if len(text) > LONG / 2 else f"{text}\n" * (LONG // (len(text) + 1))
        began = time.process_time()
        rendering.plain_text(statement_html(long))
        assert time.process_time() - began < 1, name


@each_class
def test_no_word_that_was_typed_is_lost(of: str) -> None:
    for payload in payloads(of):
        # The address of a link is followed, not read.
        typed = re.sub(r"\]\([^)]*\)", "]", rendering.legible(unescape(payload.text)))
        read = rendering.plain_text(statement_html(payload.text))
        assert set(CHINESE.findall(typed)) <= set(read), payload.name


@each_class
def test_nothing_turns_the_order_of_reading_or_hides_letters(of: str) -> None:
    for payload in payloads(of):
        for html in (statement_html(payload.text), rendering.clean(payload.text)):
            assert not TURNS_OR_HIDES.search(html), payload.name


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("[备注]: 见附件", "<p>[备注]: 见附件</p>\n"),
        ("3. 三\n4. 四", '<ol start="3">\n<li>三</li>\n<li>四</li>\n</ol>\n'),
        ("1. 一\n2. 二", "<ol>\n<li>一</li>\n<li>二</li>\n</ol>\n"),
        ("2026. 年", '<ol start="2026">\n<li>年</li>\n</ol>\n'),
        (f"{'>' * 25} <b>深</b>\n二", f"<p>{'&gt;' * 25} &lt;b&gt;深&lt;/b&gt;<br>\n二</p>\n"),
        ("未\u2067经\u2069核实", "<p>未经核实</p>\n"),
        ("未&#8238;经核实", "<p>未经核实</p>\n"),
        ("مرحبا \u200f(1)", "<p>مرحبا \u200f(1)</p>\n"),
        ("葛\U000e0100、👨\u200d👩\u200d👧", "<p>葛\U000e0100、👨\u200d👩\u200d👧</p>\n"),
    ],
)
def test_what_is_typed_is_what_is_read(typed: str, read: str) -> None:
    assert statement_html(typed) == read


@pytest.mark.parametrize("depth", range(1, 40))
@pytest.mark.parametrize("mark", [">", "- ", "1. ", "> - "])
def test_no_word_is_lost_however_deep_it_stands(mark: str, depth: int) -> None:
    html = statement_html(f"{mark * depth}字")

    assert "字" in rendering.plain_text(html)
    assert wrong_with(html) == []
