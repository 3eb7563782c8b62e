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
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

    Kept are paragraphs and line breaks, headings (as h2 to h4), emphasis, lists, quotations, and links to http, https,
    mailto and tel. Whatever else is written shows as it was typed; HTML is shown, never obeyed.
    """
    return clean(_markdown().render(body_markdown))


def clean(html: str) -> str:
    """Reduce HTML to what a statement may hold; HTML made by `statement_html` comes back unchanged."""
    import nh3

    return nh3.clean(
        legible(html),
        tags=set(STATEMENT_TAGS),
        attributes={"a": {"href"}},
        attribute_filter=_allowed_attribute,
        url_schemes=set(LINK_SCHEMES),
        clean_content_tags={"script", "style"},
        link_rel="noopener noreferrer",
    )


def legible(text: str) -> str:
    """Drop the characters that no XML, and so no feed, may hold: controls but tab and line feed, lone surrogates."""
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
_UNSEEN = frozenset({"script", "style", "template", "title"})
_ILLEGIBLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
    )
    environment.filters |= {"local": local, "local_long": local_long_in_context, "label": label_in_context}
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
    writer.disable(["code", "fence", "backticks", "hr", "lheading", "html_block", "html_inline", "image"])
    writer.core.ruler.push("headings", lambda state: keep_headings_below_the_title(state.tokens))
    return writer
