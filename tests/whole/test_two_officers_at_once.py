"""Two officers answer one request in the same instant, again and again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests
from tests.whole.office import Asked, Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System

PAIRS = 20


@dataclass
class Race:
    """What the two were told in each round, and what the winner had written."""

    incident: Incident
    names: list[list[str]] = field(default_factory=list)
    answers: list[list[requests.Response]] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    won: list[str] = field(default_factory=list)
    last_shown: str = ""
    last_round: int = 0


@scene
def race(office: Office, system: System) -> Race:
    """A report that comes back and is reported anew by two people at once, until it is approved."""
    incident = office.open(a_story("同时报送"))
    held = Race(incident)
    started = threading.Barrier(2)

    def send(asked: Asked, cause: str) -> requests.Response:
        fields = {**incident.story.answer("report"), "cause": cause}
        started.wait(10)
        return asked.answer(fields)

    with ThreadPoolExecutor(2) as officers:
        for turn in range(PAIRS):
            pair = incident.all_asked("report", 2)
            names = [one.body["officer"]["name"] for one in pair]
            causes = [f"{name}第 {turn + 1} 次报送。" for name in names]
            answers = list(officers.map(send, pair, causes))
            won = 0 if answers[0].status_code == 200 else 1
            held.names.append(names)
            held.answers.append(answers)
            held.won.append(causes[won])
            held.repeated.append(send_again(pair[won], incident, causes[won]))
            incident.put_away(pair[0])
            if turn < PAIRS - 1:
                incident.answer("approve_report", action="return", comment=f"第 {turn + 1} 次退回。")
    last = incident.asked("approve_report")
    held.last_shown, held.last_round = str(last.body["context"]), last.body["round"]
    incident.answer_all("approve_report", "draft_statement", "sign_statement", "close")
    incident.await_success()
    return held


def send_again(asked: Asked, incident: Incident, cause: str) -> int:
    """Send the very answer that was taken once more, as after a lost reply."""
    return asked.answer({**incident.story.answer("report"), "cause": cause}).status_code


def test_one_officer_is_taken_and_the_other_is_told_who_was_first(race: Race) -> None:
    assert len(race.answers) == PAIRS
    for names, answers in zip(race.names, race.answers, strict=True):
        assert len(set(names)) == 2
        assert sorted(one.status_code for one in answers) == [200, 409], [one.text[:200] for one in answers]
        won = next(place for place, one in enumerate(answers) if one.status_code == 200)
        refused = answers[1 - won].json()
        assert refused["who"]["name"] == names[won]
        assert refused["at"]


def test_the_winner_may_send_the_same_again(race: Race) -> None:
    assert race.repeated == [200] * PAIRS


def test_every_round_leaves_one_text_and_the_last_is_the_one_judged(race: Race) -> None:
    told = race.incident.told()
    [report] = [one for one in told["documents"] if one["kind"] == "report"]
    assert [one["number"] for one in report["revisions"]] == list(range(1, PAIRS + 1))
    assert race.last_round == PAIRS
    assert race.won[-1] in race.last_shown
    assert told["stage"] == "closed"
    race.incident.assert_nothing_twice()
