"""Texts that come back: every revision kept, the difference shown, the chain from its beginning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import ask
from tests.whole.system import System


@dataclass
class Returned:
    """What was seen on the way."""

    incident: Incident
    comments: list[str] = field(default_factory=list)
    page_of_the_judge: str = ""
    roles: list[str] = field(default_factory=list)
    old_link: int = 0


def _page(asked: Any) -> str:
    """Open the link as a browser does: the token moves to a cookie, the page comes at another address."""
    answer = ask("GET", asked.letter.link)
    return answer.content.decode()


@scene
def returned(office: Office, system: System) -> Returned:
    """The report comes back once, the statement after the first of two signatures; both go again, changed."""
    incident = office.open(a_story("井盖缺失", severity="major"))
    held = Returned(incident)
    incident.answer("brief_reply")
    incident.answer("report")
    incident.answer("approve_report", action="return", comment="请写明更换时间")
    asked = incident.asked("report")
    held.comments += [one["text"] for one in asked.body["context"]["comments"]]
    incident.answer("report", **{**incident.story.answer("report"), "result": "当日十六时处置完毕。"})
    held.page_of_the_judge = _page(incident.asked("approve_report"))
    incident.answer_all("approve_report", "draft_statement")
    held.roles.append(incident.answer("sign_statement").body["officer"]["role"])
    second = incident.asked("sign_statement")
    held.roles.append(second.body["officer"]["role"])
    incident.answer("sign_statement", action="return", comment="请补充联系电话")
    drafting = incident.asked("draft_statement")
    held.comments += [one["text"] for one in drafting.body["context"]["comments"]]
    incident.story.version = 2
    incident.answer("draft_statement")
    for _ in range(2):
        held.roles.append(incident.answer("sign_statement").body["officer"]["role"])
    held.old_link = second.answer({"action": "approve"}).status_code
    incident.await_success()
    incident.assert_published()
    return held


def test_the_author_reads_what_to_change(returned: Returned) -> None:
    assert returned.comments == ["请写明更换时间", "请补充联系电话"]


def test_the_judge_sees_the_difference_by_characters(returned: Returned) -> None:
    assert "<ins>十六时</ins>" in returned.page_of_the_judge


def test_after_a_return_the_chain_begins_at_its_beginning(returned: Returned) -> None:
    assert returned.roles == ["office_director", "superior", "office_director", "superior"]


def test_every_revision_is_kept_with_its_hash_and_author(returned: Returned) -> None:
    documents = {one["kind"]: one["revisions"] for one in returned.incident.told()["documents"]}
    assert [one["number"] for one in documents["report"]] == [1, 2]
    assert [one["number"] for one in documents["statement"]] == [1, 2]
    assert len({one["sha256"] for revisions in documents.values() for one in revisions}) == 4


def test_the_link_about_the_old_text_signs_nothing(returned: Returned) -> None:
    assert returned.old_link == 409


def test_nobody_was_asked_twice(returned: Returned) -> None:
    returned.incident.assert_nothing_twice()
