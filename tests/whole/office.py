"""The people of the office: they get mail, open the link in it, and answer, each incident as its story goes."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import requests
from tests.whole.mailbox import Letter, Mailbox
from tests.whole.server import Server, ask
from tests.whole.system import wait_for

Fields = dict[str, Any]

_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """A request as one officer sees it through the link in one mail."""

    base: str
    token: str
    letter: Letter
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    def answer(self, fields: Fields) -> requests.Response:
        """Send an answer about the text that was shown."""
        given = {"revision_sha256": self.body["revision_sha256"], **fields}
        headers = {"X-Desk-Token": self.token}
        return ask("POST", f"{self.base}/desk/api/r", headers=headers, json=given)


def look(base: str, letter: Letter) -> Asked | None:
    """Open the link of a mail as a program; None if there is none, or nothing is to be answered any more."""
    if letter.token is None:
        return None
    answer = requests.get(f"{base}/desk/api/r", headers={"X-Desk-Token": letter.token}, timeout=60)
    if answer.status_code == 410:
        return None
    assert answer.status_code == 200, (
        f"the link of {letter.subject!r} answered {answer.status_code} {answer.text[:300]}"
    )
    body = answer.json()
    return Asked(base, letter.token, letter, body) if body["actions"] else None


@dataclass
class Story:
    """One incident, and what its officers answer unless told otherwise.

    :param unit: whose information officer and section head are two people
    """

    title: str
    severity: str = "general"
    unit: str = "sanitation"
    version: int = 1

    def lead(self, **more: Any) -> Fields:
        """Return the conf that opens it."""
        return {"title": self.title, "severity": self.severity, "unit": self.unit, "drill": True, **more}

    @property
    def statement(self) -> Fields:
        """The statement as drafted; a new version is another text."""
        return {
            "kind": "final",
            "title": f"关于{self.title}的情况说明",
            "body": f"## 情况\n\n经核实，{self.title}属实。\n\n- 已处置；\n- 第 {self.version} 稿。",
            "commitments": [],
        }

    @property
    def sha256(self) -> str:
        """The hash of the statement as anybody can compute it: of its JSON, keys sorted, no white space, UTF-8."""
        text = json.dumps(self.statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def answer(self, kind: str) -> Fields:
        """Return the usual answer to a request."""
        answers: dict[str, Fields] = {
            "assign_unit": {"action": "assign", "unit": self.unit},
            "brief_reply": {"action": "submit", "reply": "已到现场，正在核实。"},
            "report": {
                "action": "submit",
                "cause": "经现场核实，反映的情况属实。",
                "measures": "已采取措施并安排专人跟进。",
                "wording": "情况属实，正在整改。",
                "result": "当日处置完毕。",
                "evidence": ["现场照片 3 张"],
            },
            "approve_report": {"action": "approve"},
            "draft_statement": {"action": "submit", **self.statement},
            "sign_statement": {"action": "approve"},
            "press_conference": {
                "action": "held",
                "when": datetime.now(UTC).isoformat(timespec="seconds"),
                "where": "三楼会议室",
                "who": "办公室主任",
            },
            "emergency_plan": {"action": "not_now", "reason": "暂未涉及人员安全。"},
            "close": {"action": "close", "result": "已公开答复，群众认可。"},
            "review": {"action": "submit", "lessons": "及时核实，及时公开。", "actions": []},
        }
        return answers[kind]


def a_story(topic: str, **about: Any) -> Story:
    """Return a story whose title no other incident has."""
    return Story(title=f"{topic}（{next(_serial)}）", **about)


@dataclass
class Incident:
    """An incident under way, and its officers at their mail."""

    office: Office
    story: Story
    run: str
    number: str
    answered: list[str] = field(default_factory=list)
    """Kinds of the requests that were answered, in order."""
    _seen: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    _waiting: list[Asked] = field(default_factory=list)

    @property
    def server(self) -> Server:
        return self.office.server

    def letters(self) -> list[Letter]:
        """Return the mail about this incident."""
        return self.office.mailbox.letters(self.number)

    def told(self) -> dict[str, Any]:
        """Return what the desk tells of it."""
        return self.server.incident(self.number)

    def stage(self) -> str:
        return str(self.told()["stage"])

    def asked(self, kind: str, *, seconds: float = 180) -> Asked:
        """Return a request of this kind as soon as somebody got mail about it that can be answered."""

        def found() -> Asked | None:
            self._open_mail()
            return next((one for one in self._waiting if one.kind == kind), None)

        return wait_for(found, f"{self.number}: a mail that asks for {kind}", seconds=seconds, pause=0.06)

    def all_asked(self, kind: str, people: int, *, seconds: float = 180) -> list[Asked]:
        """Return a request of this kind as each of so many people was asked it."""

        def found() -> list[Asked]:
            self._open_mail()
            same = [one for one in self._waiting if one.kind == kind]
            return same if len(same) >= people else []

        return wait_for(found, f"{self.number}: {people} mails that ask for {kind}", seconds=seconds, pause=0.06)

    def answer(self, kind: str, /, *, seconds: float = 180, **fields: Any) -> Asked:
        """Answer a request of this kind once it is asked, as usual or with these fields; return what was asked."""
        asked = self.asked(kind, seconds=seconds)
        given = fields if "action" in fields else {**self.story.answer(kind), **fields}
        answer = asked.answer(given)
        assert answer.status_code == 200, f"{self.number} {kind}: {answer.status_code} {answer.text[:500]}"
        self.put_away(asked)
        self.answered.append(kind)
        return asked

    def put_away(self, asked: Asked) -> None:
        """Forget a request that was answered, in everybody's mail."""
        self._waiting = [one for one in self._waiting if one.body["id"] != asked.body["id"]]
        self._done.add(asked.body["id"])

    def answer_all(self, *kinds: str) -> None:
        """Answer these requests one after the other, as usual."""
        for kind in kinds:
            self.answer(kind)

    def await_stage(self, *stages: str, seconds: float = 180) -> str:
        """Wait until it stands at one of these stages."""
        return wait_for(
            lambda: stage if (stage := self.stage()) in stages else "",
            f"{self.number} at {' or '.join(stages)}",
            seconds=seconds,
            pause=0.4,
        )

    def await_next_pass(self, *stages: str, seconds: float = 300) -> str:
        """Have follow_up look now rather than within two minutes, and wait until it stands at one of these stages."""
        asked = self.server.trigger({}, dag="follow_up")
        assert asked.status_code == 200, asked.text[:300]
        return self.await_stage(*stages, seconds=seconds)

    def await_task(self, task: str, *states: str, run: str = "", seconds: float = 180) -> str:
        """Wait until a task, by default of the first run, is in one of these states."""
        return wait_for(
            lambda: state if (state := self.server.task_states(run or self.run)[task]) in states else "",
            f"{self.number}: {task} {' or '.join(states)}",
            seconds=seconds,
            pause=0.4,
        )

    def await_success(self, *, seconds: float = 240) -> str:
        """Wait until the newest run of the incident ended well; return its id."""

        def ended() -> str:
            run = self.told()["passes"][-1]["run_id"]
            state = self.server.await_end(run, seconds=seconds)
            newest = self.told()["passes"][-1]["run_id"]
            assert state == "success" or run != newest, f"{run} {state}; tasks {self.server.task_states(run)}"
            return run if state == "success" else ""

        return wait_for(ended, f"{self.number}: its run has succeeded", seconds=seconds)

    # What must hold whatever was done to it

    def assert_nothing_twice(self, *, folded: bool = False) -> None:
        """Fail if anybody was asked twice for the same, or a text was published twice.

        :param folded: take second copies under the same Message-ID for one mail, as mail programs do
        """
        letters = self.letters()
        if folded:
            letters = list({letter.message_id: letter for letter in letters}.values())
        copies = {key: n for key, n in Counter(letter.message_id for letter in letters).items() if n > 1}
        assert not copies, f"{self.number}: sent more than once: {copies}"
        links = {key: n for key, n in Counter(letter.link for letter in letters if letter.asks).items() if n > 1}
        assert not links, f"{self.number}: asked more than once by mail: {links}"
        said = {key: n for key, n in Counter((one.to, one.subject, one.text) for one in letters).items() if n > 1}
        assert not said, f"{self.number}: told more than once: {said}"
        publications = Counter((one["channel"], one["sha256"]) for one in self.told()["publications"])
        assert all(n == 1 for n in publications.values()), f"{self.number}: published more than once: {publications}"

    def assert_published(self) -> dict[str, Any]:
        """Fail unless exactly the story's statement stands on the live page; return the publication."""
        told = self.told()
        publication = told["publications"][-1]
        assert publication["state"] == "confirmed", publication
        assert publication["sha256"] == self.story.sha256, "what was published is not what was drafted"
        page = ask("GET", publication["url"])
        assert page.status_code == 200, f"{publication['url']} answered {page.status_code}"
        statement = self.story.statement
        shown = Article.of(page.content.decode())
        assert shown.sha256 == self.story.sha256
        assert shown.text == statement["title"] + statement["body"].replace("## ", "").replace("- ", "").replace(
            "\n", ""
        ), f"{publication['url']} shows {shown.text!r}"
        return dict(publication)

    def _open_mail(self) -> None:
        for letter in self.letters():
            if letter.file in self._seen:
                continue
            asked = look(self.office.base, letter)
            self._seen.add(letter.file)
            if asked is not None and asked.body["id"] not in self._done:
                self._waiting.append(asked)


