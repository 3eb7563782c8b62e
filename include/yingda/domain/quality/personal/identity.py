"""Resident identity numbers: 18 characters with their check digit, and the 15 digits given out before 1999."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from yingda.domain.quality.material import Spans
from yingda.domain.quality.personal.numbered import is_of_a_thing

_LONG = re.compile(
    r"(?<![\dA-Za-z])[1-8]\d{5}(?P<a>[ -]?)(?:18|19|20)\d{2}[ -]?\d{4}(?P=a)\d{3}[\dXx](?![\dA-Za-z])"
    r"|(?<![\dA-Za-z])[1-8]\d{5}[ -]?(?:18|19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[\dXx](?![\dA-Za-z])"
)
_SHORT = re.compile(r"(?<![\dA-Za-z.-])[1-8]\d{14}(?![\dA-Za-z]|[.-]\d)")
_SAID = re.compile(r"身份证|证件号|公民身份|居民证")
# The first two digits of an area (GB/T 2260).
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)


def find(plain: str) -> Spans:
    """Yield where identity numbers stand."""
    for found in _LONG.finditer(plain):
        number = re.sub("[ -]", "", found[0]).upper()
        said = _SAID.search(plain[max(0, found.start() - 12) : found.start()]) is not None
        # One with a slip of the pen tells who somebody is just as well, where it is said to be one.
        if number[:2] in _PROVINCES and _is_day(number[6:14]) and (said or _checks(number)):
            yield found.span()
    for found in _SHORT.finditer(plain):
        number = found[0]
        if is_of_a_thing(plain, *found.span()) or number[:2] not in _PROVINCES:
            continue
        if _is_day("19" + number[6:12]) and _is_county(number[:6]):
            yield found.span()


def _is_day(digits: str) -> bool:
    try:
        date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        return False
    return True


def _checks(number: str) -> bool:
    from stdnum.cn import ric

    return bool(ric.calc_check_digit(number) == number[-1])


@cache
def _is_county(area: str) -> bool:
    """Tell whether an area was ever given out; the short numbers have no check digit that could tell them apart."""
    from stdnum import numdb

    return any("county" in properties for _, properties in numdb.get("cn/loc").info(area))
