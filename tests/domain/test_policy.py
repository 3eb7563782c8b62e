"""The rules of the office as shipped, read from the real file."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from yingda import settings
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.policy import Policy
from yingda.domain.roles import Role
from yingda.domain.severity import Severity
from yingda.domain.working_hours import length_of_day

GENERAL, MAJOR, CRITICAL = Severity


@pytest.fixture(scope="module")
def policy() -> Policy:
    return settings.load({}).policy


def test_the_time_limits_are_those_of_the_regulations(policy):
    said = {
        kind: tuple(str(span) if (span := rule.span_for(severity, urgent=False)) else None for severity in Severity)
        for kind, rule in policy.clocks.items()
    }
    assert said == {
        ClockKind.BRIEF_REPLY: (None, "30m", "30m"),
        ClockKind.VERIFICATION: ("2h", "2h", "2h"),
        ClockKind.PUBLIC_WORD: ("48h", "5h", "5h"),
        ClockKind.FURTHER_WORD: ("24h", "5h", "5h"),
        ClockKind.PRESS_CONFERENCE: (None, "24h", "24h"),
        ClockKind.REVIEW: (None, "7d", "7d"),
    }


def test_urgent_counts_only_where_the_severity_by_itself_owes_nothing(policy):
    brief = policy.clocks[ClockKind.BRIEF_REPLY]
    assert brief.span_for(GENERAL, urgent=True) == Span(timedelta(minutes=30))
    changed = brief.model_copy(update={"urgent": Span(timedelta(minutes=1))})
    assert changed.span_for(MAJOR, urgent=True) == Span(timedelta(minutes=30))
    assert policy.clocks[ClockKind.PRESS_CONFERENCE].span_for(GENERAL, urgent=True) is None


def test_statements_are_signed_by_the_chain_of_their_severity(policy):
    assert policy.signing == {
        GENERAL: (Role.OFFICE_DIRECTOR,),
        MAJOR: (Role.OFFICE_DIRECTOR, Role.SUPERIOR),
        CRITICAL: (Role.OFFICE_DIRECTOR, Role.GROUP_LEADER, Role.SUPERIOR),
    }


def test_who_speaks_and_who_is_interviewed_follows_the_severity(policy):
    assert policy.spokesperson[GENERAL] == (Role.BRANCH_LEADER, Role.SECTION_HEAD)
    assert policy.spokesperson[MAJOR] == (Role.OFFICE_DIRECTOR, Role.OFFICE_DEPUTY)
    assert policy.spokesperson[CRITICAL] == (Role.GROUP_LEADER, Role.GROUP_DEPUTY)
    assert policy.interviewee[GENERAL] == (Role.SECTION_HEAD,)
    assert policy.interviewee[MAJOR] == (Role.BRANCH_LEADER,)


def test_every_clock_that_can_run_has_a_ladder_that_reaches_the_group_leader_after_the_asked(policy):
    for kind in ClockKind:
        rungs = policy.ladders[kind]
        assert rungs[0].tell == ("asked",), kind
        assert "group_leader" in rungs[-1].tell, kind


def test_the_verification_ladder_is_the_one_promised(policy):
    assert [(rung.key, rung.tell) for rung in policy.ladders[ClockKind.VERIFICATION]] == [
        ("60%", ("asked",)),
        ("100%", ("asked", "section_head", "branch_leader")),
        ("150%", ("office_director",)),
        ("200%", ("group_leader",)),
    ]


def test_the_register_is_compiled_at_eight_and_mail_is_tried_eight_times(policy):
    assert policy.register_at == time(8, 0)
    assert policy.mail.attempts == 8
    assert len(policy.mail.pauses) == policy.mail.attempts - 1
    assert list(policy.mail.pauses) == sorted(policy.mail.pauses, key=lambda pause: pause.elapsed)
    assert policy.links.valid_for == Span(timedelta(days=30))


def test_the_duty_officer_hears_of_a_failing_publication_within_two_minutes(policy):
    rule = policy.publication
    waited = [rule.pauses[min(n, len(rule.pauses) - 1)].elapsed for n in range(rule.tell_after - 1)]
    assert sum(waited, timedelta()) < timedelta(minutes=2)


def test_a_working_day_has_seven_hours_with_a_break_at_noon(policy):
    assert [str(window) for window in policy.working_hours] == ["08:30-12:00", "14:00-17:30"]
    assert length_of_day(policy.working_hours) == timedelta(hours=7)


def test_the_second_hand_back_is_ruled_upon(policy):
    assert policy.hand_back.ruling_after == 2
