"""
The public bulletin: a site of plain files that any web server can show, in any subfolder.

What was published is kept in {incident_no}/notice.json, newest last, and every page and feed is made from those files
alone. So publishing twice gives the same bytes, publishing several incidents at once loses none, and nothing ever
vanishes: earlier statements stay on the page of their incident. Only what a publication changes is written: the page of
its incident, and of each list the page that shows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from yingda import rendering
from yingda.transports import files
from yingda.transports.bulletin_catalogue import Catalogue, Row, version
from yingda.transports.bulletin_feeds import FEED_LENGTH, feeds, site_map
from yingda.transports.bulletin_lists import FOLDERS, Lists, Page
from yingda.transports.bulletin_pages import Entry, Standing, address, as_json, incident_page, on_top, rfc3339, tag
from yingda.transports.errors import TransportError

INCIDENT_NO = re.compile(r"[A-Z0-9]{1,20}(-[A-Z0-9]{1,20}){1,4}")
SHA256 = re.compile(r"[0-9a-f]{64}")
LOCK_PATIENCE = 30.0  # seconds to wait for another publication to end
RENEWED = 50  # pages of other incidents that one publication makes anew after templates changed

Kind = Literal["final", "holding", "correction", "withdrawal"]


@dataclass(frozen=True)
class Signed:
    """One signature as it stands under the text: `role_label` and `name` as signed, `at` in aware UTC."""

    role_label: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Notice:
    """
    One statement as it goes to the public.

    :param kind: `withdrawal` says that what was stated before no longer holds
    :param body_html: made by `rendering.statement_html`
    :param topic: value of a Topic, shown by its label, or words of your own; may be empty
    :param unit_id: of the roster, which keeps the list of a unit at one address whatever its name; empty if unknown
    :param sha256: of the signed text, 64 hexadecimal digits
    :param published_at: aware UTC; when the same text is published again the first moment stays
    :param base_url: http, https or file address of the bulletin's folder
    :param locale: `zh_CN` or `en`
    :param feedback_url: where readers can say whether it is settled; None where they are not asked
    """

    incident_no: str
    kind: Kind
    title: str
    body_html: str
    sha256: str
    revision: int
    topic: str
    office_name: str
    unit_name: str
    signed: tuple[Signed, ...]
    published_at: datetime
    drill: bool
    base_url: str
    locale: str
    feedback_url: str | None = None
    unit_id: str = ""


@dataclass(frozen=True)
class Receipt:
    """Where a statement stands for good, and which text it is."""

    url: str
    sha256: str


class Bulletin:
    """
    The bulletin in one folder.

    :param folder: made at the first publication; readable by everyone, since it is public
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, notice: Notice) -> Receipt:
        """
        Put the statement on top of its incident's page and bring index and feeds up to date.

        Safe to do again at any time, and from several processes at once: the same revision and text is published
        once. The steps, each whole on disk before the next: notice.json, the incident's page, feeds and lists, the
        catalogue.

        :raises TransportError: permanent if the notice cannot be published as it is; otherwise the folder could not
            be written to, and trying again is harmless
        """
        _check(notice)
        try:
            files.make_folder(self.folder)
            with self._locked():
                self._sweep(self.folder, self.folder / notice.incident_no)
                self._keep(notice)
                self._show(notice.incident_no)
                self._list(notice.incident_no)
        except OSError as error:
            raise TransportError(
                f"{notice.incident_no} could not be written to the bulletin: {error}. "
                f"See that {self.folder} has room and may be written to."
            ) from error
        return Receipt(url=address(notice.base_url, notice.incident_no), sha256=notice.sha256)

    def look(self, incident_no: str) -> str | None:
        """
        Read the page that stands there now.

        :return: SHA-256 of the newest statement, or None where no page stands or its words are not those published
        :raises TransportError: permanent; `incident_no` is no incident number
        """
        _check_number(incident_no)
        page_file = self.folder / incident_no / "index.html"
        try:
            page = page_file.read_text(encoding="utf-8")
            newest = self._kept(incident_no)[-1]
        except (FileNotFoundError, IndexError):
            return None
        shown = on_top(page)
        if shown is None or shown[0] != newest["sha256"]:
            return None
        published = rendering.plain_text(f"<h1>{escape(newest['title'])}</h1>{newest['body_html']}")
        return shown[0] if rendering.plain_text(shown[1]) == published else None

    def _keep(self, notice: Notice) -> None:
        """Add the notice to those of its incident, or renew it in its place if it is there."""
        name, kept = self._record(notice.incident_no)
        entry = _entry(notice)
        for place, earlier in enumerate(kept):
            if (earlier["revision"], earlier["sha256"]) == (notice.revision, notice.sha256):
                kept[place] = {**entry, "published_at": earlier["published_at"]}
                break
        else:
            kept.append(entry)
        files.make_folder(self.folder / notice.incident_no)
        notices = sorted(kept, key=_in_order)
        content = {
            "incident_no": notice.incident_no,
            "tag": name or _tag(notice.incident_no, notices),
            "notices": notices,
        }
        files.write(self._notice_file(notice.incident_no), as_json(content))

    def _show(self, incident_no: str) -> None:
        """Write the page of one incident."""
        page = incident_page(self._standing(incident_no))
        files.write(self.folder / incident_no / "index.html", page)

    def _list(self, published: str) -> None:
        """
        Bring feeds, style sheet and lists up to date with the notices of all incidents; write what changed.

        The catalogue is off the disk while that is done, so that after a crash everything is looked at again.
        """
        catalogue = Catalogue.read(self.folder)
        catalogue.shown[published] = version()
        catalogue.renew(self._numbers(), self._standing)
        everything = [row for _, row in catalogue.rows.values()]
        # A drill reaches nobody outside: its page has an address of its own, which no list or feed names.
        rows = [row for row in everything if not row.drill]
        site = max(rows or everything, key=lambda row: (row.updated, row.number))
        wanted = list(Lists(rows, site).pages(self._listed()))
        plain = self._plain(rows, everything, site)
        catalogue.forget()
        for name, content in plain.items():
            files.write(self.folder / name, content)
        self._write_lists(catalogue, wanted)
        self._renew_pages(catalogue)
        catalogue.keep()

    def _plain(self, rows: list[Row], everything: list[Row], site: Row) -> dict[str, bytes]:
        """Return feeds, map and style sheet by file name."""
        # The date in its name, unlike that of its first statement, never changes.
        oldest = min(everything, key=lambda row: (row.tag.rpartition(",")[2], row.number))
        newest = sorted(rows, key=lambda row: (row.updated, row.number), reverse=True)[:FEED_LENGTH]
        feed_id = f"{oldest.tag.rpartition(':')[0]}:bulletin"
        return {
            "style.css": (rendering.TEMPLATES / "bulletin" / "style.css").read_bytes(),
            **feeds([self._standing(row.number) for row in newest], site, feed_id, site.updated_at),
            **site_map(rows, site, site.updated_at),
        }

    def _write_lists(self, catalogue: Catalogue, wanted: list[Page]) -> None:
        """Write the pages that do not stand as they should."""
        changed = [page for page in wanted if not catalogue.stands(page.path, page.shown)]
        self._sweep(*{(self.folder / page.path).parent for page in changed})
        for page in changed:
            content = page.make()
            files.make_folder((self.folder / page.path).parent)
            files.write(self.folder / page.path, content)
            catalogue.pages[page.path] = (page.shown, len(content))
        catalogue.pages = {page.path: catalogue.pages[page.path] for page in wanted}

    def _renew_pages(self, catalogue: Catalogue) -> None:
        """Make some of the incidents' pages anew that templates of an earlier version made, the newest first."""
        outdated = [number for number in reversed(catalogue.rows) if catalogue.shown.get(number) != version()]
        for number in outdated[:RENEWED]:
            self._show(number)
            catalogue.shown[number] = version()

    def _numbers(self) -> list[str]:
        """Return the numbers of all incidents of which something was published."""
        numbers = [name for name in os.listdir(self.folder) if INCIDENT_NO.fullmatch(name)]  # noqa: PTH208 - names only
        return sorted(number for number in numbers if os.path.exists(f"{self.folder}/{number}/notice.json"))  # noqa: PTH110

    def _listed(self) -> list[str]:
        """Return the paths of all pages of lists that stand now, but the one that is always wanted."""
        there = [
            path.relative_to(self.folder).as_posix()
            for name in FOLDERS
            for path in (self.folder / name).rglob("*.html")
        ]
        return [path for path in there if path != "find/index.html"]

    @staticmethod
    def _sweep(*folders: Path) -> None:
        """Remove the drafts that a crash left behind; whoever holds the lock is the only one to write any."""
        for folder in folders:
            for draft in folder.glob(".*.draft"):
                draft.unlink(missing_ok=True)

    def _standing(self, incident_no: str) -> Standing:
        name, kept = self._record(incident_no)
        return Standing.of(incident_no, kept, name)

    def _kept(self, incident_no: str) -> list[Entry]:
        return self._record(incident_no)[1]

    def _record(self, incident_no: str) -> tuple[str, list[Entry]]:
        """Return the incident's name in feeds, empty while nothing is kept, and its notices, oldest first."""
        path = self._notice_file(incident_no)
        if not path.exists():
            return "", []
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            kept = sorted(content["notices"], key=_in_order)
            return content.get("tag") or _tag(incident_no, kept), kept
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise TransportError(
                f"{path} is damaged ({error}). Put it back from a backup, or move the folder "
                f"{incident_no} away and publish its statements again.",
                permanent=True,
            ) from error

    def _notice_file(self, incident_no: str) -> Path:
        return self.folder / incident_no / "notice.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the bulletin for one publication at a time, over all processes and threads."""
        with (self.folder / ".lock").open("a") as lock:
            patience = time.monotonic() + LOCK_PATIENCE
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > patience:
                        raise TransportError(
                            f"Another publication has held {self.folder / '.lock'} for {LOCK_PATIENCE:.0f} s. "
                            "It will be tried again; end the process that holds it if it hangs."
                        ) from None
                    time.sleep(0.02)
            yield


