"""Bank cards: the lengths and beginnings of cards that banks in China give out, with Luhn's check digit."""

from __future__ import annotations

import re

from yingda.domain.quality.material import Spans
from yingda.domain.quality.personal.numbered import is_of_a_thing

_NUMBER = re.compile(
    r"(?<![\dA-Za-z.])(?<!\d[ -])(?:\d{15,19}|\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{3,4}(?:(?P=gap)\d{1,3})?"
    r"|\d{6}[ -]\d{10,13})(?![\dA-Za-z]|[ .-]\d)"
)
_SAID = re.compile(r"银行卡|卡号|储蓄卡|借记卡|信用卡|工资卡|存折")
# UnionPay begins with 62 and is 16 to 19 long; the rest are older cards and those of foreign schemes.
_BEGINS = re.compile(r"62\d{14,17}|9558\d{12,15}|(?:4\d|5[1-5]|35|60|69)\d{14}|3[47]\d{13}")


def find(plain: str) -> Spans:
    """Yield where card numbers stand."""
    from stdnum import luhn

    for found in _NUMBER.finditer(plain):
        number = re.sub("[ -]", "", found[0])
        said = _SAID.search(plain[max(0, found.start() - 12) : found.start()]) is not None
        if not _BEGINS.fullmatch(number) or is_of_a_thing(plain, *found.span()):
            continue
        if said or luhn.is_valid(number):
            yield found.span()
