"""Numerals as officials write them: 1,200、1.2万、三十二、两百、二〇二六、百分之五."""

from __future__ import annotations

from decimal import Decimal

_WRITTEN = ("零〇○", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {sign: value for value, signs in enumerate(_WRITTEN) for sign in signs}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_LONGEST = 30
"""Characters of a numeral that anybody means as one."""

ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
CHINESE = "[零〇○一二三四五六七八九十两百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+(?:点[零〇一二三四五六七八九]+)?"


def value(words: str) -> Decimal | None:
    """Return what a numeral in either script is worth, None for what is no numeral (亿万, say)."""
    if len(words) > _LONGEST:
        return None
    head, _, tail = words.replace(",", "").partition("点")
    if head.replace(".", "", 1).isascii() and head.replace(".", "", 1).isdigit():
        return Decimal(head)
    whole = _chinese(head)
    if whole is None or not all(sign in _DIGITS for sign in tail):
        return None
    return Decimal(f"{whole}.{''.join(str(_DIGITS[sign]) for sign in tail)}") if tail else Decimal(whole)


def digits(words: str) -> int | None:
    """Return a number written digit by digit or in full, as years, months and days are; None for what is none."""
    if words.isascii() and words.isdigit():
        return int(words)
    if words and all(sign in _DIGITS for sign in words):
        return int("".join(str(_DIGITS[sign]) for sign in words))
    return _chinese(words)


def _chinese(words: str) -> int | None:
    if len(words) > 1 and all(sign in _DIGITS for sign in words):
        return int("".join(str(_DIGITS[sign]) for sign in words))
    total = section = digit = 0
    counted = False
    for sign in words:
        if sign in _DIGITS:
            digit, counted = _DIGITS[sign], True
        elif sign in _SMALL:
            # 十二 needs no 一 before it; 百 and 千 by themselves are no numbers anybody counts with.
            if not digit and sign not in "十拾":
                return None
            section += (digit or 1) * _SMALL[sign]
            digit, counted = 0, True
        elif sign in _LARGE:
            if not (section or digit):
                return None
            total += (section + digit) * _LARGE[sign]
            section = digit = 0
        else:
            return None
    return total + section + digit if counted else None
