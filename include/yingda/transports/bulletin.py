"""
The public bulletin: a site of plain files that any web server can show, in any subfolder.

What was published is kept in {incident_no}/notice.json, newest last, and every page and feed is made from those files
alone. So publishing twice gives the same bytes, publishing several incidents at once loses none, and nothing ever
vanishes: earlier statements stay on the page of their incident.
"""

from __future__ import annotations

import fcntl
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from yingda import rendering
from yingda.domain.severity import Topic
from yingda.transports import files
from yingda.transports.errors import TransportError

INCIDENT_NO = re.compile(r"[A-Z0-9]{1,20}(-[A-Z0-9]{1,20}){1,4}")
SHA256 = re.compile(r"[0-9a-f]{64}")
FEED_LENGTH = 200  # newest incidents in the feeds; the index lists all
LOCK_PATIENCE = 30.0  # seconds to wait for another publication to end

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
    :param topic: value of a Topic, shown by its label, or words of your own
    :param sha256: of the signed text, 64 hexadecimal digits
    :param published_at: aware UTC; when the same text is published again the first moment stays
    :param base_url: http, https or file address of the bulletin's folder
    :param locale: `zh_CN` or `en`
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
        once. The steps, each whole on disk before the next: notice.json, the incident's page, index and feeds.

        :raises TransportError: permanent if the notice cannot be published as it is; otherwise the folder could not
            be written to, and trying again is harmless
        """
        _check(notice)
        try:
            files.make_folder(self.folder)
            with self._locked():
                self._keep(notice)
                self._show(notice.incident_no)
                self._list()
        except OSError as error:
            raise TransportError(
                f"{notice.incident_no} could not be written to the bulletin: {error}. "
                f"See that {self.folder} has room and may be written to."
            ) from error
        return Receipt(url=_address(notice.base_url, notice.incident_no), sha256=notice.sha256)

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
        article = re.search(
            r'<article id="statement" data-sha256="([0-9a-f]{64})"[^>]*>(.*?)</article>', page, flags=re.DOTALL
        )
        if not article or article[1] != newest["sha256"]:
            return None
        published = rendering.plain_text(f"<h1>{escape(newest['title'])}</h1>{newest['body_html']}")
        return article[1] if rendering.plain_text(article[2]) == published else None

    def _keep(self, notice: Notice) -> None:
        """Add the notice to those of its incident, or renew it in its place if it is there."""
        kept = self._kept(notice.incident_no)
        entry = _entry(notice)
        for place, earlier in enumerate(kept):
            if (earlier["revision"], earlier["sha256"]) == (notice.revision, notice.sha256):
                kept[place] = {**entry, "published_at": earlier["published_at"]}
                break
        else:
            kept.append(entry)
        files.make_folder(self.folder / notice.incident_no)
        content = {"incident_no": notice.incident_no, "notices": sorted(kept, key=_published)}
        files.write(self._notice_file(notice.incident_no), _json(content))

    def _show(self, incident_no: str) -> None:
        """Write the page of one incident."""
        *earlier, newest = [_for_page(entry) for entry in self._kept(incident_no)]
        page = rendering.render(
            "bulletin/incident.html.j2", newest["locale"], incident_no=incident_no, newest=newest, earlier=earlier[::-1]
        )
        files.write(self.folder / incident_no / "index.html", page.encode())

    def _list(self) -> None:
        """Write index, feeds and style sheet from the notices of all incidents but drills."""
        standing = []
        for path in sorted(self.folder.glob("*/notice.json")):
            if INCIDENT_NO.fullmatch(path.parent.name) and (kept := self._kept(path.parent.name)):
                standing.append(_Standing(path.parent.name, [_for_page(entry) for entry in kept]))
        standing.sort(key=lambda incident: (incident.updated, incident.incident_no), reverse=True)
        # A drill reaches nobody outside: its page has an address of its own, which no list or feed names.
        incidents = [incident for incident in standing if not incident.newest["drill"]]
        shown = incidents or standing
        site = shown[0].newest
        fed = incidents[:FEED_LENGTH]
        first = min((incident.first for incident in shown), key=lambda notice: notice["published_at"])
        values: dict[str, Any] = {
            "office_name": site["office_name"],
            "base_url": site["base_url"].rstrip("/"),
            "updated": shown[0].updated,
        }
        index = rendering.render("bulletin/index.html.j2", site["locale"], incidents=incidents, **values)
        atom = rendering.render(
            "bulletin/atom.xml.j2",
            site["locale"],
            incidents=fed,
            feed_id=_tag(first["base_url"], first["published_at"], "bulletin"),
            **values,
        )
        style = (rendering.TEMPLATES / "bulletin" / "style.css").read_bytes()
        for name, content in {
            "style.css": style,
            "index.html": index.encode(),
            "atom.xml": atom.encode(),
            "feed.json": _json(_json_feed(site, fed)),
        }.items():
            files.write(self.folder / name, content)

    def _kept(self, incident_no: str) -> list[dict[str, Any]]:
        path = self._notice_file(incident_no)
        if not path.exists():
            return []
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))["notices"]
            return sorted(kept, key=_published)
        except (ValueError, KeyError, TypeError) as error:
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


@dataclass(frozen=True)
class _Standing:
    """What stands in the bulletin for one incident, oldest notice first."""

    incident_no: str
    notices: list[dict[str, Any]]

    @property
    def first(self) -> dict[str, Any]:
        return self.notices[0]

    @property
    def newest(self) -> dict[str, Any]:
        return self.notices[-1]

    @property
    def updated(self) -> datetime:
        moment: datetime = self.newest["published_at"]
        return moment

    @property
    def tag(self) -> str:
        """The incident's name in feeds: it never changes, wherever the bulletin moves to."""
        return _tag(self.first["base_url"], self.first["published_at"], self.incident_no)


