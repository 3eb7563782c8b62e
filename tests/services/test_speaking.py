"""Who speaks: by the table of the severities, by name where somebody was named, and as the agreed wording says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from yingda.domain.severity import Severity
from yingda.services import composing, regrading
from yingda.store.models import OutboxMessage

TABLE = {
    "general": ("韩越、罗春生", "罗春生"),
    "major": ("沈若兰、方琪", "韩越"),
    "critical": ("陆正华、韩越", "陆正华"),
}


def regrade(office: Any, number: str, severity: str) -> None:
    with office.case(number) as case:
        regrading.regrade(case, Severity(severity), "关注变化", "xia_mengjie")


def public(office: Any, number: str) -> None:
    office.carry_on(number, "publication")
    office.publish(number)


def speakers(office: Any, number: str, officer_id: str = "ding_yifan") -> tuple[str, str]:
    """First spokesperson and interviewee as the newest agreed wording names them."""
    mails = [mail for mail in office.mails(number, "wording") if mail.officer_id == officer_id]
    with office.transaction() as session:
        text = composing.compose(session, session.get_one(OutboxMessage, mails[-1].id), office.house).text
    lines = dict(line.split("：", 1) for line in text.splitlines() if "：" in line)
    return lines["第一新闻发言人"], lines["指定接受采访的人员"]


@pytest.mark.parametrize("severity", TABLE)
def test_the_wording_names_who_speaks_at_this_severity(office: Any, severity: str) -> None:
    number = office.open(severity=severity)
    public(office, number)
    assert speakers(office, number) == TABLE[severity]


def test_who_speaks_follows_every_regrade(office: Any) -> None:
    number = office.open()
    for severity in ("critical", "major", "general", "major"):
        regrade(office, number, severity)
    public(office, number)
    assert speakers(office, number) == TABLE["major"]
    regrade(office, number, "critical")
    # A mail that was not sent yet says what holds when it is.
    assert speakers(office, number) == TABLE["critical"]


def test_whoever_was_named_gives_the_interviews_and_gets_the_wording(office: Any) -> None:
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "not_now", reason="先核查", interviewee="pan_lihong")
    public(office, number)
    assert speakers(office, number) == ("陆正华、韩越", "潘丽红")
    wordings = [mail.officer_id for mail in office.mails(number, "wording")]
    assert wordings.count("pan_lihong") == 1
    assert len(wordings) == len(set(wordings))


def test_the_name_holds_only_while_the_incident_stays_that_grave(office: Any) -> None:
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "start", reason="险情", interviewee="pan_lihong")
    regrade(office, number, "general")
    assert office.incident(number).interviewee_id is None
    [event] = office.events(number, "interviewee_lapsed")
    assert event.data["officers"] == ["pan_lihong"]
    regrade(office, number, "critical")
    public(office, number)
    assert speakers(office, number) == TABLE["critical"]


def test_whoever_left_the_roster_speaks_for_nobody(office: Any) -> None:
    number = office.open(severity="critical")
    office.answer(number, "emergency_plan", "not_now", reason="先核查", interviewee="cheng_xiaoyu")
    plain = office.house.roster.model_dump(mode="json")
    plain["officers"] = [one for one in plain["officers"] if one["id"] != "cheng_xiaoyu"]
    next(one for one in plain["officers"] if one["id"] == "yuan_daming")["roles"].append("information_officer")
    office.house = replace(office.house, roster=type(office.house.roster).model_validate(plain))
    public(office, number)
    assert speakers(office, number) == TABLE["critical"]
