"""Public feedback (公众反馈): whether a published statement settled the matter, and if not, why."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from yingda.domain.fields import Answer, Words, optional

LONGEST_WORDS = 500
"""Characters."""


class Reason(StrEnum):
    """Why it is not settled; the page offers these and nothing that tells who somebody is."""

    NOT_FIXED = "not_fixed"
    CAME_BACK = "came_back"
    WRONG = "wrong"
    UNCLEAR = "unclear"
    LATE = "late"


_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_FIXED: ("实际没有解决", "It has not been put right"),
    Reason.CAME_BACK: ("解决后又出现了", "It was put right and came back"),
    Reason.WRONG: ("说明与事实不符", "What the statement says is not so"),
    Reason.UNCLEAR: ("说明看不明白", "The statement is hard to understand"),
    Reason.LATE: ("承诺的事过期没有做", "What was promised was not done in time"),
}


def label(reason: Reason, locale: str) -> str:
    """Return the words for a reason in `locale` (zh_CN or en)."""
    return _WORDS[reason][locale == "en"]


class Vote(Answer):
    """What somebody says of a statement."""

    labels: ClassVar[tuple[str, str]] = ("提交反馈", "Send")
    solved: bool = Field(title="这件事解决了吗", json_schema_extra={"title_en": "Is the matter settled?"})
    reasons: tuple[Reason, ...] = Field(
        default=(),
        max_length=len(Reason),
        title="哪里没有解决",
        json_schema_extra={"title_en": "What is not settled"},
    )
    words: Words = optional(
        "补充说明（请勿写姓名、电话、住址）",
        "In your words (no names, numbers or addresses, please)",
        limit=LONGEST_WORDS,
    )
