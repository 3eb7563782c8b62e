"""
Opens an .xlsx of a stranger and gives its rows, one at a time.

openpyxl unpacks and parses; before it may, the file is measured, and what does not belong into a table is refused. Its
read-only mode knows neither merged cells nor rows out of order, so its parser is asked directly.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from yingda.domain.errors import TableRefused
from yingda.domain.hazard_table import Cell, Raw, Unreadable

LARGEST_UNPACKED = 150_000_000
"""Bytes of all parts of a workbook together."""
MOST_PARTS = 2_000
MOST_COLUMNS = 200
MOST_MERGES = 100_000

_PIECE = 1 << 20
_LONGEST_TAG = 512
_MARKUP = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ENCODING = re.compile(rb"encoding=[\"']([^\"']*)")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")
_MACROS = ("vbaproject.bin", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/")
_LINKS = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/")


@dataclass(frozen=True)
class _Merge:
    """Merged cells, first and last included, counted from 1."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class Workbook:
    """An open workbook; its rows may be walked more than once."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def epoch(self) -> date:
        """Day 0 of its serial numbers."""
        epoch: date = self._book.epoch.date()
        return epoch

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets that can be seen."""
        return tuple(sheet.title for sheet in self._book.worksheets if sheet.sheet_state == "visible")

    def rows(self, name: str) -> Iterator[Raw]:
        """Yield the rows of a sheet in which something stands; the value of a merge's first cell counts for all of it.

        A row in which nothing stands but what is merged into it from above is passed over: it says nothing of its own.

        :raises TableRefused: the sheet cannot be read, or is far too wide
        """
        waiting = deque(sorted(self._merges(name), key=lambda merge: merge.first_row))
        active: list[tuple[_Merge, Cell]] = []
        for row in self._as_it_stands(name):
            active = [(merge, value) for merge, value in active if merge.last_row >= row.number]
            while waiting and waiting[0].first_row <= row.number:
                merge = waiting.popleft()
                if merge.last_row >= row.number:
                    whole = merge.first_row == row.number and merge.first_column <= len(row.cells)
                    active.append((merge, row.cells[merge.first_column - 1] if whole else None))
            if len(active) > MOST_COLUMNS:
                raise TableRefused("merges")  # more than there are columns: they lie upon each other
            yield _filled(row, active) if active else row

    def _as_it_stands(self, name: str) -> Iterator[Raw]:
        from openpyxl.worksheet._reader import WorkSheetParser

        sheet, last = self._book[name], 0
        with sheet._get_source() as source:
            parsed = WorkSheetParser(
                source,
                sheet._shared_strings,
                epoch=self._book.epoch,
                date_formats=self._book._date_formats,
                timedelta_formats=self._book._timedelta_formats,
            ).parse()
            while True:
                try:
                    number, cells = next(parsed)
                except StopIteration:
                    return
                except Exception:  # whatever the parser stumbles over, the file is at fault
                    raise TableRefused("damaged") from None
                if number <= last:
                    raise TableRefused("damaged")
                last = number
                row = Raw(number, _cells(cells))
                if any(cell not in (None, "") for cell in row.cells):
                    yield row

    def _merges(self, name: str) -> list[_Merge]:
        found: list[_Merge] = []
        with self._book[name]._get_source() as source:
            for piece in _pieces(source):
                for columns_and_rows in _MERGE.findall(piece):
                    left, top, right, bottom = (part.decode() for part in columns_and_rows)
                    found.append(_Merge(int(top), int(bottom), _column(left), _column(right)))
                    if len(found) > MOST_MERGES:
                        raise TableRefused("merges")
        return found


@contextmanager
def opened(content: bytes) -> Iterator[Workbook]:
    """Open a workbook.

    :raises TableRefused: it is no workbook, too large once unpacked, has macros, refers to other files, or is damaged
    """
    from openpyxl import load_workbook

    _measured(content)
    try:
        # Formulas come as formulas, so that no stale result of one passes for what somebody wrote.
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception:  # whatever the parser stumbles over, the file is at fault
        raise TableRefused("damaged") from None
    try:
        yield Workbook(book)
    finally:
        book.close()


def _measured(content: bytes) -> None:
    """See that a file is a workbook that may be unpacked: its sizes hold, and no part is more than text in UTF-8."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [part.filename.casefold().replace("\\", "/") for part in parts]
            if any(part.flag_bits & 1 for part in parts):
                raise TableRefused("old")
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise TableRefused("unpacked", most=LARGEST_UNPACKED // 1_000_000)
            if not any(name == "xl/workbook.xml" for name in names):
                # Any other zip: a document, an .ods, a binary .xlsb.
                raise TableRefused("kind")
            if any(mark in name for name in names for mark in _MACROS):
                raise TableRefused("macros")
            if any(name.startswith(_LINKS) for name in names):
                raise TableRefused("links")
            for part, name in zip(parts, names, strict=True):
                if name.endswith((".xml", ".rels")):
                    with archive.open(part) as source:
                        _is_plain(source, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        raise TableRefused("damaged") from None


def _is_plain(source: Any, name: str) -> None:
    """See that a part is XML in UTF-8 without declarations of its own, through which little becomes very much."""
    for place, piece in enumerate(_pieces(source)):
        if place == 0:
            declared = _ENCODING.search(piece[:200])
            if piece.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")) or (
                declared is not None and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")
            ):
                raise TableRefused("damaged")
        if _MARKUP.search(piece):
            raise TableRefused("damaged")
        if name == "[content_types].xml" and b"macroEnabled" in piece:
            raise TableRefused("macros")


def _pieces(source: Any) -> Iterator[bytes]:
    """Yield a part piece by piece, each beginning with the last tag of the one before if that did not end in it."""
    rest = b""
    while True:
        piece = source.read(_PIECE)
        if not piece:
            return
        whole = rest + piece
        yield whole
        begun = whole.rfind(b"<", -_LONGEST_TAG)
        rest = whole[begun:] if begun >= 0 and b">" not in whole[begun:] else b""


def _cells(cells: Iterable[dict[str, Any]]) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for cell in cells:
        value, column = cell["value"], cell["column"]
        if value is None:
            continue
        if column > MOST_COLUMNS:
            raise TableRefused("wide", most=MOST_COLUMNS)
        if cell["data_type"] == "f":
            value = Unreadable("formula", str(getattr(value, "text", value) or "="))
        elif cell["data_type"] == "e":
            value = Unreadable("error", str(value))
        found += [None] * (column - len(found))
        found[column - 1] = value
    return tuple(found)


def _filled(row: Raw, active: Iterable[tuple[_Merge, Cell]]) -> Raw:
    cells = list(row.cells)
    for merge, value in active:
        last = min(merge.last_column, MOST_COLUMNS)
        cells += [None] * (last - len(cells))
        cells[merge.first_column - 1 : last] = [value] * (last - merge.first_column + 1)
    return Raw(row.number, tuple(cells))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
