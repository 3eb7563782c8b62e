"""
Looks into photos and PDFs that are brought as evidence, and gives them back clean.

What a file is, its content says. Photos are drawn anew, so that where, when and with what they were taken is gone;
PDFs lose what could run, open or send something, what is attached to them and who made them. Same bytes in, same out.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from yingda.domain.errors import EvidenceRefused

LARGEST = 15_000_000
"""Bytes of one file."""
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 4096
"""Pixels; a larger photo is made smaller."""
MOST_PAGES = 300
MOST_OBJECTS = 200_000

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
SUFFIXES = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", PDF: ".pdf"}


@dataclass(frozen=True)
class Clean:
    """A file as it may be kept and shown."""

    media_type: str
    content: bytes


def cleaned(content: bytes) -> Clean:
    """
    Return a photo or PDF as it may be kept.

    :raises EvidenceRefused: `empty`, `large`, `kind` (neither photo nor PDF), `damaged`, `locked` (a password) or
        `pixels`
    """
    if not content:
        raise EvidenceRefused("empty")
    if len(content) > LARGEST:
        raise EvidenceRefused("large")
    clean = Clean(PDF, _pdf(content)) if b"%PDF-" in content[:1024] else _photo(content)
    if len(clean.content) > LARGEST:
        raise EvidenceRefused("large")
    return clean


def _photo(content: bytes) -> Clean:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                raise EvidenceRefused("pixels")
            media_type = {"PNG": PNG, "WEBP": WEBP}.get(photo.format or "", JPEG)
            photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(photo)
    except UnidentifiedImageError:
        raise EvidenceRefused("kind") from None
    except Image.DecompressionBombError:
        raise EvidenceRefused("pixels") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise EvidenceRefused("damaged") from None
    see_through = media_type != JPEG and upright.has_transparency_data
    plain = upright.convert("RGBA" if see_through else "L" if upright.mode in ("1", "L") else "RGB")
    # A picture made of the pixels alone: nothing that stood beside them can come along.
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    drawn = BytesIO()
    if media_type == PNG:
        bare.save(drawn, "PNG")
    else:
        bare.save(drawn, "WEBP" if media_type == WEBP else "JPEG", quality=88)
    return Clean(media_type, drawn.getvalue())


def _pdf(content: bytes) -> bytes:
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content)) as document:
            if not 0 < len(document.pages) <= MOST_PAGES or len(document.objects) > MOST_OBJECTS:
                raise EvidenceRefused("damaged" if not len(document.pages) else "large")
            for each in document.objects:
                _disarm(each)
            if "/Info" in document.trailer:
                del document.trailer["/Info"]
            written = BytesIO()
            document.save(written, encryption=False, deterministic_id=True)
    except pikepdf.PasswordError:
        raise EvidenceRefused("locked") from None
    except (pikepdf.PdfError, ValueError, RuntimeError, RecursionError):
        raise EvidenceRefused("damaged") from None
    return written.getvalue()


_TAKEN_OUT = (
    "/A",
    "/AA",
    "/AF",
    "/EF",
    "/EmbeddedFiles",
    "/JS",
    "/JavaScript",
    "/Metadata",
    "/OpenAction",
    "/PieceInfo",
    "/RichMediaContent",
    "/XFA",
)
"""Entries of a PDF that run, open or send something, carry other files, or tell who made it."""


def _disarm(top: Any) -> None:
    """Take out of one object, and of what lies directly in it, whatever does more than show."""
    import pikepdf

    below: list[Any] = [top]
    while below:
        each = below.pop()
        if isinstance(each, pikepdf.Stream | pikepdf.Dictionary):
            for name in _TAKEN_OUT:
                if name in each:
                    del each[name]
            plain = each if isinstance(each, pikepdf.Dictionary) else each.stream_dict
            children = list(plain.as_dict().values())
        elif isinstance(each, pikepdf.Array):
            children = list(each.as_list())
        else:
            continue
        # What is referred to comes by itself, as an object of the file.
        below += [child for child in children if isinstance(child, pikepdf.Object) and not child.is_indirect]
