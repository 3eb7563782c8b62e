"""
What the notices of an incident mean for each other, and the page that shows them, made from nothing else.

Which notice corrected or withdrew which follows from their order: whatever a page shows as corrected or withdrawn was
made so by a later, signed notice on the same page.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from yingda import rendering
from yingda.domain.severity import Topic

Entry = dict[str, Any]
"""A notice as notice.json holds it."""

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHINESE = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_HEADING = re.compile(r"<h([2-6])>(.*?)</h\1>", re.DOTALL)
_ON_TOP = re.compile(r'<article id="statement" data-sha256="([0-9a-f]{64})"[^>]*>(.*?)</article>', re.DOTALL)


@dataclass(frozen=True)
class Standing:
    """What stands in the bulletin for one incident: its notices as pages show them, oldest first; at least one."""

    incident_no: str
    notices: list[dict[str, Any]]
    tag: str
    """The incident's name in feeds: the same for good, whatever follows and wherever the bulletin moves to."""

    @classmethod
    def of(cls, incident_no: str, kept: Sequence[Entry], tag: str) -> Standing:
        """Put together what the kept notices of an incident, oldest first, mean for each other."""
        notices = [_for_page(entry) for entry in kept]
        mark(notices)
        return cls(incident_no, notices, tag)

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
    unit_id = entry.get("unit_id", "")
    return {
        **entry,
        "topic_words": topic_words(entry["topic"]),
        "topic_slug": topic_slug(entry["topic"]),
        "unit_id": unit_id,
        "unit_slug": unit_slug(unit_id, entry["unit_name"]),
        "language": language_of(entry["title"], entry["body_html"]),
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


def address(base_url: str, incident_no: str) -> str:
    """Return where the page of an incident stands for good."""
    return f"{base_url.rstrip('/')}/{incident_no}/index.html"


def topic_words(topic: str) -> tuple[str, str]:
    """Return the Chinese and the English word for a topic; words of one's own stand for themselves."""
    if topic in set(Topic):
        return rendering.label(Topic(topic), "zh_CN"), rendering.label(Topic(topic), "en")
    return topic, topic


def topic_slug(topic: str) -> str:
    """Return the folder of a topic, the same for good."""
    return topic if topic in set(Topic) else _slug(topic)


def unit_slug(unit_id: str, unit_name: str) -> str:
    """Return the folder of a unit: its id in the roster, which outlives its name."""
    return unit_id if _PLAIN.fullmatch(unit_id) else _slug(unit_id or unit_name)


def language_of(title: str, body_html: str) -> str:
    """Return the language in which screen readers should speak a statement: `zh-CN` where it has Chinese, else `en`."""
    return "zh-CN" if _CHINESE.search(title) or _CHINESE.search(body_html) or not _LATIN.search(title) else "en"


def _slug(name: str) -> str:
    return f"x{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def tag(base_url: str, moment: datetime, name: str) -> str:
    """Return a tag URI (RFC 4151)."""
    return f"tag:{urlsplit(base_url).hostname or 'localhost'},{moment.astimezone(UTC):%Y-%m-%d}:{name}"


def rfc3339(moment: datetime) -> str:
    """Write an aware moment in UTC as feeds want it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_json(value: Any) -> bytes:
    """Write JSON that is the same to the byte for the same value."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
