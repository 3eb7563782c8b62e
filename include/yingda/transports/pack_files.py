"""
Writes an evidence pack: a zip of files with a manifest of their SHA-256, and the program that checks it offline.

Files are written one after the other, a piece at a time, so that a pack of any size needs little memory.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, BinaryIO

from yingda import rendering
from yingda.domain.calendar import SHANGHAI

FORMAT = "yingda-evidence-pack/1"
MANIFEST = "manifest.json"
CHECKSUM = "manifest.sha256"
VERIFIER = rendering.TEMPLATES / "pack" / "verify.py"


class _Hashed:
    """Passes bytes on and keeps their number and their SHA-256."""

    def __init__(self, to: IO[bytes]) -> None:
        self._to = to
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        self._to.write(piece)
        self._sha256.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


class Pack:
    """
    A pack being written; one file at a time.

    :param folder: the one folder that everything lies in
    :param at: what all its files are dated, aware
    """

    def __init__(self, to: BinaryIO, folder: str, at: datetime) -> None:
        self._zip = zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED)
        self._folder = folder
        self._at = at.astimezone(SHANGHAI).timetuple()[:6]
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Pack:
        """Begin; what was begun and not finished is no zip that anything can read."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write nothing more once something went wrong: the disk may be full."""
        if kind is not None:
            self._zip.fp = None

    @contextmanager
    def opened(self, name: str, *, squeezed: bool = True) -> Iterator[_Hashed]:
        """Write a file piece by piece; `squeezed` is off for what is compressed in itself."""
        with self._zip.open(self._entry(name, squeezed=squeezed), "w", force_zip64=True) as part:
            hashed = _Hashed(part)
            yield hashed
        self._files[name] = {"size": hashed.size, "sha256": hashed.sha256}

    def add(self, name: str, content: bytes) -> None:
        """Write a file."""
        with self.opened(name) as file:
            file.write(content)

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file that is compressed in itself, such as a photo."""
        with self.opened(name, squeezed=False) as file:
            for piece in pieces:
                file.write(piece)

    def add_json(self, name: str, value: Any) -> None:
        """Write a value as JSON that people can read as well."""
        self.add(name, as_json(value))

    def finish(self, facts: Mapping[str, Any]) -> tuple[str, int]:
        """Add verifier and manifest, end the zip; return the SHA-256 of the manifest and how many files it names."""
        self.add("verify.py", VERIFIER.read_bytes())
        manifest = as_json({"format": FORMAT, **facts, "files": dict(sorted(self._files.items()))})
        sha256 = hashlib.sha256(manifest).hexdigest()
        # What names all other files cannot name itself; sha256sum reads this line, too.
        self._zip.writestr(self._entry(MANIFEST), manifest)
        self._zip.writestr(self._entry(CHECKSUM), f"{sha256}  {MANIFEST}\n")
        self._zip.close()
        return sha256, len(self._files)

    def _entry(self, name: str, *, squeezed: bool = True) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{self._folder}/{name}", self._at)
        entry.compress_type = zipfile.ZIP_DEFLATED if squeezed else zipfile.ZIP_STORED
        entry.create_system, entry.external_attr = 3, 0o644 << 16
        return entry


def as_json(value: Any) -> bytes:
    """Write JSON for people and programs."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def as_line(value: Mapping[str, Any]) -> bytes:
    """Write JSON as one line."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()