def _check(notice: Notice) -> None:
    _check_number(notice.incident_no)
    problems = []
    if not SHA256.fullmatch(notice.sha256):
        problems.append(f"sha256 {notice.sha256!r} is not 64 hexadecimal digits")
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


def _entry(notice: Notice) -> dict[str, Any]:
    """Return the notice as notice.json holds it: moments in UTC, RFC 3339."""
    entry = asdict(notice)
    del entry["incident_no"]
    for name in ("title", "topic", "office_name", "unit_name"):
        entry[name] = rendering.legible(entry[name])
    entry["body_html"] = rendering.clean(notice.body_html)
    entry["published_at"] = _rfc3339(notice.published_at)
    for signed in entry["signed"]:
        signed["at"] = _rfc3339(signed["at"])
    return entry


def _published(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["published_at"])


def _for_page(entry: dict[str, Any]) -> dict[str, Any]:
    signed = [{**one, "at": datetime.fromisoformat(one["at"])} for one in entry["signed"]]
    topic = entry["topic"]
    if topic in set(Topic):
        topic = rendering.label(Topic(topic), entry["locale"])
    return {
        **entry,
        "topic": topic,
        "published_at": _published(entry),
        "signed": signed,
    }


def _json_feed(site: dict[str, Any], incidents: list[_Standing]) -> dict[str, Any]:
    base_url = site["base_url"].rstrip("/")
    english = site["locale"] == "en"
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{site['office_name']} {'Public statements' if english else '对外情况说明'}",
        "home_page_url": f"{base_url}/index.html",
        "feed_url": f"{base_url}/feed.json",
        "language": "en" if english else "zh-CN",
        "authors": [{"name": site["office_name"]}],
        "items": [
            {
                "id": incident.tag,
                "url": _address(base_url, incident.incident_no),
                "title": f"{'【演练】' if incident.newest['drill'] else ''}{incident.newest['title']}",
                "content_html": incident.newest["body_html"],
                "date_published": _rfc3339(incident.first["published_at"]),
                "date_modified": _rfc3339(incident.updated),
                "authors": [{"name": incident.newest["office_name"]}],
                "tags": [incident.newest["topic"]],
                "_yingda": {
                    "incident_no": incident.incident_no,
                    "kind": incident.newest["kind"],
                    "sha256": incident.newest["sha256"],
                    "drill": incident.newest["drill"],
                },
            }
            for incident in incidents
        ],
    }


def _address(base_url: str, incident_no: str) -> str:
    return f"{base_url.rstrip('/')}/{incident_no}/index.html"


def _tag(base_url: str, moment: datetime, name: str) -> str:
    """Return a tag URI (RFC 4151)."""
    return f"tag:{urlsplit(base_url).hostname or 'localhost'},{moment.astimezone(UTC):%Y-%m-%d}:{name}"


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
