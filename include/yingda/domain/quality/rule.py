"""What the office decides about the examination of statements (key `quality` of policy.yaml), and its words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from yingda.domain import speech
from yingda.domain.errors import Fault
from yingda.domain.speech import N_


class Level(StrEnum):
    """What a finding does: refuse the text, be shown to drafter and signers, or not be looked for at all."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


class Check(StrEnum):
    """What is looked for; each has its own level."""

    SAYS_KNOWN = "says_known"
    SAYS_UNKNOWN = "says_unknown"
    SAYS_DOING = "says_doing"
    SAYS_NEXT = "says_next"
    NAMES_UNIT = "names_unit"
    NAMES_SPOKESPERSON = "names_spokesperson"
    NAMES_TIME = "names_time"
    FIGURE_UNKNOWN = "figure_unknown"
    FIGURE_DIFFERS = "figure_differs"
    DATE_UNKNOWN = "date_unknown"
    QUESTION_OPEN = "question_open"
    IDENTITY_NUMBER = "identity_number"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PLATE = "plate"
    HOME_ADDRESS = "home_address"
    RESIDENT_NAME = "resident_name"
    RESIDENT_MASKED = "resident_masked"
    LENGTH = "length"
    EMPTY_WORDS = "empty_words"
    PROMISE_WORDS = "promise_words"
    BLAMING_WORDS = "blaming_words"
    OFFICIALESE = "officialese"


BY_WORDS = (Check.EMPTY_WORDS, Check.PROMISE_WORDS, Check.BLAMING_WORDS, Check.OFFICIALESE)
"""The checks that go by a list of words, which the office keeps."""

PERSONAL = (
    Check.IDENTITY_NUMBER,
    Check.BANK_CARD,
    Check.MOBILE,
    Check.LANDLINE,
    Check.PLATE,
    Check.HOME_ADDRESS,
    Check.RESIDENT_NAME,
    Check.RESIDENT_MASKED,
)
"""The checks for what tells who or where a resident is."""

_LABELS: dict[Check | Level, str] = {
    Level.BLOCK: N_("不得提交"),
    Level.WARN: N_("提醒"),
    Level.OFF: N_("不检查"),
    Check.SAYS_KNOWN: N_("说明已经查明什么"),
    Check.SAYS_UNKNOWN: N_("说明还没有查明什么"),
    Check.SAYS_DOING: N_("说明做了什么、正在做什么"),
    Check.SAYS_NEXT: N_("说明何时再次说明"),
    Check.NAMES_UNIT: N_("写明责任单位"),
    Check.NAMES_SPOKESPERSON: N_("写明发言人"),
    Check.NAMES_TIME: N_("写明时间"),
    Check.FIGURE_UNKNOWN: N_("数字有出处"),
    Check.FIGURE_DIFFERS: N_("数字与报告一致"),
    Check.DATE_UNKNOWN: N_("日期有出处"),
    Check.QUESTION_OPEN: N_("回答群众的提问"),
    Check.IDENTITY_NUMBER: N_("身份证号码", "rule"),
    Check.BANK_CARD: N_("银行卡号", "rule"),
    Check.MOBILE: N_("手机号码", "rule"),
    Check.LANDLINE: N_("固定电话"),
    Check.PLATE: N_("车牌号码", "rule"),
    Check.HOME_ADDRESS: N_("家庭住址"),
    Check.RESIDENT_NAME: N_("居民姓名"),
    Check.RESIDENT_MASKED: N_("隐去名字的居民"),
    Check.LENGTH: N_("篇幅"),
    Check.EMPTY_WORDS: N_("空话套话"),
    Check.PROMISE_WORDS: N_("绝对化的承诺"),
    Check.BLAMING_WORDS: N_("指责群众的话"),
    Check.OFFICIALESE: N_("公文腔"),
}


def label(value: Check | Level, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return speech.said(_LABELS[value], locale)


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Phrase = Annotated[str, Field(min_length=1, max_length=50)]


class Advice(_Rule):
    """Words that should not stand in a statement, and what to write instead, in both languages."""

    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    instead: Annotated[str, Field(min_length=1, max_length=200)]
    instead_en: Annotated[str, Field(min_length=1, max_length=400)]


class LengthRule(_Rule):
    """How long the body of a statement should be, in characters without white space and Markdown's marks."""

    least: Annotated[int, Field(ge=0, le=20_000)]
    most: Annotated[int, Field(ge=1, le=20_000)]


class QualityRule(_Rule):
    """What is looked for in a statement, how grave it is, and the lists it is looked for by."""

    checks: dict[Check, Level]
    length: LengthRule
    words: dict[Check, tuple[Advice, ...]]

    @model_validator(mode="after")
    def _whole_and_sound(self) -> QualityRule:
        faults: list[tuple[tuple[str | int, ...], str]] = [
            (("checks",), f"{check.value} is missing. Add it: block, warn or off.")
            for check in Check
            if check not in self.checks
        ]
        faults += [(("words",), f"{check.value} is missing. Add it.") for check in BY_WORDS if check not in self.words]
        faults += [
            (("words", check.value), f"no words belong to this check. Use one of: {', '.join(BY_WORDS)}.")
            for check in self.words
            if check not in BY_WORDS
        ]
        if self.length.least > self.length.most:
            said = f"{self.length.least} is more than the {self.length.most} of `most`. Swap the two."
            faults.append((("length", "least"), said))
        if faults:
            raise Fault(faults)
        return self
