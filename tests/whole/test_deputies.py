"""Somebody is away: requests and reminders go to the deputy, and the record says for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System


@dataclass
class StoodIn:
    """What was seen on the way."""

    incident: Incident
    officer: dict[str, Any]
    to: str


@scene
def stood_in(office: Office, system: System) -> StoodIn:
    """The officer of Nantang village is away; the one of Shiqiao answers in their place."""
    incident = office.open(a_story("水库警示牌倒伏", unit="nantang"))
    asked = incident.answer("report")
    incident.answer_all("approve_report", "draft_statement", "sign_statement")
    incident.await_success()
    return StoodIn(incident, asked.body["officer"], asked.letter.to)


def test_the_deputy_is_asked_and_told_for_whom(stood_in: StoodIn) -> None:
    assert stood_in.to == "wei.guilan@example.org"
    assert stood_in.officer["id"] == "wei_guilan"
    assert stood_in.officer["deputy_for"]["id"] == "zou_haitao"


def test_whoever_is_away_gets_nothing(stood_in: StoodIn) -> None:
    assert "zou.haitao@example.org" not in {letter.to for letter in stood_in.incident.letters()}


def test_the_record_says_who_answered_for_whom(stood_in: StoodIn) -> None:
    answered = [one for one in stood_in.incident.told()["timeline"] if one["kind"] == "answered"]
    report = next(one for one in answered if one["data"]["request_kind"] == "report")
    assert report["actor"]["id"] == "wei_guilan"
    assert report["data"]["deputy_for"] == "zou_haitao"
