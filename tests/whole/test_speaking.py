"""Who speaks, and what is on record of it: emergency plan, enquiry, official reply, press conference, review."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System


@dataclass
class Spoken:
    """What was seen on the way."""

    incident: Incident
    plan_told: set[str] = field(default_factory=set)
    enquiry_before: str = ""
    enquiry_after: str = ""
    replies: list[int] = field(default_factory=list)
    item: dict[str, Any] = field(default_factory=dict)


def _now(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="seconds")


def _told(asked: Any) -> str:
    return "\n".join(one["text"] for one in asked.body["context"]["particulars"])


@scene
def spoken(office: Office, system: System) -> Spoken:
    """A critical incident with all that is said around it."""
    incident = office.open(a_story("燃气泄漏", severity="critical"))
    path = f"/desk/api/incidents/{incident.number}"
    held = Spoken(incident)

    def act(name: str, **fields: Any) -> int:
        return office.server.ask("POST", f"{path}/{name}", json=fields).status_code

    incident.answer("emergency_plan", action="start", reason="涉及人员疏散", interviewee="han_yue")
    assert act("enquiry", outlet="某某日报", question="有无人员伤亡？") == 200
    held.enquiry_before = _told(incident.asked("enquiry"))
    reply = {
        "account": "website",
        "url": f"https://www.example.org/{incident.number}",
        "text": "见情况说明。",
        "when": _now(),
    }
    held.replies.append(act("official_reply", **reply))
    incident.answer_all("brief_reply", "report", "approve_report", "draft_statement")
    incident.answer_all("sign_statement", "sign_statement", "sign_statement")
    incident.await_success()
    fresh = office.fresh(incident.asked("enquiry"))
    held.enquiry_after = "\n".join(one["text"] for one in fresh["context"]["particulars"])
    incident.answer("enquiry", action="answered", answer="无人员伤亡。", who="韩越", when=_now())
    held.replies += [act("official_reply", **reply), act("official_reply", **reply)]
    held.replies.append(act("official_reply", **{**reply, "url": "https://www.example.org/x", "account": "private"}))
    incident.answer_all("press_conference", "close")
    due = (datetime.now(UTC) + timedelta(days=20)).isoformat(timespec="seconds")
    action = {"text": "修订燃气巡检制度", "unit": "urban_management", "due": due}
    incident.answer("review", action="submit", lessons="早通报。", actions=[action])
    held.item = incident.asked("commitment").body
    held.plan_told = {
        one.to.partition("@")[0] for one in incident.letters() if "应急预案" in one.subject and not one.asks
    }
    return held


def test_the_emergency_plan_reaches_those_it_lists(spoken: Spoken) -> None:
    assert {
        "han.yue",
        "shen.ruolan",
        "fang.qi",
        "ding.yifan",
        "xia.mengjie",
        "tan.songbai",
        "jiang.wenbo",
    } <= spoken.plan_told
    assert spoken.incident.told()["emergency_plan_at"]


def test_whoever_answers_a_reporter_has_the_wording_that_holds(spoken: Spoken) -> None:
    words = "经核实，"
    assert words not in spoken.enquiry_before
    assert "有无人员伤亡？" in spoken.enquiry_before
    assert words in spoken.enquiry_after


def test_the_interviewee_the_group_leader_named_stands_in_the_wording_mail(spoken: Spoken) -> None:
    wording = [one for one in spoken.incident.letters() if "统一口径" in one.subject]
    assert wording
    assert all("指定接受采访的人员：韩越" in one.text for one in wording)


def test_official_replies_rest_on_what_was_signed_and_are_recorded_once(spoken: Spoken) -> None:
    assert spoken.replies == [409, 200, 422, 422]
    [reply] = spoken.incident.told()["official_replies"]
    assert reply["url"].endswith(spoken.incident.number)


def test_the_press_conference_is_on_record_and_its_clock_met(spoken: Spoken) -> None:
    told = spoken.incident.told()
    assert "press_conference_held" in [one["kind"] for one in told["timeline"]]
    clocks = {one["kind"]: one for one in told["clocks"]}
    assert clocks["press_conference"]["met_at"]
    assert clocks["review"]["met_at"]


def test_an_action_item_of_the_review_is_asked_of_its_unit(spoken: Spoken) -> None:
    assert spoken.item["officer"]["id"] == "tao_ran"
    assert any(one["text"] == "修订燃气巡检制度" for one in spoken.item["context"]["particulars"])


def test_a_drill_is_marked_everywhere_and_reaches_no_list(spoken: Spoken, system: System) -> None:
    assert all(one.subject.startswith("【演练】") for one in spoken.incident.letters())
    for name in ("index.html", "atom.xml", "feed.json"):
        assert spoken.incident.number not in (system.bulletin / name).read_text(encoding="utf-8")
