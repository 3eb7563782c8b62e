"""
Reads tables of hazards out of files that people upload, .xlsx or .csv, and nothing else out of them.

Files are strangers' bytes: they are measured before they are unpacked; formulas are not calculated, macros and links to
other files refused. What a file is, its content says, not its name.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO

from yingda.domain.days_written import EXCEL_EPOCH
from yingda.domain.errors import TableRefused
from yingda.domain.hazard_table import (
    COLUMNS,
    HEADER_WITHIN,
    MOST_ROWS,
    Header,
    NoHeader,
    Raw,
    find_header,
)
from yingda.transports.hazard_workbook import opened

LARGEST = 10_000_000
"""Bytes of a file."""
DELIMITERS = (",", "\t", ";")
ENCODINGS = ("utf-8-sig", "utf-16-le", "utf-16-be", "gb18030", "big5")
"""What a file without a mark may be written in, in this order; the header decides, so none is ever guessed."""


@dataclass(frozen=True)
class Table:
    """The rows of a file with its header; `epoch` is day 0 of its serial numbers."""

    header: Header
    rows: tuple[Raw, ...]
    epoch: date = EXCEL_EPOCH


def read(content: bytes) -> Table:
    """
    Read a file.

    :raises TableRefused: says why it is not taken; see domain/hazard_table.py for the words
    """
    if not content.strip(b"\x00 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise TableRefused("empty")
    if len(content) > LARGEST:
        raise TableRefused("large", most=LARGEST // 1_000_000)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableRefused("old")
    if content.startswith(b"PK"):
        return _of_workbook(content)
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"\x1f\x8b")):
        raise TableRefused("kind")
    return _of_text(content)


def _of_workbook(content: bytes) -> Table:
    found: tuple[str, Header] | None = None
    likeliest = NoHeader(list(COLUMNS.values()))
    with opened(content) as book:
        for sheet in book.sheets:
            try:
                header = find_header(book.rows(sheet))
            except NoHeader as none:
                likeliest = _likelier(likeliest, none)
                continue
            if found is not None:
                raise TableRefused("sheets", names="、".join([found[0], sheet]))
            found = sheet, header
        if found is None:
            raise _no_header(likeliest)
        sheet, header = found
        return Table(header, tuple(_bounded(book.rows(sheet), header)), book.epoch)


def _bounded(rows: Iterable[Raw], header: Header) -> Iterator[Raw]:
    """Yield the rows that are not blank, no more of them than may be."""
    count = 0
    for row in rows:
        if row.number > header.number and any(cell not in (None, "") for cell in row.cells):
            count += 1
            if count > MOST_ROWS:
                raise TableRefused("rows", most=MOST_ROWS)
            yield row


def _of_text(content: bytes) -> Table:
    """Read CSV in the first encoding, and with the first delimiter, in which the header is found."""
    likeliest = NoHeader(list(COLUMNS.values()))
    wrong_quotes: TableRefused | None = None
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
        for delimiter in DELIMITERS:
            try:
                header = find_header(_records(text, delimiter))
            except TableRefused as refused:
                wrong_quotes = wrong_quotes or refused
            except NoHeader as none:
                likeliest = _likelier(likeliest, none)
            else:
                return Table(header, tuple(_bounded(_records(text, delimiter), header)))
    if len(likeliest.missing) < len(COLUMNS):
        raise _no_header(likeliest)
    if not _is_marked_or_utf8(content):
        raise TableRefused("encoding", guess=_guess(content) or "?")
    raise wrong_quotes or _no_header(likeliest)


def _likelier(one: NoHeader, other: NoHeader) -> NoHeader:
    """Return the one that lacks fewer columns.

    :raises TableRefused: a column stands there twice
    """
    if other.twice:
        raise TableRefused("twice", column=other.twice)
    return other if len(other.missing) < len(one.missing) else one


def _encodings(content: bytes) -> Iterator[str]:
    """Yield the encodings to try; a mark at the beginning leaves no choice."""
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        yield "utf-32"
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    elif content.startswith(b"\xef\xbb\xbf"):
        yield "utf-8-sig"
    else:
        yield from ENCODINGS
        # The last resort looks at how likely the text is; the header must be found in it all the same.
        guess = _guess(content)
        if guess is not None:
            yield guess


def _guess(content: bytes) -> str | None:
    """Return what the file looks like, by the statistics of its bytes; the same bytes look the same each time."""
    from charset_normalizer import from_bytes

    found = from_bytes(content[:200_000]).best()
    return None if found is None else found.encoding


def _is_marked_or_utf8(content: bytes) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _records(text: str, delimiter: str) -> Iterator[Raw]:
    """Yield the records of a CSV text, numbered as a spreadsheet shows them: a cell of several lines is in one row."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield Raw(number, tuple(cells))
    except csv.Error:
        raise TableRefused("quotes", line=reader.line_num) from None


def _no_header(none: NoHeader) -> TableRefused:
    names = "、".join(COLUMNS.values())
    return TableRefused("columns", within=HEADER_WITHIN, missing="、".join(none.missing), all=names)
