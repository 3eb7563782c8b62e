"""Programs that answer within milliseconds of being asked, a hundred times and more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.whole.mailbox import Letter
from tests.whole.office import Incident, Office, a_story, look
from tests.whole.server import Server

INCIDENTS = 10
STEPS = {
    "brief_reply": 1,
    "report": 1,
    "approve_report": 1,
    "draft_statement": 1,
    "sign_statement": 3,
    "press_conference": 1,
    "emergency_plan": 1,
    "close": 1,
    "review": 1,
}
"""What a critical incident asks, and how often."""

ANSWERS = INCIDENTS * sum(STEPS.values())

PATIENCE = 200.0
"""Seconds for all of them."""


class Hasty:
    """Watches the mail folder and answers what comes at once, several officers at a time."""

    def __init__(self, office: Office, incidents: list[Incident]) -> None:
        self.office = office
        self.by_number = {incident.number: incident for incident in incidents}
        self.answered: list[str] = []
        self.problems: list[str] = []
        self._taken: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def work(self, until: Callable[[], bool]) -> None:
        """Do it until `until` holds or patience ends."""
        read: set[str] = set()
        end = time.monotonic() + PATIENCE
        with ThreadPoolExecutor(8) as officers:
            while not until() and time.monotonic() < end:
                for letter in self.office.mailbox.letters():
                    if letter.file not in read:
                        read.add(letter.file)
                        if letter.link and letter.incident_no in self.by_number:
                            officers.submit(self._answer, letter)
                _until_mail_comes(self.office)

    def _answer(self, letter: Letter) -> None:
        try:
            asked = look(self.office.base, letter)
            if asked is None:
                return
            with self._lock:
                if asked.body["id"] in self._taken:
                    return
                self._taken.add(asked.body["id"])
            story = self.by_number[asked.body["incident_no"]].story
            answer = asked.answer(story.answer(asked.kind))
            with self._lock:
                if answer.status_code == 200:
                    self.answered.append(asked.kind)
                else:
                    self.problems.append(f"{asked.kind}: {answer.status_code} {answer.text[:200]}")
        except Exception as problem:
            with self._lock:
                self.problems.append(f"{letter.subject}: {problem!r}")


def _until_mail_comes(office: Office) -> None:
    end = time.monotonic() + 0.5
    while not office.mailbox.has_new() and time.monotonic() < end:
        time.sleep(0.004)


@pytest.fixture(scope="module")
def hasty(office: Office) -> Hasty:
    """Ten critical incidents, all opened at once and answered through to their review."""
    units = ("sanitation", "economy", "social_affairs", "urban_management")
    stories = [a_story("催办事项", severity="critical", unit=units[n % len(units)]) for n in range(INCIDENTS)]
    incidents = office.open_many(stories)
    made = Hasty(office, incidents)
    made.work(until=lambda: len(made.answered) >= ANSWERS or bool(made.problems))
    return made


def test_a_hundred_answers_given_at_once_are_all_taken(hasty: Hasty) -> None:
    assert hasty.problems == []
    assert {kind: hasty.answered.count(kind) for kind in STEPS} == {kind: n * INCIDENTS for kind, n in STEPS.items()}
    assert len(hasty.answered) == ANSWERS >= 100


def test_no_run_and_no_task_fails_for_good(
    hasty: Hasty, server: Server, record_property: Callable[[str, object], None]
) -> None:
    retries = 0
    for incident in hasty.by_number.values():
        incident.await_success()
        assert incident.stage() == "closed"
        tasks = server.tasks(incident.run)
        assert {one["state"] for one in tasks.values()} == {"success"}
        retries += sum(one["try_number"] - 1 for one in tasks.values())
    record_property("task_retries", retries)
    print(f"{len(hasty.answered)} instant answers, {retries} task retries")
    assert retries <= len(hasty.answered) // 10, f"{retries} tasks had to be tried again"


def test_everything_was_published_once_and_nobody_was_asked_twice(hasty: Hasty) -> None:
    for incident in hasty.by_number.values():
        assert len(incident.told()["passes"]) == 1
        incident.assert_published()
        incident.assert_nothing_twice()
