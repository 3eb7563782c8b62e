"""Telephone numbers of people: mobiles, and landlines that are neither the office's own nor hotlines.

The library's matcher is asked as well as patterns of our own: it knows which areas and numbers there are, and misses
what people put between the digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from yingda.domain.quality.personal.numbered import is_of_a_thing
from yingda.domain.quality.rule import Check

_FIRST = r"1[3-9]\d"
# In the groups in which people write and say them, but not within a longer row of groups.
_GROUPS = "|".join(
    (
        rf"{_FIRST}(?P<gap> {{1,2}}|-|\.|·)(?:\d{{4}}(?P=gap)\d{{4}}|\d{{3}}(?P=gap)\d{{5}}|\d{{8}})",
        rf"{_FIRST}\d(?P<two> {{1,2}}|-)\d{{3}}(?P=two)\d{{4}}",
        rf"{_FIRST}\d{{4}}[ -]\d{{4}}",
        rf"{_FIRST}\d{{2}}[ -]\d{{6}}",
        rf"{_FIRST}(?: \d){{8}}",
    )
)
_COUNTRY = r"(?:(?:\+|00)?86[ -]?|\(\+?86\) ?)"
_MOBILE = re.compile(
    rf"(?<![\d+.])(?:{_COUNTRY}?{_FIRST}\d{{8}}|(?:{_COUNTRY}|(?<!\d[ -]))(?:{_GROUPS}))(?!\d|\.\d|[A-Za-z])"
)
_LANDLINE = re.compile(
    r"(?<![\d+.-])(?:(?:\+|00)?86[ -]?)?(?:\(0\d{2,3}\)|0\d{2,3})[ -]{0,2}"
    r"[2-9]\d{2,3}[ -]?\d{4}(?![\d.]|-\d)(?:(?:转|-)\d{1,5})?"
)
# Without an area code a number is one only where it is said to be.
_LOCAL = re.compile(
    r"(?:电话|座机|固话|致电|拨打|联系)[^\d。；，,]{0,5}?([2-9]\d{2,3}[ -]?\d{4})(?![\d.]|[ -]\d|[元吨户人])"
)
_MOBILE_DIGITS = re.compile(r"1[3-9]\d{9}")
_AREA = re.compile(r"\(?\+?(?:0|86)")
_FREE = re.compile(r"(?:400|800|95|96)")

_SHORTEST = 7
"""Digits of a number that is dialled within its area."""


def find(plain: str, own: Iterable[str]) -> Iterator[tuple[Check, int, int]]:
    """Yield where numbers stand, but the office's own and those of hotlines."""
    ours = [digits for digits in map(_significant, own) if len(digits) >= _SHORTEST]
    for check, start, end in (*_by_pattern(plain), *_by_the_library(plain)):
        if not is_of_a_thing(plain, start, end) and not _is_ours(plain[start:end], ours):
            yield check, start, end


def _by_pattern(plain: str) -> Iterator[tuple[Check, int, int]]:
    for found in _MOBILE.finditer(plain):
        yield Check.MOBILE, *found.span()
    for found in _LANDLINE.finditer(plain):
        if _is_valid(found[0]):
            yield Check.LANDLINE, *found.span()
    for found in _LOCAL.finditer(plain):
        if not _FREE.match(found[1]):
            yield Check.LANDLINE, *found.span(1)


def _by_the_library(plain: str) -> Iterator[tuple[Check, int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType, number_type

    for match in PhoneNumberMatcher(plain, "CN", leniency=Leniency.VALID, max_tries=len(plain)):
        # It takes years and quantities for area codes without their zero, and accounts for numbers with an exit code.
        kind = number_type(match.number)
        if kind == PhoneNumberType.MOBILE and _MOBILE_DIGITS.fullmatch(_significant(match.raw_string)):
            yield Check.MOBILE, match.start, match.end
        elif kind == PhoneNumberType.FIXED_LINE and _AREA.match(match.raw_string):
            yield Check.LANDLINE, match.start, match.end


def _is_valid(number: str) -> bool:
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        return bool(is_valid_number(parse(number.partition("转")[0], "CN")))
    except NumberParseException:
        return False


def _is_ours(number: str, ours: list[str]) -> bool:
    """Tell whether a number is one of the office's, with or without its area code, with or without an extension."""
    said = _significant(number)
    return any(said.startswith(mine) or (len(said) >= _SHORTEST and mine.endswith(said)) for mine in ours)


def _significant(number: str) -> str:
    """Return the digits of a number without country code and the zero of its area."""
    digits = re.sub(r"\D", "", number)
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits.removeprefix(prefix)
    return digits.removeprefix("0")
