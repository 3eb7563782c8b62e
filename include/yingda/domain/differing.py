"""The difference between two revisions, as a Chinese reader wants it: by clause, and by character inside a changed one.

Lines mean little in Chinese prose, and words are not separated; a clause ends with its punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_CLAUSE = re.compile(r"[^，。；：！？、,;:!?\n]*[，。；：！？、,;:!?\n]+|[^，。；：！？、,;:!?\n]+")
# A run of letters or digits is one piece: "12.5%" changed to "13.5%" should not read as "1[2→3].5%".
_PIECE = re.compile(r"[A-Za-z0-9]+(?:[.:/%-][A-Za-z0-9]+)*%?|.", re.DOTALL)

SIMILAR = 0.4
"""Two clauses at least this alike are shown as one that was changed; below it, as one gone and one new."""

SHORTEST_KEPT = 2
"""Characters that must stand unchanged in a row to be shown as kept between two changes."""


class Change(StrEnum):
    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Part:
    """A stretch of text and what became of it."""

    change: Change
    text: str


def difference(before: str, after: str) -> tuple[Part, ...]:
    """Return how `before` became `after`.

    The kept and removed parts together are `before`, the kept and added ones together `after`, to the character.
    """
    old, new = _CLAUSE.findall(before), _CLAUSE.findall(after)
    parts: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part(Change.KEPT, "".join(old[a:b])))
        else:
            parts += _changed("".join(old[a:b]), "".join(new[c:d]))
    return tuple(_joined(parts))


def _changed(old: str, new: str) -> list[Part]:
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < SIMILAR:
        return [Part(Change.REMOVED, old), Part(Change.ADDED, new)]
    parts: list[Part] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        inside = a > 0 and b < len(before)
        if tag == "equal" and not (inside and len(gone) < SHORTEST_KEPT):
            parts.append(Part(Change.KEPT, gone))
        else:
            parts += [Part(Change.REMOVED, gone), Part(Change.ADDED, come)]
    return parts


def _joined(parts: list[Part]) -> Iterator[Part]:
    """Join neighbours of one kind; between two kept stretches, what was removed stands before what was added."""
    gone = come = kept = ""
    for part in parts:
        if part.change is Change.KEPT:
            if part.text and (gone or come):
                yield from _pair(gone, come)
                gone = come = ""
            kept += part.text
            continue
        if kept:
            yield Part(Change.KEPT, kept)
            kept = ""
        if part.change is Change.REMOVED:
            gone += part.text
        else:
            come += part.text
    yield from _pair(gone, come)
    if kept:
        yield Part(Change.KEPT, kept)


def _pair(gone: str, come: str) -> Iterator[Part]:
    if gone:
        yield Part(Change.REMOVED, gone)
    if come:
        yield Part(Change.ADDED, come)
