"""What tests of the checks share: the shipped rules, and a statement examined by them in one line."""

from __future__ import annotations

from functools import cache
from typing import Any

from yingda import settings
from yingda.domain.documents import StatementKind
from yingda.domain.quality.examining import Finding, examine
from yingda.domain.quality.material import Draft, Material, Promise
from yingda.domain.quality.rule import Check, Level, QualityRule


@cache
def shipped() -> QualityRule:
    """The rules as shipped."""
    return settings.load({}).policy.quality


def ruled(**levels: str) -> QualityRule:
    """The shipped rules with other levels."""
    changed = {Check(name): Level(level) for name, level in levels.items()}
    return shipped().model_copy(update={"checks": {**shipped().checks, **changed}})


def examined(
    body: str,
    *,
    kind: StatementKind = StatementKind.FINAL,
    title: str = "关于柳溪村路灯的说明",
    promises: tuple[Promise, ...] = (),
    rule: QualityRule | None = None,
    **material: Any,
) -> tuple[Finding, ...]:
    """All that is found in a statement."""
    return examine(Draft(kind, title, body, promises), Material(**material), rule or shipped())


def found(check: str, body: str, **given: Any) -> list[str]:
    """The words that one check quotes."""
    return [one.quote for one in examined(body, **given) if one.code == check]


def says(check: str, body: str, **given: Any) -> list[str]:
    """What one check says, in Chinese."""
    return [one.message("zh_CN") for one in examined(body, **given) if one.code == check]
