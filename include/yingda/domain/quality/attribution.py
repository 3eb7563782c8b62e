"""Who answers, who speaks, and when: what a reader needs to hold somebody to it."""

from __future__ import annotations

from collections.abc import Iterator

from . import dates
from .material import Draft, Found, Material


def unit(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that the responsible unit is not named; what a unit promises with a date names it."""
    words = draft.words + "\n".join(one.unit for one in draft.promises)
    if material.units and not any(name in words for name in material.units):
        yield Found("body", more={"other": material.units[0]})


def spokesperson(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that nobody is named who may speak first at the incident's severity."""
    if material.spokespersons and not any(name in draft.words for name in material.spokespersons):
        yield Found("body", more={"other": "、".join(material.spokespersons[:3])})


def time(draft: Draft, material: Material) -> Iterator[Found]:
    """Find that no day is named. "Today" is none: nobody knows it who reads the page next month."""
    if not any(one.due is not None for one in draft.promises) and not any(dates.in_text(text) for text in draft.texts):
        yield Found("body")
