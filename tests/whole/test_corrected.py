"""What was published and is wrong: corrected, then withdrawn, each signed, all of it on the page for good.

And what others got wrong: a letter asks an outlet to correct a claim that the report refutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.server import ask
from tests.whole.system import System

CLAIM = "石桥菜场食物中毒数十人"


@dataclass
class Corrected:
    """What was seen on the way."""

    incident: Incident
    too_early: list[int] = field(default_factory=list)
    other_kind: int = 0
    begun: str = ""
    pages: list[str] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    letter: str = ""
    refused_letters: list[int] = field(default_factory=list)


@scene
def corrected(office: Office, system: System) -> Corrected:
    """Publish and close; correct; ask an outlet to correct; withdraw."""
    # Not a drill: a letter of a drill is not to be sent.
    incident = office.open(a_story("石桥菜场传闻"), drill=False)
    path = f"/desk/api/incidents/{incident.number}"
    held = Corrected(incident)

    def act(name: str, **fields: Any) -> int:
        return office.server.ask("POST", f"{path}/{name}", json=fields).status_code

    def page() -> str:
        return ask("GET", incident.told()["publications"][-1]["url"]).content.decode()

    proposal = {
        "kind": "correction_request",
        "recipient": "某某网",
        "claim": CLAIM,
        "refutation": "当日送医两人，均为中暑。",
        "evidence": ["医院接诊记录"],
        "ground": "false_fact",
    }
    held.too_early = [act("correct", reason="数字有误"), act("withdraw_statement", reason="有误")]
    held.refused_letters.append(act("letter", **proposal))
    incident.answer("report", **{**incident.story.answer("report"), "refuted": [CLAIM]})
    incident.answer_all("approve_report", "draft_statement", "sign_statement")
    incident.await_success()
    incident.answer("close")

    assert act("correct", reason="送医人数应为两人") == 200
    asked = incident.asked("draft_statement")
    held.other_kind = asked.answer(incident.story.answer("draft_statement")).status_code
    held.begun = asked.body["context"]["particulars"][0]["text"]
    incident.answer(
        "draft_statement", action="submit", kind="correction", title="更正", body="送医两人。", commitments=[]
    )
    incident.answer("sign_statement")
    held.refused_letters.append(act("letter", **{**proposal, "claim": "别的说法"}))
    held.refused_letters.append(act("letter", **{**proposal, "ground": "unfavourable"}))
    assert act("letter", **proposal) == 200
    incident.answer("decide_letter", action="approve")
    sending = incident.asked("send_letter")
    held.letter = "".join(one["text"] for one in sending.body["context"]["particulars"])
    held.letters = incident.told()["letters"]
    incident.await_next_pass("closing")
    held.pages.append(page())

    assert act("withdraw_statement", reason="整篇有误") == 200
    incident.answer(
        "draft_statement", action="submit", kind="withdrawal", title="撤回", body="前述说明撤回。", commitments=[]
    )
    incident.answer("sign_statement")
    incident.await_next_pass("closing")
    held.pages.append(page())
    incident.answer("close")
    return held


def test_only_what_is_public_can_be_corrected_or_withdrawn(corrected: Corrected) -> None:
    assert corrected.too_early == [409, 409]
    assert corrected.other_kind == 422


def test_the_drafter_is_told_what_is_wanted(corrected: Corrected) -> None:
    assert "更正" in corrected.begun


def test_each_further_statement_carries_its_own_signature(corrected: Corrected) -> None:
    seen = corrected.incident.told()
    [document] = [one for one in seen["documents"] if one["kind"] == "statement"]
    hashes = [one["sha256"] for one in document["revisions"]]
    assert len(hashes) == 3
    assert [one["sha256"] for one in seen["signatures"] if one["sha256"] in hashes] == hashes
    assert [one["sha256"] for one in seen["publications"] if one["state"] == "confirmed"] == hashes
    assert [one["number"] for one in seen["passes"]] == [1, 2, 3]


def test_all_of_it_stays_on_the_page(corrected: Corrected) -> None:
    first = corrected.incident.story.statement["title"]
    after_correction, after_withdrawal = corrected.pages
    assert first in after_correction
    assert "送医两人" in after_correction
    assert first in after_withdrawal
    assert "送医两人" in after_withdrawal
    assert "前述说明撤回" in after_withdrawal
    assert "已撤回" in after_withdrawal


def test_a_letter_rests_on_a_refuted_claim_and_a_listed_ground(corrected: Corrected) -> None:
    assert corrected.refused_letters == [409, 422, 422]


def test_the_director_decided_and_people_sent_the_letter(corrected: Corrected, system: System) -> None:
    [letter] = corrected.letters
    assert (letter["state"], letter["claim"], letter["decided_by"]["id"]) == ("approved", CLAIM, "shen_ruolan")
    assert CLAIM in corrected.letter
    written = [path for path in Path(system.home, "letters").iterdir() if corrected.incident.number in path.name]
    assert {path.suffix for path in written} >= {".txt", ".html"}
