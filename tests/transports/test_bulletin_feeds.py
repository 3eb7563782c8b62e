"""The feeds against what the formats ask for, and their names, which a feed reader remembers for years."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
from lxml import etree
from tests.transports.test_bulletin import ATOM, NOW, NUMBER, PAYLOADS, a_notice, atom_of, folder, publish_life

from yingda import rendering
from yingda.transports.bulletin import Bulletin

__all__ = ["folder"]

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(scope="module")
def atom_schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))


@pytest.fixture(scope="module")
def json_schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / "json_feed.json").read_bytes()))


def feed_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "feed.json").read_bytes())


def everything(folder: Path, locale: str) -> None:
    """A bulletin with all that a feed can hold, and with no topic, no unit and no signature."""
    publish_life(folder, "holding", "final", "correction", "withdrawal", "final", locale=locale)
    for place, payload in enumerate(PAYLOADS):
        body = rendering.statement_html(f"正文\n\n{payload}")
        moment = NOW.replace(microsecond=place * 7)
        changes = {"title": f"题 {payload}", "body_html": body, "unit_name": "", "topic": "", "signed": ()}
        Bulletin(folder).publish(
            a_notice(incident_no=f"YQCZBG-2026-{place + 10:03}", published_at=moment, locale=locale, **changes)
        )


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_validators_accept_both_feeds_whatever_is_published(
    folder: Path, locale: str, atom_schema: etree.RelaxNG, json_schema: jsonschema.Draft202012Validator
) -> None:
    everything(folder, locale)

    atom = (folder / "atom.xml").read_bytes()
    atom_schema.assertValid(etree.fromstring(atom))
    parsed = feedparser.parse(atom)
    assert not parsed.bozo
    assert len(parsed.entries) == len(PAYLOADS) + 1
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)
    feed = feed_of(folder)
    assert [error.message for error in json_schema.iter_errors(feed)] == []
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in parsed.entries]
    assert [item["date_modified"] for item in feed["items"]] == [entry.updated for entry in parsed.entries]


def test_a_bulletin_of_drills_alone_has_valid_empty_feeds(
    folder: Path, atom_schema: etree.RelaxNG, json_schema: jsonschema.Draft202012Validator
) -> None:
    Bulletin(folder).publish(a_notice(drill=True))

    atom_schema.assertValid(etree.parse(folder / "atom.xml"))
    json_schema.validate(feed_of(folder))
    assert feed_of(folder)["items"] == []


def test_the_schemas_refuse_what_is_wrong(
    folder: Path, atom_schema: etree.RelaxNG, json_schema: jsonschema.Draft202012Validator
) -> None:
    Bulletin(folder).publish(a_notice())
    for wrong in ("id", "title", "updated"):
        root = etree.parse(folder / "atom.xml").getroot()
        entry = root.find(f"{ATOM}entry")
        entry.remove(entry.find(f"{ATOM}{wrong}"))
        assert not atom_schema.validate(root), wrong
    root = etree.parse(folder / "atom.xml").getroot()
    root.find(f"{ATOM}updated").text = "2026-11-23 14:05"
    assert not atom_schema.validate(root)
    feed = feed_of(folder)
    for change in ({"id": 7}, {"date_published": "2026-11-23 14:05"}, {"tags": [""]}, {"url": "/x"}, {"unknown": 1}):
        changed = copy.deepcopy(feed)
        changed["items"][0].update(change)
        assert not json_schema.is_valid(changed), change
    assert not json_schema.is_valid({**feed, "version": "https://jsonfeed.org/version/1"})


def test_a_name_in_the_feeds_stays_when_the_bulletin_moves_and_publishes_again(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())
    before = feed_of(folder)["items"][0]["id"], atom_of(folder).findtext(f"{ATOM}id")

    Bulletin(folder).publish(a_notice(base_url="https://new.example.org"))

    assert (feed_of(folder)["items"][0]["id"], atom_of(folder).findtext(f"{ATOM}id")) == before
    assert feed_of(folder)["items"][0]["url"] == f"https://new.example.org/{NUMBER}/index.html"


def test_a_name_stays_when_an_earlier_revision_comes_late(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(revision=2, sha256="b" * 64))
    before = feed_of(folder)["items"][0]["id"]

    Bulletin(folder).publish(a_notice(revision=1, published_at=NOW - timedelta(days=3)))

    assert feed_of(folder)["items"][0]["id"] == before


def test_the_feeds_own_name_stays_when_a_real_statement_follows_a_drill(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(drill=True))
    before = atom_of(folder).findtext(f"{ATOM}id")

    Bulletin(folder).publish(a_notice(incident_no="YQCZBG-2026-002", published_at=NOW + timedelta(days=3)))

    assert atom_of(folder).findtext(f"{ATOM}id") == before


def test_an_incident_whose_record_is_of_an_earlier_version_keeps_its_name(folder: Path) -> None:
    Bulletin(folder).publish(a_notice())
    before = feed_of(folder)["items"][0]["id"]
    record = folder / NUMBER / "notice.json"
    content = json.loads(record.read_bytes())
    del content["tag"]
    for notice in content["notices"]:
        del notice["unit_id"]
    record.write_text(json.dumps(content), "utf-8")

    Bulletin(folder).publish(a_notice(base_url="https://new.example.org"))

    assert feed_of(folder)["items"][0]["id"] == before


def test_moments_are_those_of_shanghai(folder: Path) -> None:
    publish_life(folder, "final", "correction")

    [item] = feed_of(folder)["items"]
    assert (item["date_published"], item["date_modified"]) == ("2026-11-23T14:05:00+08:00", "2026-11-24T14:05:00+08:00")
    [entry] = feedparser.parse((folder / "atom.xml").read_bytes()).entries
    assert (entry.published, entry.updated) == (item["date_published"], item["date_modified"])


def test_search_engines_get_a_map_of_what_is_listed(folder: Path) -> None:
    publish_life(folder, "final", "correction")
    Bulletin(folder).publish(a_notice(incident_no="YQCZBG-2026-002", drill=True))

    names = {"map": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    found = etree.parse(folder / "sitemap.xml")
    assert found.xpath("//map:loc/text()", namespaces=names) == [
        "https://example.org/bulletin/index.html",
        f"https://example.org/bulletin/{NUMBER}/index.html",
    ]
    assert found.xpath("//map:lastmod/text()", namespaces=names)[1].startswith("2026-11-24T06:05:00")


def test_a_bulletin_without_web_address_has_no_map(folder: Path) -> None:
    Bulletin(folder).publish(a_notice(base_url="file:///srv/bulletin"))

    assert not (folder / "sitemap.xml").exists()
