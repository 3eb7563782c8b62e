"""
Writes a statement as a Word document with the office's letterhead, from include/templates/statement.docx.

The words are those of the public page (`presenting.public_html`); the same statement gives the same bytes.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yingda import rendering
from yingda.domain import speech
from yingda.domain.speech import N_
from yingda.transports import paragraphs, word_files
from yingda.transports.paragraphs import Kind, Piece
from yingda.transports.word_files import About

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

TEMPLATE = rendering.TEMPLATES / "statement.docx"
DEEPEST = 3
"""Levels of lists that the template has styles for; what lies deeper looks like the last of them."""

_STYLES = {
    Kind.TEXT: "Statement Text",
    Kind.HEADING: "Heading",
    Kind.BULLET: "List Bullet",
    Kind.NUMBER: "List Number",
    Kind.CONTINUED: "List Continue",
    Kind.QUOTE: "Quote",
}


@dataclass(frozen=True)
class Signed:
    """One signature: `role` and `name` as they read, `at` aware."""

    role: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Statement:
    """
    What the paper says.

    :param kind: what such a statement is called in public
    :param body_html: made by `presenting.public_html`
    :param notices: sentences that stand above everything: that it is a drill, not published, withdrawn, a correction
    :param published_at: aware; None where it is not public
    :param revision: which version of the text, 1 first
    :param sha256: of the signed text
    :param written_at: when it was written, aware
    """

    number: str
    office: str
    kind: str
    title: str
    body_html: str
    notices: Sequence[str]
    signatures: Sequence[Signed]
    published_at: datetime | None
    revision: int
    sha256: str
    written_at: datetime
    locale: str


def compose(statement: Statement) -> bytes:
    """
    Return the document.

    :raises TransportError: the template cannot be used
    """
    # Nobody who wrote the text can know it, so no words of theirs are taken for the place of the body.
    here = f"body-{secrets.token_hex(16)}"
    document = word_files.fill(
        TEMPLATE,
        {
            "office": statement.office,
            "number": statement.number,
            "date": _day(statement.published_at or statement.written_at, statement.locale),
            "kind": statement.kind,
            "title": statement.title,
            "body": here,
            "notices": list(statement.notices),
            "signed_by": speech.said(N_("签发", "statement_files"), statement.locale),
            "signatures": [f"{one.role} {one.name} {rendering.local(one.at)}" for one in statement.signatures],
            "footing": (
                speech.said(
                    "第 %(revision)s 稿 · SHA-256 %(sha256)s",
                    statement.locale,
                    revision=statement.revision,
                    sha256=statement.sha256[:12],
                )
            ),
        },
        About(
            f"{statement.number} {statement.title}",
            statement.office,
            f"sha256:{statement.sha256}",
            statement.written_at,
        ),
    )
    _put_body(document, here, paragraphs.read(statement.body_html))
    return word_files.as_bytes(document)


def _day(moment: datetime, locale: str) -> str:
    year, month, day = (int(part) for part in rendering.local(moment)[:10].split("-"))
    return rendering.local(moment)[:10] if locale == "en" else f"{year}年{month}月{day}日"


def _put_body(document: Document, here: str, body: Sequence[paragraphs.Paragraph]) -> None:
    """Put the paragraphs in the place that the template keeps for them."""
    place = next((one for one in document.paragraphs if one.text.strip() == here), None)
    if place is None:
        raise word_files.unusable(TEMPLATE, "{{ body }} must stand in a paragraph of its own, outside any table")
    numberings: dict[int, int] = {}
    for one in body:
        paragraph = place.insert_paragraph_before(style=_style(one))
        if one.list_no is not None:
            if one.list_no not in numberings:
                numberings[one.list_no] = _numbering(document, paragraph)
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = 0
            properties.get_or_add_numId().val = numberings[one.list_no]
        for piece in one.pieces:
            _add(paragraph, piece)
    place._p.getparent().remove(place._p)


def _style(one: paragraphs.Paragraph) -> str:
    name = _STYLES[one.kind]
    if one.kind is Kind.HEADING:
        return f"{name} {one.depth}"
    if one.kind in (Kind.TEXT, Kind.QUOTE) or one.depth == 1:
        return name
    return f"{name} {min(one.depth, DEEPEST)}"


def _numbering(document: Document, paragraph: Paragraph) -> int:
    """Return a numbering like that of the paragraph's style that begins with 1, for one list."""
    numbers = document.part.numbering_part.numbering_definitions._numbering
    style = paragraph.style
    assert style is not None  # noqa: S101 - it was inserted with one; this tells the type checker
    of_style = style.element.pPr.numPr.numId.val
    like = numbers.num_having_numId(of_style)
    made = numbers.add_num(like.abstractNumId.val)
    made.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(made.numId)


def _add(paragraph: Paragraph, piece: Piece) -> None:
    run = paragraph.add_run(rendering.legible(piece.text))
    run.bold, run.italic = piece.bold or None, piece.italic or None
    if piece.href:
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        run.style = "Hyperlink"
        link = OxmlElement("w:hyperlink")
        address = rendering.legible(piece.href)
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        link.append(deepcopy(run._r))
        paragraph._p.replace(run._r, link)
