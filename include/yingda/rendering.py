"""
Turns templates and Markdown into the words people read: mails, pages, the public bulletin.

One Jinja environment a process, made when it is first needed. An unknown name in a template is an error, and
everything put into `.html.j2` and `.xml.j2` is escaped. Times are aware UTC datetimes on the way in and Shanghai time
on the way out.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingda.domain import speech
from yingda.domain.calendar import SHANGHAI

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment
    from jinja2.runtime import Context
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"

STATEMENT_TAGS = frozenset({"p", "br", "h2", "h3", "h4", "em", "strong", "ul", "ol", "li", "a", "blockquote"})
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
DEEPEST = 18
"""How deep lists and quotations of a statement may stand in each other, counted in HTML elements."""


@dataclass(frozen=True)
class MailText:
    """A mail as it will be read: `text` is complete without `html`."""

    subject: str
    text: str
    html: str


def render(template: str, locale: str, **values: Any) -> str:
    """
    Fill in a template.

    :param template: path below include/templates, for example `bulletin/index.html.j2`
    :param locale: `zh_CN` or `en`; the template sees it as `locale`
    :raises jinja2.UndefinedError: the template names a value that was not given
    :raises jinja2.TemplateNotFound: there is no such template
    """
    return _environment().get_template(template).render(values, locale=locale)


def stream(template: str, locale: str, **values: Any) -> Iterator[str]:
    """Fill in a template as `render` does, a piece at a time; for pages too large to be held."""
    pieces = _environment().get_template(template).stream(values, locale=locale)
    pieces.enable_buffering(200)
    return iter(pieces)


def mail(name: str, locale: str, **values: Any) -> MailText:
    """
    Write the mail `name` from the folder mail/<name>: subject.txt.j2, body.txt.j2 and body.html.j2.

    In English the files are named subject.en.txt.j2 and so on. The subject is folded to one line, and styles are
    written into the HTML's elements, since many mail programs drop style sheets.

    :raises jinja2.UndefinedError: the template names a value that was not given
    :raises jinja2.TemplateNotFound: there is no such mail
    """
    language = ".en" if locale == "en" else ""
    subject = render(f"mail/{name}/subject{language}.txt.j2", locale, **values)
    text = render(f"mail/{name}/body{language}.txt.j2", locale, **values)
    html = render(f"mail/{name}/body{language}.html.j2", locale, **values)
    return MailText(
        subject=" ".join(_printable(subject).split()), text=text.strip() + "\n", html=_inliner().inline(html)
    )


def statement_html(body_markdown: str) -> str:
    """
    Turn the Markdown of a statement into HTML that is safe to publish.

    Kept are paragraphs and line breaks, headings (as h2 to h4), emphasis, lists with their numbers, quotations, and
    links to http, https, mailto and tel. Whatever else is written shows as it was typed, also where lists and
    quotations stand in each other deeper than `DEEPEST`; HTML is shown, never obeyed. No word that is signed is left
    out but what `legible` drops.
    """
    writer = _markdown()
    tokens = writer.parse(legible(body_markdown))
    if any(token.nesting == 1 and token.level >= DEEPEST for token in tokens):
        # The parser drops what stands deeper, and a signed word must not vanish.
        lines = escape(legible(body_markdown).strip()).replace("\n", "<br>\n")
        return clean(f"<p>{lines}</p>\n")
    return clean(writer.renderer.render(tokens, writer.options, {}))


def clean(html: str) -> str:
    """Reduce HTML to what a statement may hold; what was cleaned comes back unchanged."""
    cleaned = _clean_once(legible(html))
    for _ in range(_ROUNDS):
        # What a parser puts right can be something else to put right: only what stays is read by all as it was judged.
        if (again := _clean_once(cleaned)) == cleaned:
            return cleaned
        cleaned = again
    return escape(plain_text(cleaned), quote=False)


def _clean_once(html: str) -> str:
    import nh3

    cleaned = nh3.clean(
        html,
        tags=set(STATEMENT_TAGS),
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_allowed_attribute,
        url_schemes=set(LINK_SCHEMES),
        clean_content_tags={"script", "style"},
        link_rel="noopener noreferrer",
    )
    # Entities are resolved only now; what they stood for is held to the same rule.
    return legible(cleaned)


def legible(text: str) -> str:
    """
    Drop the characters that nobody can read, or that make others read differently.

    Those are what no XML, and so no feed, may hold (controls but tab and line feed, lone surrogates, noncharacters);
    what reverses the order of reading (bidirectional embeddings, overrides and isolates: a signed "未" must stand
    where the signer saw it); and letters that are never seen (tags, annotations, byte order marks). Right-to-left
    scripts need none of them, and their marks U+200E, U+200F and U+061C stay.
    """
    return _ILLEGIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain_text(html: str) -> str:
    """
    Return the words a reader of `html` sees, on one line.

    Tags, comments, scripts and styles are gone, entities resolved, Unicode composed; any white space, and any boundary
    of a block, is one blank.
    """
    reader = _TextReader()
    reader.feed(legible(html))
    reader.close()
    text = unicodedata.normalize("NFC", "".join(reader.pieces))
    return " ".join(text.translate(_INVISIBLE).split())


def same_text(expected_html: str, page_html: str) -> bool:
    """Say whether the words of `expected_html` stand, in order and unbroken, in the page; no words never do."""
    expected = plain_text(expected_html)
    return bool(expected) and expected in plain_text(page_html)


def local(moment: datetime) -> str:
    """Write an aware moment in Shanghai time: `2026-11-23 14:05`. A naive one is a ValueError."""
    return f"{_in_shanghai(moment):%Y-%m-%d %H:%M}"


def stamp(moment: datetime) -> str:
    """Write an aware moment for machines, in Shanghai time, to the second (RFC 3339): `2026-11-23T14:05:00+08:00`."""
    return _in_shanghai(moment).isoformat(timespec="seconds")


def local_long(moment: datetime, locale: str) -> str:
    """Write an aware moment in Shanghai time as people say it: `11月23日 14:05`, or `23 Nov 14:05` in English."""
    there = _in_shanghai(moment)
    if locale == "en":
        return f"{there.day} {_MONTHS[there.month - 1]} {there:%H:%M}"
    return f"{there.month}月{there.day}日 {there:%H:%M}"


def label(value: Enum, locale: str) -> str:
    """Return the office's word for a severity, topic, role or clock, by the `label` of the module that defines it."""
    return str(importlib.import_module(type(value).__module__).label(value, locale))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """
        address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure
        footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary
        table tbody td tfoot th thead title tr ul
        """,
    )
)
_ROUNDS = 5  # of cleaning, before the words alone are kept
_UNSEEN = frozenset({"script", "style", "template", "title"})
_ILLEGIBLE = re.compile(
    "[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    f"|[{''.join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))}]"
)
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])


