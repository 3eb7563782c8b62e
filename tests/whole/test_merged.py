"""Two incidents that are one: merged, taken apart again, and nobody is asked twice for the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System


@dataclass
class Merged:
    """What was seen on the way."""

    one: Incident
    other: Incident
    url: str
    before: dict[str, Any] = field(default_factory=dict)
    while_merged: dict[str, Any] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    joined: str = ""
    old_link: list[int] = field(default_factory=list)


@scene
def merged(office: Office, system: System) -> Merged:
    """One goes into the other, a lead about it joins the other, then both go on apart and are published."""
    url = f"https://forum.example.org/{secrets.token_hex(6)}"
    one = office.open(a_story("停水"), source_url=url)
    other = office.open(a_story("停水通知不到位"))
    held = Merged(one, other, url)
    asked = one.asked("report")
    path = f"/desk/api/incidents/{one.number}"
    held.before = one.told()
    for into in (one.number, "YQCZBG-1999-001"):
        held.refused.append(office.server.ask("POST", f"{path}/merge", json={"into": into}).status_code)
    done = office.server.ask("POST", f"{path}/merge", json={"into": other.number, "reason": "同一件事"})
    assert done.status_code == 200, done.text
    held.refused.append(office.server.ask("POST", f"{path}/merge", json={"into": other.number}).status_code)
    office.server.await_end(one.run)
    held.while_merged = one.told()
    held.old_link.append(asked.answer(one.story.answer("report")).status_code)
    _, held.joined = office.server.open({**one.story.lead(), "title": "又停水", "source_url": url})
    done = office.server.ask("POST", f"{path}/unmerge", json={"reason": "实为两件"})
    assert done.status_code == 200, done.text
    answer = asked.answer(one.story.answer("report"))
    held.old_link.append(answer.status_code)
    one.put_away(asked)
    for incident in (one, other):
        if incident is other:
            incident.answer("report")
        incident.answer_all("approve_report", "draft_statement", "sign_statement")
    for incident in (one, other):
        incident.await_next_pass("closing")
        incident.assert_published()
    return held


def test_an_incident_merges_into_another_known_one_once(merged: Merged) -> None:
    assert merged.refused == [422, 422, 409]


def test_what_was_merged_rests_and_says_where_it_went(merged: Merged) -> None:
    seen = merged.while_merged
    assert (seen["stage"], seen["outcome"], seen["merged_into"]) == ("closed", "merged", merged.other.number)
    assert not [one for one in seen["requests"] if one["state"] == "open"]


def test_a_lead_about_it_joins_where_it_went(merged: Merged) -> None:
    assert merged.joined == merged.other.number


def test_the_link_that_was_mailed_works_again_once_they_are_apart(merged: Merged) -> None:
    assert merged.old_link == [410, 200]


def test_no_clock_was_reset(merged: Merged) -> None:
    earlier = {clock["kind"]: clock for clock in merged.before["clocks"]}
    for clock in merged.one.told()["clocks"]:
        assert clock["started_at"] == earlier[clock["kind"]]["started_at"]
        assert clock["due_at"] == earlier[clock["kind"]]["due_at"]


def test_nobody_was_asked_twice(merged: Merged) -> None:
    merged.one.assert_nothing_twice()
    merged.other.assert_nothing_twice()
