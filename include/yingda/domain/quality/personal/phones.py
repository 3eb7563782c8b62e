"""Telephone numbers of people: mobiles, and landlines that are neither the office's own nor hotlines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from yingda.domain.quality.material import Spans
from yingda.domain.quality.personal.numbered import is_of_a_thing

_COUNTRY = r"(?:(?:\+|00)?86[ -]?|\(\+?86\) ?)?"
# Eleven in a row, or in the groups in which people write and say them; not within a longer row of groups.
_MOBILE = re.compile(
    rf"(?<![\d+.]){_COUNTRY}(?:1[3-9]\d{{9}}|(?<!\d[ -])1[3-9]\d(?P<gap> {{1,2}}|-|\.|·)(?:\d{{4}}(?P=gap)\d{{4}}|\d{{3}}(?P=gap)\d{{5}}|\d{{8}})"
    rf"|(?<!\d[ -])1[3-9]\d{{2}}(?P<two> {{1,2}}|-)\d{{3}}(?P=two)\d{{4}}|(?<!\d[ -])1[3-9]\d{{5}}[ -]\d{{4}}"
    rf"|(?<!\d[ -])1[3-9]\d(?: \d){{8}}|(?<!\d[ -])1[3-9]\d{{3}}[ -]\d{{6}})(?!\d|\.\d|[A-Za-z])"
)
_LANDLINE = re.compile(
    r"(?<![\d+.-])(?:(?:\+|00)?86[ -]?)?(?:\(0\d{2,3}\)|0\d{2,3})[ -]{0,2}[2-9]\d{2,3}[ -]?\d{4}(?![\d.]|-\d)(?:(?:转|-)\d{1,5})?"
)
# Without an area code a number is one only where it is said to be.
_LOCAL = re.compile(
    r"(?:电话|座机|固话|致电|拨打|联系)[^\d。；，,]{0,5}?([2-9]\d{2,3}[ -]?\d{4})(?![\d.]|[ -]\d|[元吨户人])"
)
_MOBILE_DIGITS = re.compile(r"1[3-9]\d{9}")
_AREA = re.compile(r"\(?\+?(?:0|86)")
_FREE = re.compile(r"(?:\+?86)?(?:400|800|95|96|12\d{3}$|100)")


def mobiles(plain: str, own: Iterable[str]) -> Spans:
    """Yield where mobile numbers stand, but the office's own."""
    ours = [_significant(number) for number in own]
    for found in _MOBILE.finditer(plain):
        if not is_of_a_thing(plain, *found.span()) and not _is_ours(found[0], ours):
            yield found.span()
    yield from _by_the_library(plain, ours, mobile=True)


def landlines(plain: str, own: Iterable[str]) -> Spans:
    """Yield where landline numbers stand, but the office's own and those of hotlines."""
    ours = [_significant(number) for number in own]
    for found in _LANDLINE.finditer(plain):
        if not is_of_a_thing(plain, *found.span()) and not _is_ours(found[0], ours) and _is_valid(found[0]):
            yield found.span()
    for found in _LOCAL.finditer(plain):
        if not _is_ours(found[1], ours) and not _FREE.match(found[1]):
            yield found.span(1)
    yield from _by_the_library(plain, ours, mobile=False)


def _by_the_library(plain: str, ours: list[str], *, mobile: bool) -> Spans:
    from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType, number_type

    wanted = PhoneNumberType.MOBILE if mobile else PhoneNumberType.FIXED_LINE
    for match in PhoneNumberMatcher(plain, "CN", leniency=Leniency.VALID, max_tries=len(plain)):
        # It takes years and quantities for area codes without their zero, and accounts for numbers with an exit code.
        shape = _MOBILE_DIGITS.fullmatch(_significant(match.raw_string)) if mobile else _AREA.match(match.raw_string)
        if shape is None or number_type(match.number) != wanted:
            continue
        if not is_of_a_thing(plain, match.start, match.end) and not _is_ours(match.raw_string, ours):
            yield match.start, match.end


def _is_valid(number: str) -> bool:
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        return bool(is_valid_number(parse(number.partition("转")[0], "CN")))
    except NumberParseException:
        return False


def _is_ours(number: str, ours: list[str]) -> bool:
    said = _significant(number)
    return any(
        said == mine or (len(said) >= 7 and mine.endswith(said)) or said.startswith(mine) for mine in ours if mine
    )


def _significant(number: str) -> str:
    """Return the digits of a number without country code and the zero of its area."""
    digits = re.sub(r"\D", "", number)
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits.removeprefix(prefix)
    return digits.removeprefix("0")