class _TextReader(HTMLParser):
    """Collects the text of a page, with a blank wherever a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag in _BLOCKS:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def _in_shanghai(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone. Give an aware UTC datetime: datetime.now(UTC).")
    return moment.astimezone(SHANGHAI)


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)


def _allowed_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "start":
        return value if re.fullmatch(r"[0-9]{1,9}", value) else None
    # A relative link would point somewhere else on every page that shows the statement.
    scheme, colon, _rest = value.partition(":")
    return value if colon and scheme.lower() in LINK_SCHEMES else None


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape

    @pass_context
    def local_long_in_context(context: Context, moment: datetime, locale: str | None = None) -> str:
        return local_long(moment, locale or context["locale"])

    @pass_context
    def label_in_context(context: Context, value: Enum, locale: str | None = None) -> str:
        return label(value, locale or context["locale"])

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.j2", "xml.j2"), ("txt.j2",), default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )

    @pass_context
    def in_words(context: Context, words: str) -> str:
        return speech.said(words, context["locale"])

    @pass_context
    def in_words_of(context: Context, meant: str, words: str) -> str:
        return speech.said(speech.N_(words, meant), context["locale"])

    @pass_context
    def counted(context: Context, words: str, _words: str, count: int) -> str:
        return speech.catalogue(context["locale"]).ngettext(words, _words, count)

    environment.install_gettext_callables(in_words, counted, newstyle=True, pgettext=in_words_of)  # type: ignore[attr-defined]
    environment.filters |= {
        "local": local,
        "stamp": stamp,
        "local_long": local_long_in_context,
        "label": label_in_context,
        "legible": legible,
    }
    return environment


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    def keep_headings_below_the_title(tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(max(int(token.tag[1]), 2), 4)}"

    writer = MarkdownIt("commonmark", {"html": False, "breaks": True})
    # Indented lines, dashes and back ticks are how people type plain text; pictures are not carried.
    # "[备注]: 见附件" would define a link and vanish.
    writer.disable(["code", "fence", "backticks", "hr", "lheading", "html_block", "html_inline", "image", "reference"])
    writer.core.ruler.push("headings", lambda state: keep_headings_below_the_title(state.tokens))
    return writer
