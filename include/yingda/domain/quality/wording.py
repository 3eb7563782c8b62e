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
    for text in draft.texts:
        yield from _in(text, 0, len(text.plain), advice)


def empty(draft: Draft, advice: tuple[Advice, ...]) -> Iterator[Found]:
    """Find words of a list in sentences where nothing concrete stands beside them: no deed, no figure, no date."""
    for text in draft.texts:
        for start, end in text.sentences():
            found = list(_in(text, start, end, advice))
            if found and not _is_concrete(_without(text.plain[start:end], advice)):
                yield from found


def _in(text: Text, start: int, end: int, advice: tuple[Advice, ...]) -> Iterator[Found]:
    for one in advice:
        for word in one.words:
            found = re.compile(re.escape(word), re.IGNORECASE).search(text.plain, start, end)
            if found is not None:
                more = {"instead": one.instead, "instead_en": one.instead_en}
                yield Found(text.field, text.quote(*found.span()), more)


def _without(sentence: str, advice: tuple[Advice, ...]) -> str:
    for one in advice:
        for word in one.words:
            sentence = sentence.replace(word, "")
    return sentence


def _is_concrete(words: str) -> bool:
    return bool(_CONCRETE.search(words) or figures.any_in(words) or any(True for _ in dates.days(words)))
