"""Public feedback (公众反馈): whether a published statement settled the matter, and if not, why."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from yingda.domain import speech
from yingda.domain.fields import Answer, Words, optional
from yingda.domain.speech import N_

LONGEST_WORDS = 500
"""Characters."""


class Reason(StrEnum):
    """Why it is not settled; the page offers these and nothing that tells who somebody is."""

    NOT_FIXED = "not_fixed"
    CAME_BACK = "came_back"
    WRONG = "wrong"
    UNCLEAR = "unclear"
    LATE = "late"


_WORDS: dict[Reason, str] = {
    Reason.NOT_FIXED: N_("实际没有解决"),
    Reason.CAME_BACK: N_("解决后又出现了"),
    Reason.WRONG: N_("说明与事实不符"),
    Reason.UNCLEAR: N_("说明看不明白"),
    Reason.LATE: N_("承诺的事过期没有做"),
}


def label(reason: Reason, locale: str) -> str:
    """Return the words for a reason in `locale` (zh_CN or en)."""
    return speech.said(_WORDS[reason], locale)


class Vote(Answer):
    """What somebody says of a statement."""

    labels: ClassVar[str] = N_("提交反馈")
    solved: bool = Field(title="这件事解决了吗", json_schema_extra={"title_en": "Is the matter settled?"})
    reasons: tuple[Reason, ...] = Field(
        default=(),
        max_length=len(Reason),
        title="哪里没有解决",
        json_schema_extra={"title_en": "What is not settled"},
    )
    words: Words = optional(
        N_("补充说明（请勿写姓名、电话、住址）"),
        limit=LONGEST_WORDS,
    )
