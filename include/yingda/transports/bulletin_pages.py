"""
The pages and feeds of the bulletin, made from the notices that are kept there and from nothing else.

Which notice corrected or withdrew which follows from their order: whatever a page shows as corrected or withdrawn was
made so by a later, signed notice on the same page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from yingda import rendering
from yingda.domain.severity import Topic

FEED_LENGTH = 200  # newest incidents in the feeds; the index lists all

Entry = dict[str, Any]
"""A notice as notice.json holds it."""

_HEADING = re.compile(r"<h([2-6])>(.*?)</h\1>", re.DOTALL)
_ON_TOP = re.compile(r'<article id="statement" data-sha256="([0-9a-f]{64})"[^>]*>(.*?)</article>', re.DOTALL)


@dataclass(frozen=True)
class Standing:
    """What stands in the bulletin for one incident: its notices as pages show them, oldest first; at least one."""

    incident_no: str
    notices: list[dict[str, Any]]

    @classmethod
    def of(cls, incident_no: str, kept: Sequence[Entry]) -> Standing:
        """Put together what the kept notices of an incident, oldest first, mean for each other."""
        notices = [_for_page(entry) for entry in kept]
        mark(notices)
        return cls(incident_no, notices)

    @property
    def first(self) -> dict[str, Any]:
        return self.notices[0]

    @property
    def newest(self) -> dict[str, Any]:
        return self.notices[-1]

    @property
    def about(self) -> dict[str, Any] | None:
        """Return the notice that the newest one corrects or withdraws."""
        return self.notices[-2] if self.newest["kind"] in _DOES and len(self.notices) > 1 else None

    @property
    def withdrawn_before(self) -> dict[str, Any] | None:
        """Return the latest of the earlier notices that was withdrawn, where the newest one is another matter."""
        if self.newest["kind"] == "withdrawal":
            return None
        return next((one for one in reversed(self.notices) if one["withdrawn_at"] is not None), None)

    @property
    def updated(self) -> datetime:
        moment: datetime = self.newest["published_at"]
        return moment

    @property
    def tag(self) -> str:
        """The incident's name in feeds: it never changes, wherever the bulletin moves to."""
        return _tag(self.first["base_url"], self.first["published_at"], self.incident_no)

    @property
    def headline(self) -> str:
        """The newest title, after the words that say of a drill, a correction or a withdrawal what it is."""
        return rendering.render("bulletin/headline.txt.j2", self.newest["locale"], notice=self.newest).strip()

    @property
    def feed_html(self) -> str:
        """What feeds carry: the newest body, below what it says of the notice before it."""
        return rendering.render("bulletin/feed_item.html.j2", self.newest["locale"], incident=self)


_DOES = {"correction": "corrected_at", "withdrawal": "withdrawn_at"}
"""What a notice does to the one before it, by its kind."""


def mark(notices: list[dict[str, Any]]) -> None:
    """Write on each notice when a later one corrected, withdrew or replaced it.

    A withdrawal withdraws a corrected statement as a whole, so also what the corrections corrected. A withdrawal itself
    can be corrected; what it withdrew stays withdrawn.
    """
    for place, notice in enumerate(notices[1:], start=1):
        before, at = notices[place - 1], notice["published_at"]
        if notice["kind"] == "correction":
            before["corrected_at"] = at
        elif before["kind"] == "withdrawal":
            continue
        elif notice["kind"] == "withdrawal":
            for earlier in _with_what_it_corrected(notices[:place]):
                earlier["withdrawn_at"] = at
        else:
            before["replaced_at"] = at


def _with_what_it_corrected(notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last notice and, while that is a correction, the one it corrected."""
    found = [notices[-1]]
    for earlier in reversed(notices[:-1]):
        if found[-1]["kind"] != "correction" or earlier["kind"] == "withdrawal":
            break
        found.append(earlier)
    return found


def _for_page(entry: Entry) -> dict[str, Any]:
    signed = [{**one, "at": datetime.fromisoformat(one["at"])} for one in entry["signed"]]
    topic = entry["topic"]
    if topic in set(Topic):
        topic = rendering.label(Topic(topic), entry["locale"])
    return {
        **entry,
        "topic": topic,
        "published_at": datetime.fromisoformat(entry["published_at"]),
        "signed": signed,
        "corrected_at": None,
        "withdrawn_at": None,
        "replaced_at": None,
    }


def incident_page(standing: Standing) -> bytes:
    """Return the page of one incident: the newest notice on top, the earlier ones below it, marked."""
    page = rendering.render(
        "bulletin/incident.html.j2",
        standing.newest["locale"],
        incident=standing,
        incident_no=standing.incident_no,
        newest=standing.newest,
        earlier=standing.notices[-2::-1],
        headings=headings,
    )
    return page.encode()


def on_top(page: str) -> tuple[str, str] | None:
    """Return the statement that a page shows on top, its SHA-256 and its HTML; None where it shows none."""
    found = _ON_TOP.search(page)
    return (found[1], found[2]) if found else None


def headings(html: str, below: int) -> str:
    """Renumber the headings of a statement so that they follow one of level `below` and leave no level out."""
    last = below

    def renumbered(heading: re.Match[str]) -> str:
        nonlocal last
        last = min(int(heading[1]) + below - 1, last + 1, 6)
        return f"<h{last}>{heading[2]}</h{last}>"

    return _HEADING.sub(renumbered, html)


def lists(standings: Sequence[Standing]) -> dict[str, bytes]:
    """Return index, feeds and style sheet by file name, from all incidents in any order but for drills.

    :param standings: of at least one incident
    """
    ordered = sorted(standings, key=lambda incident: (incident.updated, incident.incident_no), reverse=True)
    # A drill reaches nobody outside: its page has an address of its own, which no list or feed names.
    incidents = [incident for incident in ordered if not incident.newest["drill"]]
    shown = incidents or ordered
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
    return {
        "style.css": (rendering.TEMPLATES / "bulletin" / "style.css").read_bytes(),
        "index.html": index.encode(),
        "atom.xml": atom.encode(),
        "feed.json": as_json(_json_feed(site, fed)),
    }


def _json_feed(site: dict[str, Any], incidents: list[Standing]) -> dict[str, Any]:
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
                "url": address(base_url, incident.incident_no),
                "title": incident.headline,
                "content_html": incident.feed_html,
                "date_published": rfc3339(incident.first["published_at"]),
                "date_modified": rfc3339(incident.updated),
                "authors": [{"name": incident.newest["office_name"]}],
                "tags": [incident.newest["topic"]],
                "_yingda": {
                    "incident_no": incident.incident_no,
                    "kind": incident.newest["kind"],
                    "sha256": incident.newest["sha256"],
                    "drill": incident.newest["drill"],
                    "about_sha256": incident.about["sha256"] if incident.about is not None else None,
                },
            }
            for incident in incidents
        ],
    }


def address(base_url: str, incident_no: str) -> str:
    """Return where the page of an incident stands for good."""
    return f"{base_url.rstrip('/')}/{incident_no}/index.html"


def _tag(base_url: str, moment: datetime, name: str) -> str:
    """Return a tag URI (RFC 4151)."""
    return f"tag:{urlsplit(base_url).hostname or 'localhost'},{moment.astimezone(UTC):%Y-%m-%d}:{name}"


def rfc3339(moment: datetime) -> str:
    """Write an aware moment in UTC as feeds want it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_json(value: Any) -> bytes:
    """Write JSON that is the same to the byte for the same value."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
