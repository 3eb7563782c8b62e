"""
What the lists of the bulletin show of each incident, kept beside it so that one publication reads one incident.

`.catalogue.json` holds nothing that the notices do not say. An incident whose notice.json is not the very file that was
read last is read again; a catalogue that is missing, damaged or of another version is made anew from all of them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from yingda import rendering
from yingda.transports import files
from yingda.transports.bulletin_pages import Standing, topic_words
from yingda.transports.bulletin_words import words_of

NAME = ".catalogue.json"


class Row(NamedTuple):
    """
    One incident in a list.

    :param headline: the newest title, after what it says of corrections and withdrawals
    :param topic: as published; its folder is `topic_slug`
    :param tag: the incident's name in feeds
    :param first: when its first statement was published, its place in all lists but the newest; UTC, sorts as text
    :param updated: when its newest statement was published, likewise
    :param day: the day of `first` in Shanghai, `2026-11-23`
    :param words: by which it is found, with blanks between, from the titles of all its statements and its unit
    :param fingerprint: changes whenever anything does that a list may show
    """

    number: str
    headline: str
    language: str
    kind: str
    drill: bool
    topic: str
    topic_slug: str
    unit_name: str
    unit_slug: str
    office_name: str
    base_url: str
    locale: str
    tag: str
    first: str
    updated: str
    day: str
    words: str
    fingerprint: str = ""

    @classmethod
    def of(cls, standing: Standing) -> Row:
        """Return what lists show of an incident."""
        newest = standing.newest
        first = standing.first["published_at"]
        titles = " ".join(notice["title"] for notice in standing.notices)
        row = cls(
            number=standing.incident_no,
            headline=standing.headline,
            language=newest["language"],
            kind=newest["kind"],
            drill=newest["drill"],
            topic=newest["topic"],
            topic_slug=newest["topic_slug"],
            unit_name=newest["unit_name"],
            unit_slug=newest["unit_slug"],
            office_name=newest["office_name"],
            base_url=newest["base_url"].rstrip("/"),
            locale=newest["locale"],
            tag=standing.tag,
            first=_sortable(first),
            updated=_sortable(standing.updated),
            day=rendering.local(first)[:10],
            words=" ".join(words_of(f"{titles} {newest['unit_name']}")),
        )
        said = json.dumps(row, ensure_ascii=False)
        return row._replace(fingerprint=hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24])

    @property
    def first_at(self) -> datetime:
        """When its first statement was published, aware UTC."""
        return datetime.fromisoformat(self.first)

    @property
    def updated_at(self) -> datetime:
        """When its newest statement was published, aware UTC."""
        return datetime.fromisoformat(self.updated)

    @property
    def month(self) -> str:
        """The month of its first statement in Shanghai: `2026-11`."""
        return self.day[:7]

    @property
    def topic_words(self) -> tuple[str, str]:
        """The topic in Chinese and English; twice empty where there is none."""
        return topic_words(self.topic)


@dataclass
class Catalogue:
    """
    All rows with the stamp of the file each was read from, and which pages stand as they should.

    :param pages: path of a list's page → what was shown on it, and its length in bytes
    :param shown: number → version by which the incident's own page was last made
    """

    folder: Path
    rows: dict[str, tuple[list[int], Row]] = field(default_factory=dict)
    pages: dict[str, tuple[str, int]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Catalogue:
        """Return the catalogue of a bulletin; an empty one where none can be read."""
        made = cls(folder)
        try:
            kept = json.loads((folder / NAME).read_bytes())
            made.shown = dict(kept["shown"])
            if kept["version"] == version():
                made.rows = {no: (seen, Row(*row)) for no, (seen, row) in kept["rows"].items()}
                made.pages = {path: (shown, size) for path, (shown, size) in kept["pages"].items()}
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return cls(folder)
        return made

    def renew(self, numbers: Iterable[str], read: Callable[[str], Standing | None]) -> None:
        """Read the incidents whose notices changed, and forget those that are gone."""
        rows, folder = {}, str(self.folder)
        for number in numbers:
            status = os.stat(f"{folder}/{number}/notice.json")  # noqa: PTH116 - once for every incident
            seen = [status.st_mtime_ns, status.st_size, status.st_ino]
            if number in self.rows and self.rows[number][0] == seen:
                rows[number] = self.rows[number]
            elif (standing := read(number)) is not None:
                rows[number] = (seen, Row.of(standing))
        self.rows = rows
        self.shown = {number: shown for number, shown in self.shown.items() if number in rows}

    def stands(self, path: str, shown: str) -> bool:
        """Say whether a list's page is there and shows what it should."""
        try:
            return self.pages.get(path) == (shown, os.stat(f"{self.folder}/{path}").st_size)  # noqa: PTH116 - as above
        except OSError:
            return False

    def forget(self) -> None:
        """Take the catalogue off the disk until pages and catalogue agree again."""
        path = self.folder / NAME
        if path.exists():
            path.unlink()
            files.sync_folder(self.folder)

    def keep(self) -> None:
        """Write the catalogue; the last step of a publication."""
        content = {
            "version": version(),
            "rows": {number: [seen, row] for number, (seen, row) in self.rows.items()},
            "pages": self.pages,
            "shown": self.shown,
        }
        files.write(self.folder / NAME, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _sortable(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@cache
def version() -> str:
    """Return what changes with the templates and the code that pages are made by."""
    made_by = [
        *sorted((rendering.TEMPLATES / "bulletin").iterdir()),
        *sorted(Path(__file__).parent.glob("bulletin*.py")),
    ]
    said = hashlib.sha256()
    for path in [*made_by, Path(rendering.__file__)]:
        said.update(path.name.encode() + b"\0" + path.read_bytes())
    return said.hexdigest()[:24]
