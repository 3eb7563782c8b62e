"""The feeds of the bulletin, Atom (RFC 4287) and JSON Feed 1.1, and the map for search engines (sitemaps.org)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from yingda import rendering
from yingda.transports.bulletin_catalogue import Row
from yingda.transports.bulletin_pages import Standing, address, as_json

FEED_LENGTH = 200  # newest incidents in the feeds; the lists have all
MAP_LENGTH = 40_000  # newest incidents on the map; sitemaps.org allows 50,000


def feeds(newest: Sequence[Standing], site: Row, feed_id: str, updated: datetime) -> dict[str, bytes]:
    """
    Return both feeds by file name.

    :param newest: at most FEED_LENGTH incidents, newest first, no drill among them; may be empty
    :param feed_id: the feed's name, which never changes
    """
    atom = rendering.render(
        "bulletin/atom.xml.j2",
        site.locale,
        incidents=newest,
        office_name=site.office_name,
        base_url=site.base_url,
        updated=updated,
        feed_id=feed_id,
    )
    return {"atom.xml": atom.encode(), "feed.json": as_json(_json_feed(newest, site))}


def site_map(rows: Sequence[Row], site: Row, updated: datetime) -> dict[str, bytes]:
    """Return the map by file name; none where the bulletin has no web address."""
    if urlsplit(site.base_url).scheme not in {"http", "https"}:
        return {}
    newest = sorted(rows, key=lambda row: (row.updated, row.number), reverse=True)[:MAP_LENGTH]
    xml = rendering.render("bulletin/sitemap.xml.j2", site.locale, rows=newest, base_url=site.base_url, updated=updated)
    return {"sitemap.xml": xml.encode()}


def _json_feed(newest: Sequence[Standing], site: Row) -> dict[str, Any]:
    english = site.locale == "en"
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{site.office_name} {'Public statements' if english else '对外情况说明'}",
        "home_page_url": f"{site.base_url}/index.html",
        "feed_url": f"{site.base_url}/feed.json",
        "language": "en" if english else "zh-CN",
        "authors": [{"name": site.office_name}],
        "items": [_item(incident, site.base_url) for incident in newest],
    }


def _item(incident: Standing, base_url: str) -> dict[str, Any]:
    newest = incident.newest
    topic = newest["topic_words"][newest["locale"] == "en"]
    return {
        "id": incident.tag,
        "url": address(base_url, incident.incident_no),
        "title": incident.headline,
        "language": newest["language"],
        "content_html": incident.feed_html,
        "date_published": rendering.stamp(incident.first["published_at"]),
        "date_modified": rendering.stamp(incident.updated),
        "authors": [{"name": newest["office_name"]}],
        "tags": [topic] if topic else [],
        "_yingda": {
            "incident_no": incident.incident_no,
            "kind": newest["kind"],
            "sha256": newest["sha256"],
            "drill": newest["drill"],
            "about_sha256": incident.about["sha256"] if incident.about is not None else None,
        },
    }
