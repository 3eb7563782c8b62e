"""Questions: what the lead says people ask, and whether the statement takes it up.

A heuristic: a clause with a question word, or with a question mark behind it, is a question; it counts as taken up
where the statement shares enough of its words, be it to answer them or to say that they are open. A question after a
time is taken up only where the statement names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import dates
from .material import Draft, Found, Material
from .reading import bigrams, read

_ASKS = re.compile(
    r"是否|是不是|何时|什么时候|啥时候|几时|何日|为什么|为啥|为何|怎么(?!样也)|怎样|(?<!无论)(?<!不论)如何|谁(?!都)|多少|多久|多长时间|"
    r"能否|能不能|可否|可不可以|会不会|要不要|该不该|有没有|有无|何处|哪(?!怕)|什么|吗$|呢$|是何"
)
_WHEN = re.compile(r"何时|什么时候|啥时候|几时|何日|多久|多长时间")
_CLAUSE = re.compile(r"[^，,、。！？!?；;：:\n]+[？?]?")
# Who asks, and how; what is asked comes after.
_ASKING = re.compile(
    r"(?:多名|部分|有|众多|广大)?(?:居民|村民|网民|网友|群众|评论|市民|业主|家长|读者|跟帖|留言)(?:们|区|中)?|询问|追问|质疑|反映|请问|想问|"
    r"想知道|希望|关注|咨询|问道?|称|表示|到底|究竟|现在|目前|能够?|可以"
)
_ENOUGH = 1 / 3
_DURATION = re.compile(
    r"\d ?(?:个)?(?:小时|天|日|工作日|周|分钟)|[当今明即次]日|[今明]天|已(?:经|于)?(?:恢复|修复|完成)"
)


def questions(material: Material) -> Iterator[str]:
    """Yield what the lead asks, as it stands there."""
    for text in (read("", material.title), read("", material.summary)):
        for found in _CLAUSE.finditer(text.plain):
            clause = found[0].strip()
            if _ASKS.search(clause.rstrip("？?")) or clause.endswith(("？", "?")):
                yield text.quote(found.start(), found.end())


def key_words(question: str) -> set[str]:
    """Return the pairs of characters that tell what is asked."""
    asked = read("", question).plain
    return {pair for part in re.split("¤", _ASKING.sub("¤", _ASKS.sub("¤", asked))) for pair in bigrams(part)}


def not_taken_up(draft: Draft, material: Material) -> Iterator[Found]:
    """Find the questions of the lead that a statement neither answers nor says to be open."""
    said = draft.words
    names_a_time = (
        any(one.due is not None for one in draft.promises)
        or any(dates.in_text(text) for text in draft.texts)
        or _DURATION.search(said) is not None
    )
    for question in dict.fromkeys(questions(material)):
        words = key_words(question)
        if not words:
            # "Why?" by itself is about what the title names.
            words = bigrams(material.title)
        shared = sum(pair in said for pair in words)
        taken_up = bool(words) and shared >= max(1, len(words) * _ENOUGH)
        if words and (not taken_up or (_WHEN.search(question) and not names_a_time)):
            yield Found("body", question)
