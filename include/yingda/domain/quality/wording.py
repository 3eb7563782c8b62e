"""Length and plain words, by the office's own limits and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import dates, figures
from .material import Draft, Found
from .reading import Text
from .rule import Advice, LengthRule

_MARKS = re.compile(r"\s|[#>]|^\d+\. |^- ", re.MULTILINE)
# What was done or found, said so that it can be checked.
_CONCRETE = re.compile(
    r"已(?:于|经|完成|更换|修复|恢复|清|拆|派|调|责令|停|赔)|当日|抢修|更换|修复|清运|整改完|拆除|赔付|处罚|\d"
)


def length(draft: Draft, rule: LengthRule) -> Iterator[Found]:
    """Find a body that is shorter or longer than the office wants it; one that is empty is another's matter."""
    count = len(_MARKS.sub("", next(text.plain for text in draft.texts if text.field == "body")))
    if count and not rule.least <= count <= rule.most:
        yield Found("body", more={"count": str(count), "least": str(rule.least), "most": str(rule.most)})


def listed(draft: Draft, advice: tuple[Advice, ...]) -> Iterator[Found]:
    """Find words of a list."""
    for text, start, end, found in _places(draft, advice):
        yield _said(text, start, end, found)


def empty(draft: Draft, advice: tuple[Advice, ...]) -> Iterator[Found]:
    """Find words of a list in sentences where nothing concrete stands beside them: no deed, no figure, no date."""
    for text, start, end, found in _places(draft, advice):
        first, last = next((one for one in text.sentences() if one[0] <= start < one[1]), (start, end))
        beside = text.plain[first:start] + text.plain[end:last]
        if not (_CONCRETE.search(beside) or figures.any_in(beside) or any(True for _ in dates.days(beside))):
            yield _said(text, start, end, found)


def _places(draft: Draft, advice: tuple[Advice, ...]) -> Iterator[tuple[Text, int, int, Advice]]:
    for text in draft.texts:
        plain = text.plain.casefold()
        for one in advice:
            for word in one.words:
                for found in re.finditer(re.escape(word.casefold()), plain):
                    yield text, found.start(), found.end(), one


def _said(text: Text, start: int, end: int, advice: Advice) -> Found:
    return Found(text.field, text.quote(start, end), {"instead": advice.instead, "instead_en": advice.instead_en})
