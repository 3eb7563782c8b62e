"""Limits that are laxer than the State Council's notices are named; stricter ones are nobody's business."""

from __future__ import annotations

from typing import Any

import pytest

from yingda import settings
from yingda.domain.policy import ClockRule, Policy
from yingda.domain.state_council import excesses


def policy(**clocks: dict[str, Any]) -> Policy:
    ours = settings.load({}).policy
    return ours.model_copy(
        update={
            "clocks": {
                kind: ClockRule.model_validate({**dict(rule), **clocks.get(kind, {})})
                for kind, rule in ours.clocks.items()
            }
        }
    )


def said(**clocks: dict[str, Any]) -> list[str]:
    return [str(excess) for excess in excesses(policy(**clocks))]


def test_the_shipped_rules_keep_within_the_notices():
    assert said() == []


def test_stricter_limits_are_fine():
    stricter = {"general": "30m", "major": "1h", "critical": "20s"}
    assert said(public_word=stricter, press_conference=stricter) == []


@pytest.mark.parametrize(
    ("kind", "severity", "span", "words"),
    [
        ("public_word", "general", "49h", "'49h' is laxer than the 48h of 国办发〔2016〕61号. Write 48h or less."),
        ("public_word", "general", "3d", "'3d' is laxer than the 48h of 国办发〔2016〕61号. Write 48h or less."),
        ("public_word", "major", "18001s", "'18001s' is laxer than the 5h of 国办发〔2016〕80号. Write 5h or less."),
        ("public_word", "critical", "48h", "'48h' is laxer than the 5h of 国办发〔2016〕80号. Write 5h or less."),
        (
            "press_conference",
            "critical",
            "25h",
            "'25h' is laxer than the 24h of 国办发〔2016〕61号 and 国办发〔2016〕80号. Write 24h or less.",
        ),
        (
            "press_conference",
            "major",
            None,
            "null owes nothing, but 国办发〔2016〕61号 and 国办发〔2016〕80号 ask for it within 24h."
            " Write 24h or less.",
        ),
        (
            "public_word",
            "general",
            None,
            "null owes nothing, but 国办发〔2016〕61号 asks for it within 48h. Write 48h or less.",
        ),
        (
            "public_word",
            "general",
            "1wd",
            "'1wd' stretches over weekends and holidays, past the 48h of 国办发〔2016〕61号. Write 48h or less.",
        ),
    ],
)
def test_a_laxer_limit_is_named_with_key_value_bound_notice_and_remedy(kind, severity, span, words):
    assert said(**{kind: {severity: span}}) == [f"clocks.{kind}.{severity}: {words}"]


@pytest.mark.parametrize(("severity", "span"), [("general", "48h"), ("general", "2880m"), ("major", "300m")])
def test_exactly_the_bound_is_kept(severity, span):
    assert said(public_word={severity: span}) == []


def test_what_is_owed_only_when_urgent_leaves_the_others_without_a_limit():
    [only] = said(public_word={"general": None, "urgent": "2h"})
    assert only.startswith("clocks.public_word.general: null")


def test_clocks_and_severities_without_a_notice_are_the_office_s_own_affair():
    assert said(verification={"general": "30d"}, review={"critical": None}, press_conference={"general": "9d"}) == []
