"""Two officers answer one request in the same instant, again and again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from tests.whole.office import Asked, Office, a_story

PAIRS = 20


def test_one_officer_is_taken_and_the_other_is_told_who_was_first(office: Office) -> None:
    incident = office.open(a_story("同时报送"))
    started = threading.Barrier(2)

    def send(asked: Asked, cause: str) -> requests.Response:
        fields = {**incident.story.answer("report"), "cause": cause}
        started.wait(10)
        return asked.answer(fields)

    winners = []
    with ThreadPoolExecutor(2) as officers:
        for turn in range(PAIRS):
            pair = incident.all_asked("report", 2)
            names = [one.body["officer"]["name"] for one in pair]
            assert len(set(names)) == 2
            causes = [f"{name}第 {turn + 1} 次报送。" for name in names]
            answers = list(officers.map(send, pair, causes))
            assert sorted(one.status_code for one in answers) == [200, 409], [one.text[:200] for one in answers]
            won = next(place for place, one in enumerate(answers) if one.status_code == 200)
            refused = answers[1 - won].json()
            assert refused["who"]["name"] == names[won]
            assert refused["at"]
            winners.append(causes[won])
            incident.put_away(pair[0])
            assert pair[won].answer({**incident.story.answer("report"), "cause": causes[won]}).status_code == 200
            if turn < PAIRS - 1:
                incident.answer("approve_report", action="return", comment=f"第 {turn + 1} 次退回。")

    [report] = [one for one in incident.told()["documents"] if one["kind"] == "report"]
    assert len(report["revisions"]) == PAIRS, "every round left exactly one text"
    last = incident.asked("approve_report")
    assert last.body["round"] == PAIRS
    assert winners[-1] in str(last.body["context"])
    incident.answer_all("approve_report", "draft_statement", "sign_statement", "close")
    incident.await_success()
    incident.assert_nothing_twice()
