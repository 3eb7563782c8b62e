"""Reads the safe HTML of a statement (`rendering.statement_html`) as paragraphs, for papers that are not HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser


class Kind(StrEnum):
    """What a paragraph is."""

    TEXT = "text"
    HEADING = "heading"
    BULLET = "bullet"
    NUMBER = "number"
    CONTINUED = "continued"
    QUOTE = "quote"


@dataclass(frozen=True)
class Piece:
    """Words of one look; a line break in `text` is one on the paper, too."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str | None = None


@dataclass
class Paragraph:
    """
    One paragraph.

    :param depth: level of a heading (2 to 4), or how deep its list lies (1 outermost)
    :param list_no: which of the numbered lists of the text it belongs to, 0 the first; None for all else
    """

    kind: Kind
    depth: int = 1
    list_no: int | None = None
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words, without their look."""
        return "".join(piece.text for piece in self.pieces)


def read(html: str) -> list[Paragraph]:
    """Return the paragraphs of a text; HTML that `rendering.statement_html` does not write is read as its words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [one for one in reader.paragraphs if one.text.strip("\n ")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = []
        self._open: Paragraph | None = None
        self._lists: list[tuple[Kind, int | None]] = []
        self._item_began = False
        self._numbered = 0
        self._quotes = self._bold = self._italic = 0
        self._href: str | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self._open = None
            if tag == "ol":
                self._lists.append((Kind.NUMBER, self._numbered))
                self._numbered += 1
            else:
                self._lists.append((Kind.BULLET, None))
        elif tag == "li":
            kind, list_no = self._lists[-1] if self._lists else (Kind.BULLET, None)
            self._begin(Paragraph(kind, max(len(self._lists), 1), list_no))
            self._item_began = True
        elif tag == "p":
            if not self._item_began:
                self._begin(self._plain())
            self._item_began = False
        elif tag in ("h2", "h3", "h4"):
            self._item_began = False
            self._begin(Paragraph(Kind.HEADING, int(tag[1])))
        elif tag == "blockquote":
            self._open, self._item_began = None, False
            self._quotes += 1
        elif tag == "br":
            self._add("\n")
        else:
            self._look(tag, +1, dict(attrs).get("href"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._open = None
            if self._lists:
                self._lists.pop()
        elif tag in ("p", "li", "h2", "h3", "h4"):
            self._open, self._item_began = None, False
        elif tag == "blockquote":
            self._open, self._quotes = None, max(self._quotes - 1, 0)
        else:
            self._look(tag, -1, None)

    def handle_data(self, data: str) -> None:
        # Line feeds of the HTML itself: between blocks, and after each <br>, which says all.
        words = data.replace("\n", "")
        if words and (self._open is not None or words.strip()):
            self._item_began = False
            self._add(words)

    def _plain(self) -> Paragraph:
        if self._lists:
            return Paragraph(Kind.CONTINUED, len(self._lists))
        return Paragraph(Kind.QUOTE if self._quotes else Kind.TEXT)

    def _begin(self, paragraph: Paragraph) -> None:
        self._open = paragraph
        self.paragraphs.append(paragraph)

    def _add(self, words: str) -> None:
        if self._open is None:
            self._begin(self._plain())
        assert self._open is not None  # noqa: S101 - begun just now; this tells the type checker
        self._open.pieces.append(Piece(words, self._bold > 0, self._italic > 0, self._href))

    def _look(self, tag: str, by: int, href: str | None) -> None:
        if tag == "strong":
            self._bold = max(self._bold + by, 0)
        elif tag == "em":
            self._italic = max(self._italic + by, 0)
        elif tag == "a":
            self._href = href if by > 0 else None
