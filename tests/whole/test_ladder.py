"""A clock that runs out: the verified result of a major incident, due in three seconds here."""

from __future__ import annotations

from tests.whole.mailbox import Letter
from tests.whole.office import Incident, Office, a_story
from tests.whole.scenes import scene
from tests.whole.system import System, wait_for

RUNGS = {
    "60%": {"bai.lu", "kang.shufen"},
    "100%": {"bai.lu", "kang.shufen", "tan.songbai"},
    "150%": {"shen.ruolan"},
    "200%": {"lu.zhenghua"},
}
"""Who hears of each rung: those asked; the heads of the unit, too; the office director; the group leader."""


@scene
def late(office: Office, system: System) -> Incident:
    """A major incident whose unit keeps silent until every rung was raised, then answers."""
    incident = office.open(a_story("油烟扰民", severity="major"))
    incident.answer("brief_reply")
    wait_for(lambda: _reminders(incident)[len(_all_addressees()) - 1 :], "all reminders", seconds=40)
    incident.answer_all("report", "approve_report", "draft_statement", "sign_statement", "sign_statement")
    incident.await_success()
    incident.answer("close")
    return incident


def _reminders(incident: Incident) -> list[Letter]:
    return [letter for letter in incident.letters() if "核实结果" in letter.subject and not letter.asks]


def _all_addressees() -> list[str]:
    return [person for people in RUNGS.values() for person in sorted(people)]


def test_each_rung_reaches_each_of_its_people_once_and_in_order(late: Incident) -> None:
    came = [letter.to.partition("@")[0] for letter in _reminders(late)]
    expected = list(RUNGS.values())
    for people in expected:
        got, came = came[: len(people)], came[len(people) :]
        assert sorted(got) == sorted(people)
    assert came == []


def test_the_rungs_stand_in_the_record_in_order(late: Incident) -> None:
    raised = [
        one["data"]["rung"]
        for one in late.told()["timeline"]
        if one["kind"] == "rung_raised" and one["data"]["clock"] == "verification"
    ]
    assert raised == list(RUNGS)


def test_only_those_who_can_answer_get_the_link(late: Incident) -> None:
    for letter in _reminders(late):
        assert bool(letter.link) == (letter.to.partition("@")[0] in {"bai.lu", "kang.shufen"}), letter.subject


def test_the_late_answer_is_taken_and_the_clock_says_missed_for_good(late: Incident) -> None:
    told = late.told()
    [clock] = [one for one in told["clocks"] if one["kind"] == "verification"]
    assert clock["missed"] is True
    assert clock["met_at"] > clock["due_at"]
    assert len(_reminders(late)) == len(_all_addressees()), "nobody is reminded of what was answered"
    late.assert_published()
