"""
Fills in Word templates that the office edits in Word or WPS (include/templates/*.docx), their tags those of docxtpl.

What people wrote goes in as data: it is never a template, never XML, and loses only characters that no XML may hold.
The same words give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from yingda import rendering
from yingda.transports.errors import TransportError

if TYPE_CHECKING:
    from docx.document import Document
    from markupsafe import Markup

_STAMP = (1980, 1, 1, 0, 0, 0)
"""The moment that each part of a document is said to be from: the moment of writing would make each copy differ."""
_CONTENT_TYPES = "[Content_Types].xml"
_CORE = "docProps/core.xml"
_IDENTIFIER = re.compile(rb"<dc:identifier>([^<]*)</dc:identifier>")

Field = str | Sequence[str]


@dataclass(frozen=True)
class About:
    """
    What a document says of itself, apart from its text.

    :param identifier: which text it was made from; `identifier_of` reads it back
    :param at: when that text was written, aware
    """

    title: str
    author: str
    identifier: str
    at: datetime


def fill(template: Path, fields: Mapping[str, Field], about: About) -> Document:
    """
    Return the template with its tags filled in; a sequence is for a tag that repeats its paragraph.

    :raises TransportError: the template cannot be read, or its tags cannot be understood; permanent
    """
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    words = DocxTemplate(template)
    tags = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        words.render(
            {name: _data(of) if isinstance(of, str) else [_data(one) for one in of] for name, of in fields.items()},
            tags,
        )
    except TemplateError as wrong:
        known = "、".join(sorted(fields))
        raise unusable(
            template, f"{wrong.message}. Correct the tags between {{{{ }}}} or {{% %}}. It may use: {known}"
        ) from wrong
    except (OSError, KeyError, ValueError, SyntaxError, zipfile.BadZipFile, PackageNotFoundError) as unread:
        raise unusable(template, f"it is not there, or is no Word file ({unread})") from unread
    document: Document = words.docx
    of_itself = document.core_properties
    of_itself.title, of_itself.author, of_itself.last_modified_by = (
        rendering.legible(one)[:255] for one in (about.title, about.author, about.author)
    )
    of_itself.identifier = about.identifier
    # Naive by the library's convention, and in UTC.
    of_itself.created = of_itself.modified = about.at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    of_itself.revision = 1
    return document


def unusable(template: Path, why: str) -> TransportError:
    """Return what to raise where a template cannot be used."""
    return TransportError(f"{template.name}: {why}. Correct it, or put {template} back as it came.", permanent=True)


def as_bytes(document: Document) -> bytes:
    """Return a document as a file: always the same bytes for the same document."""
    written, again = BytesIO(), BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(again, "w") as file:
        for name in sorted(parts.namelist(), key=lambda name: (name != _CONTENT_TYPES, name)):
            part = zipfile.ZipInfo(name, _STAMP)
            part.compress_type, part.create_system, part.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            file.writestr(part, parts.read(name))
    return again.getvalue()


def identifier_of(file: Path) -> str | None:
    """Return which text a document was made from (`About.identifier`); None where that cannot be told."""
    try:
        with zipfile.ZipFile(file) as parts:
            found = _IDENTIFIER.search(parts.read(_CORE))
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    return found[1].decode(errors="replace") if found else None


def _data(text: str) -> Markup:
    """Return a text as the template takes it: escaped, and with nothing in it that docxtpl would take for a tag."""
    from markupsafe import Markup, escape

    # After filling in, docxtpl turns `{_{` and its like into braces, in what people wrote as well.
    return Markup(str(escape(rendering.legible(text))).replace("_", "&#95;"))  # noqa: S704 - escaped just now
