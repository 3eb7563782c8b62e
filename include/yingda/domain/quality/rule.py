"""What the office decides about the examination of statements (key `quality` of policy.yaml), and its words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from yingda.domain.errors import Fault


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

_LABELS: dict[Check | Level, tuple[str, str]] = {
    Level.BLOCK: ("不得提交", "Refused"),
    Level.WARN: ("提醒", "Warning"),
    Level.OFF: ("不检查", "Not looked for"),
    Check.SAYS_KNOWN: ("说明已经查明什么", "Says what is known"),
    Check.SAYS_UNKNOWN: ("说明还没有查明什么", "Says what is not known yet"),
    Check.SAYS_DOING: ("说明做了什么、正在做什么", "Says what was or is being done"),
    Check.SAYS_NEXT: ("说明何时再次说明", "Says when the next word comes"),
    Check.NAMES_UNIT: ("写明责任单位", "Names the responsible unit"),
    Check.NAMES_SPOKESPERSON: ("写明发言人", "Names the spokesperson"),
    Check.NAMES_TIME: ("写明时间", "Names a time"),
    Check.FIGURE_UNKNOWN: ("数字有出处", "Figures stand in the report"),
    Check.FIGURE_DIFFERS: ("数字与报告一致", "Figures agree with the report"),
    Check.DATE_UNKNOWN: ("日期有出处", "Dates stand in the report"),
    Check.QUESTION_OPEN: ("回答群众的提问", "Answers what was asked"),
    Check.IDENTITY_NUMBER: ("身份证号码", "Identity numbers"),
    Check.BANK_CARD: ("银行卡号", "Bank card numbers"),
    Check.MOBILE: ("手机号码", "Mobile numbers"),
    Check.LANDLINE: ("固定电话", "Landline numbers"),
    Check.PLATE: ("车牌号码", "Vehicle plates"),
    Check.HOME_ADDRESS: ("家庭住址", "Home addresses"),
    Check.RESIDENT_NAME: ("居民姓名", "Names of residents"),
    Check.RESIDENT_MASKED: ("隐去名字的居民", "Residents by masked names"),
    Check.LENGTH: ("篇幅", "Length"),
    Check.EMPTY_WORDS: ("空话套话", "Empty phrases"),
    Check.PROMISE_WORDS: ("绝对化的承诺", "Absolute promises"),
    Check.BLAMING_WORDS: ("指责群众的话", "Words that blame residents"),
    Check.OFFICIALESE: ("公文腔", "Officialese"),
}


def label(value: Check | Level, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return _LABELS[value][locale == "en"]


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
