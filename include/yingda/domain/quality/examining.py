"""Examining: every check against one statement, each finding as grave as the office's rules say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from . import attribution, dates, figures, parts, personal, questions, wording
from .material import Draft, Found, Material
from .messages import message
from .rule import BY_WORDS, PERSONAL, Check, Level, QualityRule


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a statement, or may be.

    :param field: the field of its form, as refusals name it: `title`, `body`, `commitments.0.text`
    :param quote: the words it is about, as they were written; empty where something is missing
    :param more: what its message says besides, by name
    """

    code: Check
    level: Level
    field: str
    quote: str
    more: Mapping[str, str]

    def message(self, locale: str) -> str:
        """Return what is wrong and what to do, in `locale`."""
        return message(self.code, self.quote, self.more, locale)


_AGAINST: Mapping[Check, Callable[[Draft, Material], Iterator[Found]]] = {
    Check.SAYS_KNOWN: parts.known,
    Check.SAYS_UNKNOWN: parts.not_known,
    Check.SAYS_DOING: parts.doing,
    Check.SAYS_NEXT: parts.next_word,
    Check.NAMES_UNIT: attribution.unit,
    Check.NAMES_SPOKESPERSON: attribution.spokesperson,
    Check.NAMES_TIME: attribution.time,
    Check.DATE_UNKNOWN: dates.unknown,
    Check.QUESTION_OPEN: questions.not_taken_up,
}

_TOLD_APART: Mapping[tuple[Check, ...], Callable[[Draft, Material], Iterator[tuple[Check, Found]]]] = {
    PERSONAL: personal.found,
    (Check.FIGURE_DIFFERS, Check.FIGURE_UNKNOWN): figures.compared,
}
"""What one look finds for several checks, since it has to tell them apart."""


def examine(draft: Draft, material: Material, rule: QualityRule) -> tuple[Finding, ...]:
    """Return what is found in a statement: what refuses it first, then field by field, each finding once."""
    order = {text.field: position for position, text in enumerate(draft.texts)}
    found = {
        (check, one.field, one.quote): Finding(check, rule.checks[check], one.field, one.quote, one.more)
        for check, one in _all(draft, material, rule)
    }
    return tuple(sorted(found.values(), key=lambda one: (one.level is not Level.BLOCK, order.get(one.field, 0))))


def _all(draft: Draft, material: Material, rule: QualityRule) -> Iterator[tuple[Check, Found]]:
    wanted = {check for check in Check if rule.checks[check] is not Level.OFF}
    for checks, look_for_all in _TOLD_APART.items():
        if wanted & set(checks):
            yield from ((check, one) for check, one in look_for_all(draft, material) if check in wanted)
    for check, look in _AGAINST.items():
        if check in wanted:
            yield from ((check, one) for one in look(draft, material))
    if Check.LENGTH in wanted:
        yield from ((Check.LENGTH, one) for one in wording.length(draft, rule.length))
    for check in BY_WORDS:
        if check in wanted:
            look_for = wording.empty if check is Check.EMPTY_WORDS else wording.listed
            yield from ((check, one) for one in look_for(draft, rule.words[check]))
