"""Who hears of a clock that runs out, and when (key `ladders`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

from yingda.domain import clocks
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.ladder import ASKED, Rung, place_label
from yingda.domain.policy import ClockRule, Policy
from yingda.domain.roles import Role
from yingda.domain.severity import Severity
from yingda.running.pages import table
from yingda.running.ruling.words import Pair, both, in_parts, listed, one_role, one_severity, one_span

ABOUT_LADDERS = """\
时限快到、已到、超过时，按下表逐级告知。中间各栏是自起算到告知的时间；准予延期的，按新时限推算。
每一级只告知一次；已经办到的，不再告知。“被要求答复的人”是此刻待办的人；责任单位未定时，不告知单位里的人。

Who hears of a limit that runs out. The columns in the middle say how long after the start; an extension moves them.
Each step is taken once, and none after what is owed is there. *Whoever is asked* is the person whose answer is awaited
at that moment; while no unit is assigned, nobody of a unit is told.
"""

UNTIL_A_DATE: dict[ClockKind, Pair] = {
    ClockKind.COMMITMENT: (
        "自发布所在的对外情况说明起算，到其中承诺的日期为止。",
        "Runs from the publication of the statement to the date promised in it.",
    ),
    ClockKind.ACTION_ITEM: (
        "自报送总结起算，到其中所写的日期为止。",
        "Runs from the submission of the review to the date set in it.",
    ),
}
"""The clocks that have no length in policy."""


def parts(policy: Policy) -> Iterator[str]:
    """Yield the section, a table for each clock."""
    yield "## 逐级提醒 Reminders that climb `ladders`\n"
    yield ABOUT_LADDERS
    for kind in ClockKind:
        yield _ladder(kind, policy.clocks.get(kind), policy.ladders[kind])


def _ladder(kind: ClockKind, rule: ClockRule | None, rungs: Sequence[Rung]) -> str:
    title = f"### {clocks.label(kind, 'zh_CN')} {clocks.label(kind, 'en')} `ladders.{kind}`\n"
    if kind in UNTIL_A_DATE:
        title += "\n" + " ".join(UNTIL_A_DATE[kind]) + "\n"
    if not rungs:
        return f"{title}\n不告知任何人。 Nobody is told.\n"
    cases = _cases(rule) if rule is not None else {}
    heads = ("何时 When", *(both(*_headed(who, span)) for span, who in cases.items()), "告知 Told")
    rows = [
        (_place(rung), *(_moment(rung, span) for span in cases), both(*listed(_listener(one) for one in rung.tell)))
        for rung in rungs
    ]
    return f"{title}\n{table(heads, rows)}"


def _headed(who: Sequence[Pair], span: Span) -> Pair:
    (chinese, english), (zh_span, en_span) = listed(who), one_span(span)
    return f"{chinese}：{zh_span}", f"{english}: {en_span}"


def _cases(rule: ClockRule) -> dict[Span, list[Pair]]:
    """Return each span the clock can have, with the names of the incidents that have it."""
    found: dict[Span, list[Pair]] = {}
    for one in Severity:
        chinese, english = one_severity(one)
        if span := rule.span_for(one, urgent=False):
            found.setdefault(span, []).append((chinese, english))
        elif span := rule.span_for(one, urgent=True):
            found.setdefault(span, []).append((f"{chinese}（紧急）", f"{english} (urgent)"))
    return found


def _place(rung: Rung) -> str:
    english = place_label(rung.at, "en")
    return both(place_label(rung.at, "zh_CN"), english[0].upper() + english[1:])


def _moment(rung: Rung, span: Span) -> str:
    """Return in words how long after its start a clock of this span comes to the rung."""
    if isinstance(rung.at, Span):
        return both(*one_span(rung.at))
    if rung.at == 1:
        return both(*one_span(span))
    if span.elapsed is None:
        return both(
            "按起算到时限的全部时间折算，含夜间和节假日", "A share of all time until then, nights and holidays too"
        )
    length = timedelta(seconds=math.ceil(span.elapsed // timedelta(seconds=1) * rung.at))
    return both(in_parts(length, "zh_CN"), in_parts(length, "en"))


def _listener(told: str) -> Pair:
    return ("被要求答复的人", "Whoever is asked") if told == ASKED else one_role(Role(told))