class Article(HTMLParser):
    """The statement on a page, as a reader's eye takes it in: its words, without white space around them."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.sha256 = ""
        self._inside = False

    @classmethod
    def of(cls, html: str) -> Article:
        """Read a page."""
        made = cls()
        made.feed(html)
        made.close()
        return made

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article" and not self.sha256:
            self._inside = True
            self.sha256 = dict(attrs).get("data-sha256") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data.strip()


@dataclass
class Office:
    """Everybody at work on one system."""

    base: str
    server: Server
    mailbox: Mailbox

    def open(self, story: Story, **conf: Any) -> Incident:
        """Trigger a run for a story, and return its incident."""
        run, number = self.server.open(story.lead(**conf))
        return Incident(self, story, run, number)

    def at(self, story: Story, run: str, number: str) -> Incident:
        """Return an incident that was opened already."""
        return Incident(self, story, run, number)

    def fresh(self, asked: Asked) -> dict[str, Any]:
        """Return a request as its officer sees it now."""
        answer = ask("GET", f"{self.base}/desk/api/r", headers={"X-Desk-Token": asked.token})
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
        return dict(answer.json())

    def open_many(self, stories: list[Story], **conf: Any) -> list[Incident]:
        """Trigger runs for stories all at once."""
        answers = [self.server.trigger(story.lead(**conf)) for story in stories]
        assert all(answer.status_code == 200 for answer in answers), [answer.text[:300] for answer in answers]
        runs = [answer.json()["dag_run_id"] for answer in answers]
        return [
            Incident(self, story, run, self.server.number_of(run)) for story, run in zip(stories, runs, strict=True)
        ]


def patiently(attempt: Callable[[], requests.Response], *, seconds: float = 180) -> requests.Response:
    """Do as a person does before whom a page did not load: try again until the server answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = attempt()
            if answer.status_code < 500:
                return answer
        except requests.RequestException:
            answer = None
        assert time.monotonic() < end, f"no answer within {seconds:.0f} s ({answer})"
        time.sleep(0.2)
