"""What a trigger may say, and which links are one and the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from yingda.domain import lead
from yingda.domain.errors import ConfRefused
from yingda.domain.life import Stage
from yingda.domain.severity import Severity, Topic


def test_a_title_alone_is_a_lead() -> None:
    read = lead.read({"title": "  路灯不亮  "})

    assert read.title == "路灯不亮"
    assert read.severity is Severity.GENERAL
    assert (read.urgent, read.drill, read.unit, read.source_url) == (False, False, None, None)


def test_everything_a_trigger_may_say_is_read() -> None:
    read = lead.read(
        {
            "title": "某路段积水",
            "summary": "积水三天",
            "topic": "sanitation",
            "severity": "critical",
            "urgent": True,
            "drill": True,
            "unit": "liuxi",
            "platform": "本地论坛",
            "source_url": "HTTPS://forum.example.org/t/1",
            "seen_at": "2026-11-23T14:05:00+08:00",
            "reporter": "luo_chunsheng",
        }
    )

    assert read.topic is Topic.SANITATION
    assert read.seen_at == datetime(2026, 11, 23, 6, 5, tzinfo=UTC)


def test_empty_values_count_as_absent_as_forms_send_them() -> None:
    read = lead.read({"title": "路灯", "topic": None, "unit": "", "source_url": "", "seen_at": "", "stage": None})

    assert (read.topic, read.unit, read.source_url, read.seen_at) == (None, None, None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "长" * 201),
        ("title", "   "),
        ("title", ["路灯"]),
        ("title", "路\x00灯"),
        ("summary", "长" * 4001),
        ("summary", "一\x07二"),
        ("topic", "weather"),
        ("severity", "grave"),
        ("urgent", "perhaps"),
        ("drill", 7),
        ("unit", "../etc"),
        ("unit", "柳溪"),
        ("reporter", "a b"),
        ("platform", "长" * 101),
        ("source_url", "ftp://forum.example.org/t/1"),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "forum.example.org"),
        ("source_url", "https://"),
        ("source_url", "https://user:word@forum.example.org/"),
        ("source_url", "https://:word@forum.example.org/"),
        ("source_url", "https://forum.example.org:port/"),
        ("source_url", "https://forum.example.org:99999/"),
        ("source_url", "https://[bad/"),
        ("source_url", "https://forum.example.org/" + "a" * 2000),
        ("seen_at", "yesterday"),
        ("seen_at", "2026-11-23T14:05:00"),
        ("incident_no", "1"),
        ("stage", "publication"),
        ("stage", "closed"),
        ("reason", "长" * 501),
        ("poster", "某人"),
    ],
)
def test_a_refusal_names_the_field(field: str, value: Any) -> None:
    conf = {"title": "路灯", "incident_no": "YQCZBG-2026-001", field: value}
    if field == "source_url":
        del conf["incident_no"]

    with pytest.raises(ConfRefused) as refused:
        lead.read(conf)

    assert refused.value.field == field
    assert field in str(refused.value)


def test_a_lead_without_title_is_refused_with_the_remedy() -> None:
    with pytest.raises(ConfRefused, match="1 to 200 characters") as refused:
        lead.read({"summary": "什么"})

    assert refused.value.field == "title"


def test_an_unknown_field_is_refused_with_the_list_of_fields() -> None:
    with pytest.raises(ConfRefused, match="source_url"):
        lead.read({"title": "路灯", "source": "https://forum.example.org/"})


def test_a_refusal_quotes_no_more_than_a_line_of_what_was_given() -> None:
    with pytest.raises(ConfRefused) as refused:
        lead.read({"title": "长" * 5000})

    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("field", ["stage", "reason"])
def test_stage_and_reason_go_only_with_a_known_incident(field: str) -> None:
    with pytest.raises(ConfRefused, match="incident_no") as refused:
        lead.read({"title": "路灯", field: {"stage": "statement", "reason": "又有反映"}[field]})

    assert refused.value.field == field


def test_a_further_pass_needs_no_title() -> None:
    read = lead.read({"incident_no": "YQCZBG-2026-1001", "stage": "statement", "reason": "更正"})

    assert read.stage is Stage.STATEMENT


@pytest.mark.parametrize(
    "same",
    [
        "https://forum.example.org/t/1",
        "HTTPS://Forum.Example.ORG/t/1",
        "https://forum.example.org:443/t/1",
        "https://forum.example.org/t/1/",
        "https://forum.example.org/t/1#reply-7",
        "  https://forum.example.org/t/1 ",
    ],
)
def test_ways_to_write_one_address_have_one_key(same: str) -> None:
    assert lead.url_key(same) == lead.url_key("https://forum.example.org/t/1")


@pytest.mark.parametrize(
    "other",
    [
        "http://forum.example.org/t/1",
        "https://forum.example.org:8443/t/1",
        "https://forum.example.org/T/1",
        "https://forum.example.org/t/1?page=2",
        "https://www.forum.example.org/t/1",
        "https://forum.example.org/t/2",
    ],
)
def test_another_address_has_another_key(other: str) -> None:
    assert lead.url_key(other) != lead.url_key("https://forum.example.org/t/1")


def test_a_site_with_and_without_its_slash_is_one_address() -> None:
    assert lead.url_key("https://forum.example.org") == lead.url_key("https://forum.example.org/")


def test_numbers_grow_beyond_three_digits() -> None:
    assert [lead.number_of("YQCZBG", 2026, serial) for serial in (1, 999, 1000)] == [
        "YQCZBG-2026-001",
        "YQCZBG-2026-999",
        "YQCZBG-2026-1000",
    ]


def test_the_year_of_a_number_is_that_of_shanghai() -> None:
    assert lead.local_year(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == 2026
    assert lead.local_year(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == 2027
