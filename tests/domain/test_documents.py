"""One text has one hash, wherever and however it was kept."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.domain.documents import canonical, sha256_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
CONTENT = st.dictionaries(
    TEXTS, st.recursive(TEXTS | st.none() | st.booleans() | st.integers(), lambda inner: st.lists(inner, max_size=3))
)


def test_order_of_keys_does_not_matter() -> None:
    assert sha256_of({"title": "一", "body": "二"}) == sha256_of({"body": "二", "title": "一"})


def test_every_change_of_the_text_changes_the_hash() -> None:
    texts = [{"body": "已修复"}, {"body": "已修复 "}, {"body": "已修复。"}, {"body": "己修复"}, {"bodY": "已修复"}, {}]

    assert len({sha256_of(text) for text in texts}) == len(texts)


def test_the_bytes_are_utf_8_without_white_space() -> None:
    assert canonical({"b": [1, None], "a": "路灯"}) == '{"a":"路灯","b":[1,null]}'.encode()


def test_a_moment_is_written_with_its_offset() -> None:
    there = datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=8)))

    assert canonical({"due": there}) == b'{"due":"2026-11-23T14:05:00+08:00"}'
    assert sha256_of({"due": there}) != sha256_of({"due": there.astimezone(UTC)})


def test_what_has_no_one_way_to_be_written_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be part of a text"):
        canonical({"a": {1, 2}})


@given(CONTENT)
def test_a_text_that_went_through_a_database_keeps_its_hash(content: dict[str, object]) -> None:
    assert sha256_of(json.loads(json.dumps(content))) == sha256_of(content)


def test_another_interpreter_finds_the_same_hash() -> None:
    text = {"title": "关于路灯", "items": ["一", None, 2]}
    code = f"from yingda.domain.documents import sha256_of; print(sha256_of({text!a}))"
    environment = {"PYTHONHASHSEED": "7", "PATH": "", "LC_ALL": "C"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)

    assert there.stdout.strip() == sha256_of(dict(reversed(text.items())))
