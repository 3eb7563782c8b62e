"""Leads that wait are reminded of: further up the longer, each step once, only the latest after an outage."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.services import attending, composing, waiting_leads
from yingda.services.passing import RunState
from yingda.store import audit
from yingda.store.models import Event, OutboxMessage, ReportedLead

from .test_leads import dismiss, open_lead, report

DUTY = ["ding_yifan", "xia_mengjie"]
DIRECTOR = ["shen_ruolan"]
LEADER = ["lu_zhenghua"]


def remind(office: Any) -> list[str]:
    """Remind now; return who is told, of which step."""
    before = {one.id for one in reminders(office)}
    with office.transaction() as session:
        waiting_leads.remind(session, office.house, office.now)
    return sorted(one.officer_id for one in reminders(office) if one.id not in before)


def reminders(office: Any) -> list[OutboxMessage]:
    with office.transaction() as session:
        about = OutboxMessage.values["about"].astext == "lead_waits"
        return list(session.scalars(select(OutboxMessage).where(about).order_by(OutboxMessage.id)))


def events(office: Any) -> list[Event]:
    with office.transaction() as session:
        return list(session.scalars(select(Event).where(Event.kind == "lead_reminded").order_by(Event.id)))


STEPS = {
    "general": [("2h", DUTY), ("24h", DUTY + DIRECTOR)],
    "major": [("30m", DUTY), ("2h", DUTY + DIRECTOR), ("24h", DIRECTOR + LEADER)],
    "critical": [("10m", DUTY), ("30m", DUTY + DIRECTOR), ("2h", DIRECTOR + LEADER)],
}


@pytest.mark.parametrize("severity", list(STEPS))
def test_each_step_is_told_once_when_it_is_due_and_not_a_second_before(office: Any, severity: str) -> None:
    report(office, severity=severity)
    start = office.now
    assert remind(office) == []
    for after, who in STEPS[severity]:
        span = timedelta(hours=float(after[:-1])) if after[-1] == "h" else timedelta(minutes=float(after[:-1]))
        office.now = start + span - timedelta(seconds=1)
        assert remind(office) == []
        office.now = start + span
        assert remind(office) == sorted(who)
        assert remind(office) == []
    assert remind(office.later(days=30)) == []
    assert len(events(office)) == len(STEPS[severity])


def test_an_urgent_lead_is_reminded_of_as_a_major_one(office: Any) -> None:
    report(office, urgent=True)
    assert remind(office.later(minutes=30)) == DUTY


def test_after_an_outage_only_the_latest_reminder_that_is_due_is_sent(office: Any) -> None:
    report(office, severity="critical")
    assert remind(office.later(hours=5)) == sorted(DIRECTOR + LEADER)
    assert [one.data["after"] for one in events(office)] == ["2h"]
    assert remind(office.later(days=1)) == []


def test_once_somebody_settled_it_nobody_is_reminded(office: Any) -> None:
    one, two = report(office, severity="major"), report(office, title="另一件事", severity="major")
    office.later(minutes=20)
    dismiss(office, one.id)
    open_lead(office, two.id, unit="liuxi")
    assert remind(office.later(days=3)) == []


def test_of_a_lead_that_is_being_settled_just_now_nobody_is_reminded(office: Any) -> None:
    lead = report(office, severity="major")
    office.later(hours=1)
    with office.transaction() as session:
        session.scalars(select(ReportedLead).where(ReportedLead.public_id == lead.id).with_for_update()).one()
        assert remind(office) == []
    assert remind(office) == DUTY


def test_two_who_remind_at_once_tell_each_person_once(office: Any) -> None:
    for number in range(5):
        report(office, title=f"第 {number} 件", severity="critical")
    office.later(minutes=15)
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        with office.transaction() as session:
            waiting_leads.remind(session, office.house, office.now)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert remind(office) == []
    assert len(reminders(office)) == 5 * len(DUTY)
    assert len(events(office)) == 5
    with office.transaction() as session:
        assert list(audit.breaks(session)) == []


def test_an_absent_officer_s_deputy_is_reminded(office: Any) -> None:
    office.with_officer("ding_yifan", absences=[{"start": "2026-11-20", "end": "2026-11-30", "deputy": "fang_qi"}])
    report(office, severity="major")
    assert remind(office.later(minutes=31)) == ["fang_qi", "xia_mengjie"]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh_CN", ["线索还在等待处理", "已等待 30 分钟，还没有人处理", "[重大]"]),
        ("en", ["A lead still waits", "Nobody has taken it up for 30 minutes", "[Major]"]),
    ],
)
def test_the_mail_says_how_long_it_waits_and_where_it_is_settled(office: Any, locale: str, said: list[str]) -> None:
    from dataclasses import replace

    lead = report(office, severity="major")
    remind(office.later(minutes=30))
    house = replace(office.house, locale=locale)
    [first, _] = reminders(office)
    with office.transaction() as session:
        letter = composing.compose(session, first, house)
    for words in said:
        assert words in letter.subject + letter.text
    assert f"/desk/leads/{lead.id}" in letter.text
    # However late it goes out, it says what was so when it was raised; and that somebody was faster, if so.
    office.later(hours=4)
    dismiss(office, lead.id)
    with office.transaction() as session:
        later = composing.compose(session, first, house)
    assert said[1] in later.text
    assert later.text != letter.text


def test_follow_up_reminds_and_a_fault_there_holds_up_no_incident(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report(office, severity="major")
    office.open()
    office.later(minutes=30)

    def attend(**options: Any) -> attending.Report:
        return attending.attend_all(
            office.transaction, office.house, lambda: office.now, lambda run: RunState.UNKNOWN, **options
        )

    attend(dry_run=True)
    assert reminders(office) == []
    with monkeypatch.context() as broken:
        broken.setattr(waiting_leads, "remind", lambda *_: 1 / 0)
        report_ = attend()
    assert [name for name, _ in report_.problems] == ["leads"]
    assert attend().problems == []
    assert [one.officer_id for one in reminders(office)] == DUTY


def test_a_policy_may_remind_of_nothing_and_not_out_of_order(office: Any) -> None:
    rule = office.house.policy.leads
    assert waiting_leads.due(rule, Severity.GENERAL, False, office.now, office.now) is None
    plain = yaml_policy()
    plain["leads"]["remind"]["general"] = []
    silent = Policy.model_validate(plain).leads
    assert waiting_leads.due(silent, Severity.GENERAL, False, office.now, office.now + timedelta(days=9)) is None
    assert waiting_leads.waits_from(silent, Severity.GENERAL, False, office.now) is None
    for wrong, said in (
        ([{"after": "2h", "tell": ["duty_officer"]}, {"after": "1h", "tell": ["duty_officer"]}], "in order of time"),
        ([{"after": "1wd", "tell": ["duty_officer"]}], "counts working time"),
    ):
        plain["leads"]["remind"]["general"] = wrong
        with pytest.raises(ValueError, match=said):
            Policy.model_validate(plain)


def yaml_policy() -> dict[str, Any]:
    from yingda import settings
    from yingda.settings import yaml_files

    value: dict[str, Any] = yaml_files.read(settings.CONFIG / "policy.yaml", "policy.yaml").value
    return value
