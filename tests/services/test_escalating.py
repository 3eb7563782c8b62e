"""Ladders: each rung once, in order, however late; missed for good; and when to look again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yingda.services import composing, escalating
from yingda.store.models import OutboxMessage


def raised(office: Any, number: str) -> list[tuple[str, str]]:
    return [(event.data["clock"], event.data["rung"]) for event in office.events(number, "rung_raised")]


def test_a_waiting_incident_wakes_at_the_next_rung_and_not_before(office: Any, delivered: Any) -> None:
    number = office.open()
    delivered(number)
    start = office.now
    for minutes, rung in ((72, "60%"), (120, "100%"), (180, "150%"), (240, "200%")):
        assert office.attend(number).wake_at == start + timedelta(minutes=minutes)
        office.now = start + timedelta(minutes=minutes) - timedelta(seconds=1)
        office.attend(number)
        assert ("verification", rung) not in raised(office, number)
        office.now = start + timedelta(minutes=minutes)
        office.attend(number)
        delivered(number)
        assert raised(office, number)[-1] == ("verification", rung)
        office.later(seconds=1)


def test_who_hears_of_which_rung(office: Any) -> None:
    number = office.open(unit="social_affairs")
    office.later(hours=4).attend(number)

    told: dict[str, set[str]] = {}
    for event in office.events(number, "rung_raised"):
        told[event.data["rung"]] = set(event.data["officers"])
    assert told == {
        "60%": {"pan_lihong", "qin_shuang"},
        "100%": {"pan_lihong", "qin_shuang", "han_yue"},
        "150%": {"shen_ruolan"},
        "200%": {"lu_zhenghua"},
    }
    mails = {(mail.values["told_as"], mail.officer_id): mail.request_id for mail in office.mails(number, "ladder")}
    [request] = office.open_requests(number)
    assert mails["asked", "qin_shuang"] == request.id
    assert mails["office_director", "shen_ruolan"] is None


def test_after_an_outage_every_rung_is_raised_once_and_in_order(office: Any) -> None:
    number = office.open(severity="major")
    office.later(days=3).attend(number)
    first = raised(office, number)
    for _ in range(3):
        office.attend(number)

    assert raised(office, number) == first
    moments = [event.data["moment"] for event in office.events(number, "rung_raised")]
    assert moments == sorted(moments)
    assert len(first) == len(set(first)) == 4 + 4 + 4 + 3
    keys = [
        (mail.values["clock_id"], mail.key.split(":")[2], mail.officer_id) for mail in office.mails(number, "ladder")
    ]
    assert len(keys) == len(set(keys))
    assert office.attend(number).seq == office.incident(number).seq


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_after_an_outage_nobody_gets_the_same_words_twice(office: Any, locale: str) -> None:
    """Rungs reached while nobody looked are sent together: each says which one it is."""
    office.house = replace(office.house, locale=locale)
    number = office.open(unit="social_affairs")
    office.later(days=3).attend(number)

    with office.transaction() as session:
        mails = [session.get_one(OutboxMessage, mail.id) for mail in office.mails(number, "ladder")]
        letters = [composing.compose(session, mail, office.house) for mail in mails]
    pan = [letter for letter in letters if letter.to.startswith("pan")]
    assert len(pan) > 2
    assert len({letter.text for letter in pan}) == len({letter.html for letter in pan}) == len(pan)
    share = "60% of the limit" if locale == "en" else "时限过去 60%"
    assert sum(share in letter.text for letter in pan) == 1


def test_two_who_attend_at_once_raise_each_rung_once(office: Any) -> None:
    number = office.open(severity="critical")
    office.later(days=3)
    problems: list[BaseException] = []

    def attend() -> None:
        try:
            office.attend(number)
        except BaseException as problem:
            problems.append(problem)

    both = [threading.Thread(target=attend) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)

    assert problems == []
    assert len(raised(office, number)) == len(set(raised(office, number))) == 15


def test_a_limit_that_ran_out_is_missed_for_good_and_the_answer_still_taken(
    office: Any, report: dict[str, Any]
) -> None:
    number = office.open()
    due = office.clocks(number)["verification"].due_at
    office.now = due
    office.attend(number)
    assert office.clocks(number)["verification"].missed_at is None, "on the moment is in time"
    office.later(seconds=1).attend(number)
    assert office.clocks(number)["verification"].missed_at == due

    office.later(minutes=9).answer(number, "report", "submit", **report)
    clock = office.clocks(number)["verification"]
    assert (clock.met_at, clock.missed_at) == (office.now, due)
    [met] = office.events(number, "clock_met")
    assert met.data["late"] is True


def test_a_late_answer_nobody_attended_before_is_late_all_the_same(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    due = office.clocks(number)["verification"].due_at
    office.later(hours=5).answer(number, "report", "submit", **report)

    assert office.clocks(number)["verification"].missed_at == due


def test_a_clock_that_was_met_raises_nothing_more(office: Any, report: dict[str, Any]) -> None:
    number = office.open()
    office.later(minutes=80).attend(number)
    office.answer(number, "report", "submit", **report)
    office.later(hours=3).attend(number)

    assert raised(office, number) == [("verification", "60%")]


def test_a_granted_time_moves_the_rungs_that_are_still_to_come(office: Any) -> None:
    number = office.open()
    office.later(minutes=80).attend(number)
    office.answer(number, "report", "request_extension", reason="等检测", until="2026-11-24T14:03")
    office.answer(number, "extension", "grant", reason="")
    office.later(hours=22).attend(number)
    assert raised(office, number) == [("verification", "60%")]
    office.later(hours=2).attend(number)
    assert ("verification", "100%") in raised(office, number)


def test_the_public_clock_reminds_whoever_holds_the_incident_up(office: Any) -> None:
    number = office.bring_to("statement_approval")
    office.later(hours=24).attend(number)

    [event] = [one for one in office.events(number, "rung_raised") if one.data["clock"] == "public_word"]
    assert (event.data["rung"], event.data["officers"]) == ("50%", ["shen_ruolan"])


def test_a_deputy_hears_of_the_rung(office: Any) -> None:
    away = {"start": "2026-11-23", "end": "2026-11-24", "deputy": "fang_qi"}
    office.with_officer("shen_ruolan", absences=[away])
    number = office.open()
    office.later(hours=3).attend(number)

    [mail] = [one for one in office.mails(number, "ladder") if one.values["told_as"] == "office_director"]
    assert (mail.officer_id, mail.values["deputy_for"]) == ("fang_qi", "shen_ruolan")


def test_whoever_left_the_roster_holds_nothing_up(office: Any) -> None:
    from yingda.domain.roster import Roster

    number = office.open(unit="social_affairs")
    plain = office.house.roster.model_dump(mode="json")
    plain["officers"] = [one for one in plain["officers"] if one["id"] != "qin_shuang"]
    plain["officers"].append(
        {**plain["officers"][-1], "id": "new", "email": "new@example.org", "unit": "social_affairs"}
    )
    office.house = replace(office.house, roster=Roster.model_validate(plain))

    office.later(hours=4).attend(number)
    assert len(raised(office, number)) == 4


def test_only_incidents_that_something_may_be_due_for_are_attended_to(office: Any) -> None:
    running, done = office.open(), office.open(title="什么也没说清", unit=None)
    office.answer(done, "assign_unit", "dismiss", reason="无关")
    office.answer(done, "close", "close", result="不予受理")

    with office.transaction() as session:
        assert escalating.to_attend(session) == [running]
