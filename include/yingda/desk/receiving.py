"""Receiving: what a form of a page sends, fields and files, no more of it than may be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from yingda import wiring
from yingda.desk import fields, viewer
from yingda.desk.replying import LONGEST_FORM, TooLong, body_of
from yingda.domain.errors import YingdaError
from yingda.services import linking
from yingda.transports.evidence_content import LARGEST

COOKIE = "yingda_link"
"""Holds the token of a personal link, for the pages of its request only."""
LONGEST_UPLOAD = 100_000_000
"""Bytes of everything that one form sends with its files."""


MOST_FILES = 100
"""Files that one form may send; whoever chose more than can be kept is told so file by file."""


@dataclass(frozen=True)
class Upload:
    """A file as a browser sends it in a field of a form; `content` ends after one byte too many."""

    name: str
    content: bytes
    field: str = ""


@dataclass(frozen=True)
class Sent:
    """A form: fields by name, of a field sent twice the last; files that were chosen."""

    fields: Mapping[str, str]
    files: tuple[Upload, ...] = ()


async def plain(request: Request) -> Sent:
    """Read a form without files. One that cannot be read has no fields, so it is not taken for ours.

    :raises TooLong: more bytes than a form may have
    """
    body = await body_of(request, LONGEST_FORM)
    try:
        return Sent(fields.received(body))
    except ValueError:
        return Sent({})


async def form(request: Request) -> Sent:
    """Read the form of a personal link, with files or without; files only of whoever brings a link of ours.

    :raises TooLong: more bytes than a form may have
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await plain(request)
    if not _has_a_link(request):
        return Sent({})
    return await with_files(request, largest=LARGEST, longest=LONGEST_UPLOAD)


async def with_files(request: Request, *, largest: int, longest: int) -> Sent:
    """Read a form with files; one that is none, or cannot be read, has no fields.

    :param largest: bytes of one file, of which one more is read
    :param longest: bytes of the whole form
    :raises TooLong: more than `longest`
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Sent({})
    parser = MultiPartParser(
        request.headers,
        _counted(request, longest),
        max_files=MOST_FILES,
        max_fields=fields.MOST_FIELDS,
        max_part_size=LONGEST_FORM,
    )
    try:
        read = await parser.parse()
    except MultiPartException:
        return Sent({})
    typed: dict[str, str] = {}
    files = []
    try:
        for name, value in read.multi_items():
            if not isinstance(value, UploadFile):
                typed[name] = fields.one_ending(value)
            elif value.filename or value.size:
                files.append(Upload(value.filename or "", await value.read(largest + 1), name))
    finally:
        await read.close()
    return Sent(typed, tuple(files))


def _has_a_link(request: Request) -> bool:
    """Tell whether whoever sends this has a token that we signed; whether it still holds is looked at later."""
    token = request.headers.get("x-desk-token") or request.cookies.get(COOKIE, "")
    try:
        linking.read(viewer.house(), token, wiring.utcnow())
    except YingdaError:
        return False
    return True


async def _counted(request: Request, longest: int) -> AsyncGenerator[bytes, None]:
    length = 0
    async for piece in request.stream():
        length += len(piece)
        if length > longest:
            raise TooLong
        yield piece
