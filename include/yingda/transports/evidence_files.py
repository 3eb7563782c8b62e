"""
Keeps files that were brought as evidence, each under its random name, for the office's own user alone.

Nothing here knows what a file was called or whose it is: that stands in the database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from yingda.transports import files
from yingda.transports.errors import TransportError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
PIECE = 1_000_000
"""Bytes of a file that are held in memory at a time."""
_NAME = re.compile(r"[A-Za-z0-9_-]{16,32}")


def write(folder: Path, name: str, content: bytes) -> None:
    """
    Put a file into `folder` as a whole; the folder is made if need be.

    :raises TransportError: the folder cannot be written to; trying again is harmless
    """
    try:
        files.make_folder(folder.parent)
        files.make_folder(folder, mode=FOLDER_MODE)
        files.write(_path(folder, name), content, mode=FILE_MODE)
    except OSError as error:
        raise TransportError(
            f"A file brought as evidence could not be kept: {error}. See that {folder} has room and may be written to."
        ) from error


def read(folder: Path, name: str, sha256: str) -> bytes | None:
    """Return a file as it was kept; None where it is missing or its bytes are others."""
    try:
        content = _path(folder, name).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def pieces(folder: Path, name: str) -> Iterator[bytes]:
    """Yield a file as it lies there, a piece at a time.

    :raises OSError: it is not there, or cannot be read
    """
    with _path(folder, name).open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def is_whole(folder: Path, name: str, sha256: str) -> bool:
    """Tell whether a file is there as it was kept, without holding it in memory."""
    found = hashlib.sha256()
    try:
        for piece in pieces(folder, name):
            found.update(piece)
    except OSError:
        return False
    return found.hexdigest() == sha256


def remove(folder: Path, name: str) -> None:
    """Take a file away; one that is not there is no error."""
    _path(folder, name).unlink(missing_ok=True)


def older_than(folder: Path, moment: float) -> Iterator[str]:
    """Yield the names of the files that were written before a moment (seconds since 1970)."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name) and path.is_file() and path.stat().st_mtime < moment:
            yield path.name


def _path(folder: Path, name: str) -> Path:
    """Return where a file lies.

    :raises ValueError: no name that we gave
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a file brought as evidence.")
    return folder / name
