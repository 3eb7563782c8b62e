"""A test line through a robot, from the command line, against a real peer and a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.transports.peers.wecom import KEY, WeComPeer

from yingda import settings
from yingda.__main__ import main

CHANNELS = """
hosts: [{name: 127.0.0.1, private: true}]
robots: [{id: duty, kind: wecom, connection: robot_duty}]
channels:
  - {id: bulletin, kind: bulletin, label: 公开栏, label_en: Bulletin}
"""


@pytest.fixture
def peer(wired: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WeComPeer]:
    """A group whose robot `duty` the office's files and Airflow's Connections name."""
    file = tmp_path / "channels.yaml"
    file.write_text(CHANNELS, encoding="utf-8")
    monkeypatch.setenv("YINGDA_CHANNELS", str(file))
    settings.forget()
    with WeComPeer() as made:
        connection = {"conn_type": "http", "host": made.url, "password": KEY}
        monkeypatch.setenv("AIRFLOW_CONN_ROBOT_DUTY", json.dumps(connection))
        yield made


def test_a_test_line_is_said_and_shown_without_its_key(peer: WeComPeer) -> None:
    result = CliRunner().invoke(main, ["robots", "test", "duty"])

    assert result.exit_code == 0, result.output
    [said] = peer.said
    assert said.startswith("**YQCZBG 测试**\n这是一条测试消息")
    assert "测试消息" in result.output
    assert KEY not in result.output


def test_a_dry_run_shows_it_and_says_nothing(peer: WeComPeer) -> None:
    result = CliRunner().invoke(main, ["robots", "test", "duty", "--dry-run"])

    assert result.exit_code == 0, result.output
    assert "YQCZBG 测试" in result.output
    assert peer.asked == []


def test_it_keeps_to_the_robots_pace(peer: WeComPeer) -> None:
    from yingda import wiring
    from yingda.store import pacing

    pace = wiring.robot("duty").pace
    with wiring.transaction() as session:
        for _ in range(20):
            pacing.take_turn(session, pace, now=wiring.utcnow())

    result = CliRunner().invoke(main, ["robots", "test", "duty"])

    assert result.exit_code == 1
    assert "too often" in result.output
    assert peer.said == []


def test_what_goes_wrong_is_said_with_its_remedy(peer: WeComPeer) -> None:
    peer.key = "another"

    refused = CliRunner().invoke(main, ["robots", "test", "duty"])
    unknown = CliRunner().invoke(main, ["robots", "test", "who"])

    assert refused.exit_code == unknown.exit_code == 1
    assert "93000" in refused.output
    assert "It has: duty" in unknown.output
