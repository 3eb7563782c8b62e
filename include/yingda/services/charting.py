"""Charting: 附件1 网络舆情处置工作流程图, drawn from the dag's structure and the rules in force.

The structure is read from the dag when the project is built (`python -m yingda describe`) and kept beside the template,
since the desk cannot read dags; a check holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from yingda import rendering
from yingda.domain import clocks, flowchart, life, roles, severity
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.flowchart import Pair, Step, Structure, Way
from yingda.domain.life import REOPENING_STAGES, RequestKind, Stage
from yingda.domain.policy import Policy
from yingda.domain.severity import Severity
from yingda.services.asking import ASKED

KEPT = rendering.TEMPLATES / "flow" / "steps.json"

_LOCALES = ("zh_CN", "en")
_SYSTEM: Pair = ("系统", "the system")
_REQUESTS = {
    "assign_unit": RequestKind.ASSIGN_UNIT,
    "brief_reply": RequestKind.BRIEF_REPLY,
    "verification": RequestKind.REPORT,
    "report_approval": RequestKind.APPROVE_REPORT,
    "statement": RequestKind.DRAFT_STATEMENT,
    "closing": RequestKind.CLOSE,
}
"""What is asked at a step; at all others the system acts, or those sign whom policy names."""

_OWED = {
    "brief_reply": (ClockKind.BRIEF_REPLY,),
    "verification": (ClockKind.VERIFICATION,),
    "publication": (ClockKind.PUBLIC_WORD, ClockKind.PRESS_CONFERENCE),
    "closing": (ClockKind.REVIEW,),
}
"""Which time limits end at a step; the review is owed once the incident is closed."""

WAYS = (
    Way("brief_reply", "assign_unit", ("退单", "Handed back")),
    Way("verification", "assign_unit", ("退单", "Handed back")),
    Way("report_approval", "verification", ("退回修改", "Returned")),
    Way("report_approval", "assign_unit", ("不予批准", "Declined")),
    Way("statement_approval", "statement", ("退回修改", "Returned")),
    *(Way("closing", stage.value, ("重新办理", "Reopened"), "right") for stage in REOPENING_STAGES),
)
"""Ways back: loops of the domain, which the dag itself does not have."""


def svg(structure: Structure, policy: Policy) -> str:
    """Return the picture, in Chinese and English."""
    steps = [Step(task_id, (name, _english(task_id)), _details(task_id, policy)) for task_id, name in structure.steps]
    known = {step.id: step.name for step in steps}
    ways = [way for way in WAYS if way.start in known and way.end in known]
    return rendering.render(
        "flow/flow.svg.j2",
        "zh_CN",
        drawing=flowchart.draw(steps, structure.edges, ways),
        steps=steps,
        ways=[(known[way.start], way.words, known[way.end]) for way in ways],
    )


def kept(file: Path = KEPT) -> Structure:
    """Return the structure of `incident_response` as it was read from the dag."""
    return read(file.read_text("utf-8"))


def read(text: str) -> Structure:
    """Return the structure that `to_keep` wrote."""
    value = json.loads(text)
    return Structure(
        tuple((one["id"], one["name"]) for one in value["steps"]), tuple((one, two) for one, two in value["edges"])
    )


def to_keep(structure: Structure) -> str:
    """Return what is kept of a structure; `read` reads it."""
    value = {
        "steps": [{"id": task_id, "name": name} for task_id, name in structure.steps],
        "edges": [list(edge) for edge in structure.edges],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _english(task_id: str) -> str:
    if task_id == "open_incident":
        return "Opening"
    try:
        return life.label(Stage(task_id), "en")
    except ValueError:
        return task_id.replace("_", " ").capitalize()


def _details(task_id: str, policy: Policy) -> tuple[Pair, ...]:
    who = _who(task_id, policy)
    owed = [_limit(kind, policy) for kind in _OWED.get(task_id, ())]
    return tuple((f"{head[0]}：{said[0]}", f"{head[1]}: {said[1]}") for head, said in [(("谁", "Who"), who), *owed])


def _who(task_id: str, policy: Policy) -> Pair:
    if task_id == "statement_approval":
        return _by_severity([(one, _each(policy.signing[one], (" → ", " → "))) for one in Severity])
    kind = _REQUESTS.get(task_id)
    if kind is None:
        return _SYSTEM
    chinese, english = _each(ASKED[kind], ("、", ", "))
    if kind is RequestKind.ASSIGN_UNIT:
        return f"按规则转办；规则定不了的，由{chinese}指定", f"by rule; where no rule fits, the {english.lower()}"
    return chinese, english


def _limit(kind: ClockKind, policy: Policy) -> tuple[Pair, Pair]:
    rule = policy.clocks[kind]
    spans: dict[Severity, Span | None] = {one: getattr(rule, one.value) for one in Severity}
    said = _by_severity([(one, _span(span) if span else ("不要求", "not owed")) for one, span in spans.items()])
    if rule.urgent and None in spans.values():
        more = _span(rule.urgent)
        said = f"{said[0]}，标紧急的 {more[0]}", f"{said[1]}, if urgent {more[1]}"
    return _pair(lambda locale: clocks.label(kind, locale)), said


def _span(span: Span) -> Pair:
    return _pair(lambda locale: clocks.span_label(span, locale))


def _by_severity(by_severity: Sequence[tuple[Severity, Pair]]) -> Pair:
    """Say each thing once, with the severities it holds for; all of them need not be named."""
    groups: dict[Pair, list[Severity]] = {}
    for one, said in by_severity:
        groups.setdefault(said, []).append(one)
    if len(groups) == 1:
        return next(iter(groups))
    words = []
    for which, (locale, and_) in enumerate(zip(_LOCALES, ("、", ", "), strict=True)):
        parts = [
            f"{and_.join(severity.label(one, locale) for one in them)} {said[which]}" for said, them in groups.items()
        ]
        words.append(("；" if locale == "zh_CN" else "; ").join(parts))
    return words[0], words[1]


def _each(these: Sequence[roles.Role], between: Pair) -> Pair:
    chinese, english = (
        glue.join(roles.label(role, locale) for role in these) for glue, locale in zip(between, _LOCALES, strict=True)
    )
    return chinese, english


def _pair(words: Callable[[str], str]) -> Pair:
    return words("zh_CN"), words("en")