def _check(notice: Notice) -> None:
    _check_number(notice.incident_no)
    problems = []
    if not SHA256.fullmatch(notice.sha256):
        problems.append(f"sha256 {notice.sha256!r} is not 64 hexadecimal digits")
    if notice.kind not in get_args(Kind):
        problems.append(f"kind {notice.kind!r} is none of {', '.join(get_args(Kind))}")
    if not notice.title.strip():
        problems.append("the title is empty")
    if not rendering.plain_text(rendering.clean(notice.body_html)):
        problems.append("the body is empty")
    if urlsplit(notice.base_url).scheme not in {"http", "https", "file"}:
        problems.append(f"base_url {notice.base_url!r} does not begin with http://, https:// or file://")
    if any(moment.tzinfo is None for moment in (notice.published_at, *(signed.at for signed in notice.signed))):
        problems.append("a moment has no time zone")
    if problems:
        raise TransportError(f"{notice.incident_no} cannot be published: {'; '.join(problems)}.", permanent=True)


def _check_number(incident_no: str) -> None:
    if not INCIDENT_NO.fullmatch(incident_no):
        raise TransportError(
            f"{incident_no!r} is not an incident number such as YQCZBG-2026-001, so it has no page.", permanent=True
        )


def _entry(notice: Notice) -> Entry:
    """Return the notice as notice.json holds it: moments in UTC, RFC 3339."""
    entry = asdict(notice)
    del entry["incident_no"]
    for name in ("title", "topic", "office_name", "unit_name", "unit_id"):
        entry[name] = rendering.legible(entry[name])
    entry["body_html"] = rendering.clean(notice.body_html)
    entry["published_at"] = rfc3339(notice.published_at)
    for signed in entry["signed"]:
        signed["role_label"], signed["name"] = (
            rendering.legible(signed["role_label"]),
            rendering.legible(signed["name"]),
        )
        signed["at"] = rfc3339(signed["at"])
    return entry


def _tag(incident_no: str, kept: list[Entry]) -> str:
    first = kept[0]
    return tag(first["base_url"], datetime.fromisoformat(first["published_at"]), incident_no)


def _in_order(entry: Entry) -> tuple[datetime, int]:
    return datetime.fromisoformat(entry["published_at"]), entry["revision"]
