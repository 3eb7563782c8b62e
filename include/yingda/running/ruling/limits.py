"""What is owed by when, and how far the State Council lets the public limits go (key `clocks`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yingda.domain import clocks
from yingda.domain.clocks import BY_POLICY, ClockKind, Span
from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.domain.state_council import BOUNDS, NO_61, NO_80, TITLES, Bound, excesses
from yingda.running.pages import table
from yingda.running.ruling.words import KEY, Pair, both, listed, one_severity, one_span

RUNS_FROM: dict[ClockKind, Pair] = {
    ClockKind.BRIEF_REPLY: ("首次通知责任单位", "The first notice to a unit"),
    ClockKind.VERIFICATION: ("首次通知责任单位", "The first notice to a unit"),
    ClockKind.PUBLIC_WORD: ("受理", "The opening of the incident"),
    ClockKind.FURTHER_WORD: ("决定更正、撤回或再次说明", "The decision to correct, withdraw or say more"),
    ClockKind.PRESS_CONFERENCE: ("受理", "The opening of the incident"),
    ClockKind.REVIEW: ("办结", "The closing of the incident"),
}

OWN_RULE: Pair = ("本单位规定", "The office's own")
NOTICES_IN_ENGLISH = {NO_61: "State Council 2016 no. 61", NO_80: "State Council 2016 no. 80"}

ABOUT_LIMITS = f"""\
- “紧急”一栏只在该级别本身不要求、而事件标了“紧急”时起作用。
  *Urgent* counts only where the severity by itself owes nothing and the incident is marked urgent.
- 依据中的{"，".join(f"{number}是{title}" for number, title in TITLES.items())}。
  Both are notices of the General Office of the State Council.
- 时限写得比这两件文件宽（包括不作要求、以工作日计），`python -m yingda check-config` 逐项提醒，写明键、现值、上限和
  文件，但不拦；写得更严没有关系。
  A limit laxer than the notices allow, none at all and working days included, is warned of by
  `python -m yingda check-config` with its key, value, bound and notice. It may stand; stricter ones are fine.
"""

_HEADS = (
    "事项 What is owed",
    "起算 Runs from",
    *(f"{' '.join(one_severity(one))} `{one}`" for one in Severity),
    "标了“紧急” Marked urgent `urgent`",
    "依据 Basis",
    KEY,
)


def parts(policy: Policy) -> Iterator[str]:
    """Yield the section."""
    yield "## 时限 Time limits `clocks`\n"
    yield table(_HEADS, _rows(policy))
    yield ABOUT_LIMITS


def _rows(policy: Policy) -> Iterator[Sequence[str]]:
    for kind in BY_POLICY:
        rule = policy.clocks[kind]
        spans: list[Span | None] = [getattr(rule, one) for one in Severity]
        yield (
            both(clocks.label(kind, "zh_CN"), clocks.label(kind, "en")),
            both(*RUNS_FROM[kind]),
            *(both(*one_span(span)) if span else both("不要求", "Not owed") for span in spans),
            both(*one_span(rule.urgent)) if rule.urgent else "—",
            both(*_basis(policy, kind)),
            f"`clocks.{kind}`",
        )


def _basis(policy: Policy, kind: ClockKind) -> Pair:
    bounds = [bound for bound in BOUNDS if bound.kind is kind]
    if not bounds:
        return OWN_RULE
    said = [_bound(policy, bound) for bound in bounds]
    return "；".join(chinese for chinese, _ in said), "; ".join(english for _, english in said)


def _bound(policy: Policy, bound: Bound) -> Pair:
    """Return what the notices say, and which severities the policy treats more laxly than that."""
    severities, longest = listed(one_severity(one) for one in bound.severities), one_span(bound.longest)
    chinese = f"{'、'.join(bound.notices)}：{severities[0]} {longest[0]}内"
    english = f"{', '.join(NOTICES_IN_ENGLISH[one] for one in bound.notices)}: {severities[1]} within {longest[1]}"
    laxer = [one_severity(excess.severity) for excess in excesses(policy) if excess.bound is bound]
    if not laxer:
        return chinese, english
    those = listed(laxer)
    return f"{chinese}（本规定对{those[0]}事件比它宽）", f"{english} (this rule is laxer: {those[1]})"
