"""The words that all sections of the rules page share: Chinese with English beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from yingda.domain import roles, severity
from yingda.domain.clocks import Span, span_label
from yingda.domain.roles import Role
from yingda.domain.severity import Severity

Pair = tuple[str, str]
"""The same in Chinese and in English."""

KEY = "键 Key"
WHAT = "事项 What"
RULE = "规定 Rule"


def both(chinese: str, english: str) -> str:
    """Return a cell that says it twice."""
    return f"{chinese}<br>{english}"


def one_severity(one: Severity) -> Pair:
    return severity.label(one, "zh_CN"), severity.label(one, "en")


def one_role(role: Role) -> Pair:
    return roles.label(role, "zh_CN"), roles.label(role, "en")


def listed(pairs: Iterable[Pair]) -> Pair:
    """Return the words of all, one after the other."""
    pairs = list(pairs)
    return "、".join(chinese for chinese, _ in pairs), ", ".join(english for _, english in pairs)


def one_span(span: Span) -> Pair:
    return span_label(span, "zh_CN"), span_label(span, "en")


def in_parts(length: timedelta, locale: str) -> str:
    """Return whole seconds in words without rounding: `1 小时 12 分钟`, and days only where a span counts in days."""
    parts: list[timedelta] = []
    for unit, sign in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m")):
        whole = length - length % unit
        if whole and str(Span(elapsed=whole)).endswith(sign):
            parts.append(whole)
            length -= whole
    return " ".join(span_label(Span(elapsed=part), locale) for part in [*parts, length] if part)


def times(count: int, singular: str) -> str:
    """Return an English count: `1 attempt`, `2 attempts`."""
    return f"{count} {singular}" if count == 1 else f"{count} {singular}s"
